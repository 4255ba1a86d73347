import { CertificateAuthority, type KeyPair } from "@capstan/provider"
import { Effect, Result } from "effect"
import { describe, expect, it } from "vitest"
import { decodeCertificate, decodeKey } from "../../src/certificates/SimulatedCertificate.ts"
import { makeWorld } from "../TestWorld.ts"

/** A certificate that was not made here; only its text counts. */
const foreign = "-----BEGIN CERTIFICATE-----\nMIIB8DCCAZagAwIBAgIUQ0FQU1RBTg==\n-----END CERTIFICATE-----\n"

describe("the simulated certificate authority", () => {
  it("signs clients that can be traced to it", () => {
    const w = makeWorld()
    const client = w.run(
      Effect.flatMap(CertificateAuthority, (authority) =>
        authority.issue({ authority: w.pki.ca, commonName: "kubernetes-admin", organizations: ["system:masters"] })
      )
    )
    const fields = decodeCertificate(client.certificate)
    expect(fields?.issuer).toBe(decodeCertificate(w.pki.ca.certificate)?.publicKey)
    expect(fields?.subject).toEqual({ commonName: "kubernetes-admin", organizations: ["system:masters"] })
    expect(decodeKey(client.key)).toBe(fields?.publicKey)
    expect(client.certificate).toMatch(/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----\n$/)
    expect(fields?.notAfter).toBe("2031-01-01T00:00:00Z")
  })

  it("hashes public keys as kubeadm writes them, each differently", () => {
    const w = makeWorld()
    const hashes = w.run(
      Effect.flatMap(CertificateAuthority, (authority) =>
        Effect.forEach([w.pki.ca, w.pki.etcd, { certificate: foreign }], (pair) =>
          authority.publicKeyHash(pair.certificate)
        )
      )
    )
    for (const hash of hashes) expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(new Set(hashes).size).toBe(3)
  })

  it("gives the same keys in the same world, and others with another seed", () => {
    expect(makeWorld().pki).toEqual(makeWorld().pki)
    expect(makeWorld({ seed: 7 }).pki.hash).not.toBe(makeWorld().pki.hash)
  })

  const unusable: ReadonlyArray<readonly [what: string, replaced: Partial<KeyPair>]> = [
    ["whose certificate is no PEM", { certificate: "nonsense" }],
    ["without a key", { key: "" }]
  ]
  for (const [what, replaced] of unusable) {
    it(`does not sign with an authority ${what}`, () => {
      const w = makeWorld()
      const authority = { ...w.pki.ca, ...replaced }
      const result = w.run(
        Effect.flatMap(CertificateAuthority, (service) =>
          Effect.result(service.issue({ authority, commonName: "x", organizations: [] }))
        )
      )
      expect(Result.isFailure(result)).toBe(true)
    })
  }

  it("does not sign with somebody else's key", () => {
    const w = makeWorld()
    const error = w.failure(
      Effect.flatMap(CertificateAuthority, (service) =>
        service.issue({ authority: { ...w.pki.ca, key: w.pki.etcd.key }, commonName: "x", organizations: [] })
      )
    )
    expect(error.message).toContain("does not belong")
  })
})
