/**
 * Keys and certificates for a cluster: authorities, certificates signed by them, service-account keys.
 *
 * Live: X.509 with real keys. Simulated: a deterministic layer, since key generation is what costs at scale.
 * All values are PEM.
 *
 * @source https://kubernetes.io/docs/setup/best-practices/certificates/
 */
import { Context, type Effect, Schema } from "effect"

export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

export class CertificateError extends Schema.TaggedError<CertificateError>()("CertificateError", {
  message: Schema.String
}) {}

export class CertificateAuthority extends Context.Service<
  CertificateAuthority,
  {
    /** A self-signed authority, valid for ten years. */
    readonly createAuthority: (options: { readonly commonName: string }) => Effect.Effect<KeyPair>
    /** `certificate` holds the public key. */
    readonly createServiceAccountKey: Effect.Effect<KeyPair>
    /** A certificate for a client, valid for one year unless said otherwise. Fails when the authority cannot be read. */
    readonly issue: (options: {
      readonly authority: KeyPair
      readonly commonName: string
      readonly organizations: ReadonlyArray<string>
      readonly validDays?: number
    }) => Effect.Effect<KeyPair, CertificateError>
    /** `sha256:` and the hex digest of the certificate's public key info: kubeadm's discovery hash. */
    readonly publicKeyHash: (certificate: string) => Effect.Effect<string, CertificateError>
    /** When the certificate ends: RFC 3339. */
    readonly expiry: (certificate: string) => Effect.Effect<string, CertificateError>
  }
>()("@capstan/provider/CertificateAuthority") {}
