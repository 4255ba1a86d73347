/** Real keys keep every promise of the contract, and every part of Kubernetes would take what they make. */
import { CertificateAuthority } from "@capstan/provider"
import { certificateAuthorityConformance } from "@capstan/provider/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import * as TestClock from "effect/testing/TestClock"
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto"
import { layer } from "../src/index.ts"

/** `CN=…` and the `O=…` of a name, one a line. */
const partsOf = (subject: string, part: string): ReadonlyArray<string> =>
  subject.split("\n").flatMap((line) => (line.startsWith(`${part}=`) ? [line.slice(part.length + 1)] : []))

certificateAuthorityConformance({
  name: "real keys",
  layer,
  given: Effect.succeed({
    inspect: (certificate: string) => {
      const { subject } = new X509Certificate(certificate)
      return { commonName: partsOf(subject, "CN")[0] ?? "", organizations: partsOf(subject, "O") }
    },
    isSignedBy: (certificate: string, authority: string) =>
      new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey)
  })
})

describe("certificates with real keys", () => {
  it.effect("an authority may sign, and nothing that it signs may", () =>
    Effect.gen(function* () {
      const service = yield* CertificateAuthority
      const authority = yield* service.createAuthority({ commonName: "kubernetes" })
      const client = yield* service.issue({ authority, commonName: "kubernetes-admin", organizations: ["a, b+c=d"] })
      assert.isTrue(new X509Certificate(authority.certificate).ca)
      const read = new X509Certificate(client.certificate)
      assert.isFalse(read.ca)
      assert.isTrue(read.checkIssued(new X509Certificate(authority.certificate)))
      assert.deepStrictEqual(read.keyUsage, ["1.3.6.1.5.5.7.3.2"])
      assert.include(read.toLegacyObject().subject.O, "a, b+c=d")
      assert.strictEqual(createPrivateKey(client.key).asymmetricKeyDetails?.modulusLength, 2048)
      assert.match(client.key, /^-----BEGIN RSA PRIVATE KEY-----/)
    }).pipe(Effect.provide(layer))
  )

  it.effect("what is issued in a world ahead of the wall's clock is valid for sockets, which live by the wall's", () =>
    Effect.gen(function* () {
      const service = yield* CertificateAuthority
      const wall = yield* Clock.Clock.defaultValue().currentTimeMillis
      const ahead = wall + 365 * 86_400_000
      yield* TestClock.setTime(ahead)
      const authority = yield* service.createAuthority({ commonName: "kubernetes" })
      const client = yield* service.issue({ authority, commonName: "kubernetes-admin", organizations: [] })
      for (const { certificate } of [authority, client]) {
        const { validFromDate, validToDate } = new X509Certificate(certificate)
        assert.isBelow(validFromDate.getTime(), wall)
        assert.isAbove(validToDate.getTime(), ahead)
      }
    }).pipe(Effect.provide(layer))
  )

  it.effect("a key of another authority signs nothing, and no error shows a key", () =>
    Effect.gen(function* () {
      const service = yield* CertificateAuthority
      const one = yield* service.createAuthority({ commonName: "kubernetes" })
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
      const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
      const authority = { certificate: one.certificate, key }
      const error = yield* Effect.flip(service.issue({ authority, commonName: "x", organizations: [] }))
      assert.strictEqual(error.message, "the authority's key does not belong to its certificate")
    }).pipe(Effect.provide(layer))
  )
})
