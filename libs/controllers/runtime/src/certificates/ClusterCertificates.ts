/**
 * A cluster's own authorities and keys, kept in Secrets: `<cluster>-ca`, `-etcd`, `-proxy`, `-sa`.
 *
 * They are generated once, before the control plane exists, and never again: a new authority would lock out every
 * machine that trusts the old one. A Secret that a user supplied (of another type) is used and left to its owner.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/certs/using-custom-certificates
 */
import { type Cluster, keyOf, Labels, type ObjectKey, type OwnerReference } from "@capstan/api"
import { type ApiError, catchReason, KubernetesApi, Secret } from "@capstan/kubernetes"
import { CertificateAuthority, type KeyPair } from "@capstan/provider"
import { Effect, Option } from "effect"
import { Base64 } from "effect/encoding"
import { Cache } from "../Cache.ts"

export const clusterSecretType = "cluster.x-k8s.io/secret"

/** What a pair is for; also the suffix of its Secret's name. */
export type CertificatePurpose = "ca" | "etcd" | "proxy" | "sa"

/** In the order in which upstream generates them. */
export const certificatePurposes: ReadonlyArray<CertificatePurpose> = ["ca", "etcd", "proxy", "sa"]

const commonNames: { readonly [Purpose in Exclude<CertificatePurpose, "sa">]: string } = {
  ca: "kubernetes",
  etcd: "kubernetes",
  proxy: "front-proxy-ca"
}

export interface ClusterCertificate extends KeyPair {
  readonly purpose: CertificatePurpose
  readonly secret: Secret
}

export type ClusterCertificates = { readonly [Purpose in CertificatePurpose]?: ClusterCertificate }

export const certificateSecretKey = (cluster: ObjectKey, purpose: CertificatePurpose): ObjectKey => ({
  namespace: cluster.namespace,
  name: `${cluster.name}-${purpose}`
})

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

/** The text behind base64; undefined when it is none. By the platform's own decoder: every pass reads certificates. */
export const textOfBase64 = (encoded: string): string | undefined => {
  const plain = encoded.replaceAll(/[\r\n]/g, "")
  return plain.length % 4 === 0 && base64.test(plain) ? Buffer.from(plain, "base64").toString() : undefined
}

/** Text of one entry of a Secret; undefined when it is absent or no base64. */
export const secretText = (secret: Secret, key: string): string | undefined => {
  const encoded = secret.data?.[key]
  return encoded === undefined ? undefined : textOfBase64(encoded)
}

const readPair = (purpose: CertificatePurpose, secret: Secret): ClusterCertificate | undefined => {
  const certificate = secretText(secret, "tls.crt")
  return certificate === undefined
    ? undefined
    : { purpose, certificate, key: secretText(secret, "tls.key") ?? "", secret }
}

/** The pairs that are there, by the cache and, where it knows nothing, by the API. */
export const lookupCertificates = Effect.fnUntraced(function* (
  cluster: ObjectKey,
  purposes: ReadonlyArray<CertificatePurpose> = certificatePurposes
) {
  const cache = yield* Cache
  const api = yield* KubernetesApi
  const found: { [Purpose in CertificatePurpose]?: ClusterCertificate } = {}
  for (const purpose of purposes) {
    const key = certificateSecretKey(cluster, purpose)
    const cached = yield* cache.get(Secret, key)
    const secret = Option.isSome(cached)
      ? cached.value
      : yield* api.get(Secret, key).pipe(catchReason("NotFound", () => Effect.succeed(undefined)))
    const pair = secret === undefined ? undefined : readPair(purpose, secret)
    if (pair !== undefined) found[purpose] = pair
  }
  return found as ClusterCertificates
})

const generate = Effect.fnUntraced(function* (purpose: CertificatePurpose) {
  const authority = yield* CertificateAuthority
  return purpose === "sa"
    ? yield* authority.createServiceAccountKey
    : yield* authority.createAuthority({ commonName: commonNames[purpose] })
})

/**
 * The pairs, generated and saved where they are missing. Two callers at once end with the same pairs: the one whose
 * create comes second reads the first one's.
 *
 * @param owner becomes the controller of the Secrets that are made here.
 */
export const ensureCertificates = Effect.fnUntraced(function* (options: {
  readonly cluster: Cluster
  readonly owner: OwnerReference
}) {
  const api = yield* KubernetesApi
  const cluster = keyOf(options.cluster)
  const found: { [Purpose in CertificatePurpose]?: ClusterCertificate } = { ...(yield* lookupCertificates(cluster)) }
  for (const purpose of certificatePurposes) {
    if (found[purpose] !== undefined) continue
    const pair = yield* generate(purpose)
    const key = certificateSecretKey(cluster, purpose)
    const secret: Secret = yield* api
      .create(Secret, {
        metadata: { ...key, labels: { [Labels.ClusterName]: cluster.name }, ownerReferences: [options.owner] },
        type: clusterSecretType,
        data: { "tls.crt": Base64.encode(pair.certificate), "tls.key": Base64.encode(pair.key) }
      })
      .pipe(catchReason("AlreadyExists", (): Effect.Effect<Secret, ApiError> => api.get(Secret, key)))
    const saved = readPair(purpose, secret)
    if (saved !== undefined) found[purpose] = saved
  }
  return found as ClusterCertificates
})
