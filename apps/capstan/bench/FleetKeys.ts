/**
 * Real keys and certificates for a whole fleet, made before its world begins, so that its controllers wait for none.
 *
 * All clusters share them. Inside of a world a client's certificate is taken at its word, and says whose key signed it; a real one
 * does not. So the world's own controllers get one that the world can read, and `handOver` puts the real one in its place.
 */
import { layer } from "@capstan/certificates-live"
import { Secret } from "@capstan/kubernetes"
import { CertificateAuthority } from "@capstan/provider"
import type { ApiServer } from "@capstan/simulator-kubernetes"
import { encodeCertificate } from "@capstan/world"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"

const administrator = { commonName: "kubernetes-admin", organizations: ["system:masters"] } as const

const inBase64 = (text: string): string => Buffer.from(text).toString("base64")

export interface FleetKeys {
  readonly layer: Layer.Layer<CertificateAuthority>
  /** Puts the real client certificate into every kubeconfig. */
  readonly handOver: (server: ApiServer) => void
}

/** `notAfter`: RFC 3339; when the certificate that is read in the world ends. */
export const fleetKeys = Effect.fnUntraced(function* (notAfter: string) {
  const real = yield* CertificateAuthority
  const authority = yield* real.createAuthority({ commonName: "kubernetes" })
  const accounts = yield* real.createServiceAccountKey
  const client = yield* real.issue({ authority, ...administrator })
  const hash = yield* real.publicKeyHash(authority.certificate)
  const publicKey = hash.slice("sha256:".length)
  const readable = encodeCertificate({ subject: administrator, publicKey: "client", issuer: publicKey, notAfter })

  const handOver = (server: ApiServer): void => {
    for (const secret of Result.getOrThrow(server.list(Secret)).items) {
      const kubeconfig = Buffer.from(secret.data?.["value"] ?? "", "base64").toString("utf8")
      if (!kubeconfig.includes(inBase64(readable))) continue
      const value = inBase64(kubeconfig.replace(inBase64(readable), inBase64(client.certificate)))
      Result.getOrThrow(server.update(Secret, { ...secret, data: { ...secret.data, value } }, { actor: "bench" }))
    }
  }
  const service: FleetKeys = {
    layer: Layer.succeed(CertificateAuthority, {
      ...real,
      createAuthority: () => Effect.succeed(authority),
      createServiceAccountKey: Effect.succeed(accounts),
      issue: () => Effect.succeed({ ...client, certificate: readable }),
      expiry: (certificate) => (certificate === readable ? Effect.succeed(notAfter) : real.expiry(certificate))
    }),
    handOver
  }
  return service
}, Effect.provide(layer))
