/**
 * What every `CertificateAuthority` has to do: who signed what, for how long, under which hash, and what it refuses to read.
 *
 * Whether the same keys come again in the same run is each layer's own affair. Left out: the strength of keys, key usages,
 * what a certificate looks like inside (the backend's `inspect` reads that).
 *
 * @source https://kubernetes.io/docs/setup/best-practices/certificates/ and https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-join/#token-based-discovery-with-ca-pinning
 */
import { assert, describe } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { CertificateAuthority, CertificateError } from "../CertificateAuthority.ts"
import { type ConformanceBackend, failureOf, seamChecksOf } from "./ConformanceBackend.ts"

export interface CertificateAuthorityGiven {
  /** Reads a certificate the way a server would that is to trust it. */
  readonly inspect: (certificate: string) => {
    readonly commonName: string
    readonly organizations: ReadonlyArray<string>
  }
  /** Whether the holder of the authority's certificate has signed this one. */
  readonly isSignedBy: (certificate: string, authority: string) => boolean
}

const dayMillis = 86_400_000

const certificatePem = /^-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----\s*$/
const publicKeyPem =
  /^-----BEGIN (?:[A-Z]+ )?PUBLIC KEY-----\r?\n[A-Za-z0-9+/=\r\n]+-----END (?:[A-Z]+ )?PUBLIC KEY-----\s*$/
const privateKeyPem =
  /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]+-----END (?:[A-Z]+ )?PRIVATE KEY-----\s*$/
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

/** A certificate of the right shape with the first line of its body lost. */
const damaged = (certificate: string): string => certificate.replace(/(CERTIFICATE-----\r?\n)[^\r\n]+\r?\n/, "$1")

const daysLeft = Effect.fnUntraced(function* (certificate: string) {
  const authority = yield* CertificateAuthority
  const end = yield* authority.expiry(certificate)
  assert.match(end, rfc3339)
  return (Date.parse(end) - (yield* Clock.currentTimeMillis)) / dayMillis
})

const refuses = <A, R>(what: string, effect: Effect.Effect<A, CertificateError, R>) =>
  Effect.map(failureOf(what, effect), (error) => {
    assert.instanceOf(error, CertificateError, what)
    assert.isNotEmpty(error.message, what)
  })

