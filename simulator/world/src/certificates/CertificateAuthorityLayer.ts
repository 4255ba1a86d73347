/**
 * The simulated certificate authority: what the controllers ask for keys and certificates in a simulated world.
 *
 * Keys are drawn from a random stream of the kernel, so the same run has the same keys; making one takes no time.
 *
 * @source https://kubernetes.io/docs/setup/best-practices/certificates/
 * @fidelity documented https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/ — Authorities are valid for ten years, client certificates for one.
 */
import type { Kernel } from "@capstan/kernel"
import { CertificateAuthority, CertificateError } from "@capstan/provider"
import { Effect, Layer } from "effect"
import {
  decodeCertificate,
  decodeKey,
  encodeCertificate,
  encodePrivateKey,
  encodePublicKey,
  hashOfPublicKey,
  isPem
} from "./SimulatedCertificate.ts"

const dayMillis = 86_400_000

const timestampOf = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

const unreadable = (what: string): CertificateError => new CertificateError({ message: `${what} is not PEM` })

export const certificateAuthorityLayer = (kernel: Kernel): Layer.Layer<CertificateAuthority> => {
  const stream = kernel.random("world/keys")
  const newKey = (): string => Array.from({ length: 4 }, () => stream.u32().toString(16).padStart(8, "0")).join("")
  const validUntil = (days: number): string => timestampOf(kernel.now() + days * dayMillis)

  const read = (certificate: string) => {
    const fields = decodeCertificate(certificate)
    return fields === undefined ? Effect.fail(unreadable("the certificate")) : Effect.succeed(fields)
  }

  return Layer.succeed(CertificateAuthority, {
    createAuthority: ({ commonName }) =>
      Effect.sync(() => {
        const publicKey = newKey()
        const subject = { commonName, organizations: [] }
        const certificate = encodeCertificate({ subject, publicKey, issuer: publicKey, notAfter: validUntil(3650) })
        return { certificate, key: encodePrivateKey(publicKey) }
      }),
    createServiceAccountKey: Effect.sync(() => {
      const publicKey = newKey()
      return { certificate: encodePublicKey(publicKey), key: encodePrivateKey(publicKey) }
    }),
    issue: Effect.fnUntraced(function* ({ authority, commonName, organizations, validDays = 365 }) {
      const signer = yield* read(authority.certificate)
      if (!isPem(authority.key)) return yield* unreadable("the authority's key")
      const signingKey = decodeKey(authority.key)
      if (signingKey !== undefined && signingKey !== signer.publicKey) {
        return yield* new CertificateError({ message: "the authority's key does not belong to its certificate" })
      }
      const publicKey = newKey()
      const certificate = encodeCertificate({
        subject: { commonName, organizations },
        publicKey,
        issuer: signer.publicKey,
        notAfter: validUntil(validDays)
      })
      return { certificate, key: encodePrivateKey(publicKey) }
    }),
    publicKeyHash: (certificate) => Effect.map(read(certificate), (fields) => hashOfPublicKey(fields.publicKey)),
    expiry: (certificate) =>
      Effect.flatMap(read(certificate), ({ notAfter }) =>
        notAfter === undefined
          ? Effect.fail(new CertificateError({ message: "the certificate was not made in this world" }))
          : Effect.succeed(notAfter)
      )
  })
}