/** Declares the suite for a backend; call it at the top of a test file. */
export const certificateAuthorityConformance = (
  backend: ConformanceBackend<CertificateAuthority, CertificateAuthorityGiven>
): void => {
  describe(`CertificateAuthority: ${backend.name}`, () => {
    const check = seamChecksOf(backend)

    check("an authority has signed itself, in PEM", ({ inspect, isSignedBy }) =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const { certificate, key } = yield* authority.createAuthority({ commonName: "kubernetes" })
        assert.match(certificate, certificatePem)
        assert.match(key, privateKeyPem)
        assert.strictEqual(inspect(certificate).commonName, "kubernetes")
        assert.isTrue(isSignedBy(certificate, certificate))
      })
    )

    check("an authority is valid for ten years", () =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const { certificate } = yield* authority.createAuthority({ commonName: "kubernetes" })
        const days = yield* daysLeft(certificate)
        assert.isAbove(days, 3649)
        assert.isBelow(days, 3654)
      })
    )

    check("two authorities of one name are two", ({ isSignedBy }) =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const one = yield* authority.createAuthority({ commonName: "kubernetes" })
        const other = yield* authority.createAuthority({ commonName: "kubernetes" })
        assert.notStrictEqual(one.certificate, other.certificate)
        assert.notStrictEqual(one.key, other.key)
        assert.isFalse(isSignedBy(one.certificate, other.certificate))
      })
    )

    check("a client's certificate names it and its groups, and is signed by its authority alone", (given) =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const one = yield* authority.createAuthority({ commonName: "kubernetes" })
        const other = yield* authority.createAuthority({ commonName: "kubernetes" })
        const client = yield* authority.issue({
          authority: one,
          commonName: "kubernetes-admin",
          organizations: ["system:masters", "conformance"]
        })
        assert.match(client.certificate, certificatePem)
        assert.match(client.key, privateKeyPem)
        assert.strictEqual(given.inspect(client.certificate).commonName, "kubernetes-admin")
        assert.sameMembers([...given.inspect(client.certificate).organizations], ["system:masters", "conformance"])
        assert.isTrue(given.isSignedBy(client.certificate, one.certificate))
        assert.isFalse(given.isSignedBy(client.certificate, other.certificate))
      })
    )

    check("every client gets a key of its own", () =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const root = yield* authority.createAuthority({ commonName: "kubernetes" })
        const request = { authority: root, commonName: "kubernetes-admin", organizations: [] }
        const pairs = [root, yield* authority.issue(request), yield* authority.issue(request)]
        const hashes = yield* Effect.forEach(pairs, (pair) => authority.publicKeyHash(pair.certificate))
        assert.strictEqual(new Set(pairs.map((pair) => pair.key)).size, 3)
        assert.strictEqual(new Set(hashes).size, 3)
      })
    )

    check("a client is valid for one year, or for as many days as were asked for", () =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const root = yield* authority.createAuthority({ commonName: "kubernetes" })
        const request = { authority: root, commonName: "kubernetes-admin", organizations: [] }
        const year = yield* daysLeft((yield* authority.issue(request)).certificate)
        assert.isAbove(year, 364)
        assert.isBelow(year, 367)
        for (const validDays of [1, 30, 730]) {
          const days = yield* daysLeft((yield* authority.issue({ ...request, validDays })).certificate)
          assert.closeTo(days, validDays, 0.5)
        }
      })
    )

    check("an expiry stays where it is while time goes by", () =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const { certificate } = yield* authority.createAuthority({ commonName: "kubernetes" })
        const before = yield* authority.expiry(certificate)
        yield* Effect.sleep("2 seconds")
        assert.strictEqual(yield* authority.expiry(certificate), before)
      })
    )

    check("the hash of a public key is kubeadm's, the same whenever asked, and another one for another authority", () =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const one = yield* authority.createAuthority({ commonName: "kubernetes" })
        const hash = yield* authority.publicKeyHash(one.certificate)
        assert.match(hash, /^sha256:[0-9a-f]{64}$/)
        const other = yield* authority.createAuthority({ commonName: "kubernetes" })
        assert.notStrictEqual(yield* authority.publicKeyHash(other.certificate), hash)
        yield* authority.issue({ authority: one, commonName: "kubernetes-admin", organizations: [] })
        assert.strictEqual(yield* authority.publicKeyHash(one.certificate), hash)
        assert.strictEqual(yield* authority.publicKeyHash(`\n${one.certificate.trim()}\n\n`), hash)
      })
    )

    check("service accounts get a public and a private key, other ones each time", () =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const one = yield* authority.createServiceAccountKey
        const other = yield* authority.createServiceAccountKey
        assert.match(one.certificate, publicKeyPem)
        assert.match(one.key, privateKeyPem)
        assert.notStrictEqual(one.certificate, other.certificate)
        assert.notStrictEqual(one.key, other.key)
      })
    )

    check("what is no certificate has neither hash nor expiry", () =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const { key } = yield* authority.createAuthority({ commonName: "kubernetes" })
        for (const [what, text] of [
          ["nothing", ""],
          ["prose", "not a certificate"],
          ["a private key", key]
        ] as const) {
          yield* refuses(`the hash of ${what}`, authority.publicKeyHash(text))
          yield* refuses(`the expiry of ${what}`, authority.expiry(text))
        }
        const account = yield* authority.createServiceAccountKey
        yield* refuses("the expiry of a public key", authority.expiry(account.certificate))
      })
    )

    check("a damaged certificate has no expiry", () =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const { certificate } = yield* authority.createAuthority({ commonName: "kubernetes" })
        yield* refuses("the expiry of a damaged certificate", authority.expiry(damaged(certificate)))
      })
    )

    check("a damaged certificate has no hash", () =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const { certificate } = yield* authority.createAuthority({ commonName: "kubernetes" })
        yield* refuses("the hash of a damaged certificate", authority.publicKeyHash(damaged(certificate)))
      })
    )

    check("nothing is issued by an authority that cannot be read", () =>
      Effect.gen(function* () {
        const authority = yield* CertificateAuthority
        const root = yield* authority.createAuthority({ commonName: "kubernetes" })
        const request = { commonName: "kubernetes-admin", organizations: ["system:masters"] }
        for (const [what, replaced] of [
          ["without a certificate", { certificate: "" }],
          ["whose certificate is prose", { certificate: "not a certificate" }],
          ["whose certificate is its key", { certificate: root.key }],
          ["without a key", { key: "" }],
          ["whose key is prose", { key: "not a key" }]
        ] as const) {
          yield* refuses(`an authority ${what}`, authority.issue({ ...request, authority: { ...root, ...replaced } }))
        }
      })
    )
  })
}
