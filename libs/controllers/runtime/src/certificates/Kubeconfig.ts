/**
 * The administrator's kubeconfig of a workload cluster, kept in the Secret `<cluster>-kubeconfig` under `value`.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/control-plane#kubeconfig-management
 */
import { type Cluster, type KubernetesObject, keyOf, Labels, type ObjectKey, type OwnerReference } from "@capstan/api"
import { catchReason, KubernetesApi, Secret } from "@capstan/kubernetes"
import { CertificateAuthority, type KeyPair } from "@capstan/provider"
import { Clock, Effect, Option } from "effect"
import { Base64 } from "effect/encoding"
import { Cache } from "../Cache.ts"
import { clusterSecretType, secretText, textOfBase64 } from "./ClusterCertificates.ts"

/** Half of the year that a client certificate is valid for: less than that, and it is issued anew. */
const renewBeforeMillis = 182 * 24 * 3_600_000

export const kubeconfigSecretKey = (cluster: ObjectKey): ObjectKey => ({
  namespace: cluster.namespace,
  name: `${cluster.name}-kubeconfig`
})

/** The document itself: one cluster, one user, one context named `<cluster>-admin@<cluster>`. Pure. */
export const kubeconfigYaml = (options: {
  readonly clusterName: string
  /** `https://host:port`. */
  readonly server: string
  readonly authorityCertificate: string
  readonly client: KeyPair
}): string => {
  const { clusterName } = options
  const user = `${clusterName}-admin`
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${Base64.encode(options.authorityCertificate)}
    server: ${options.server}
  name: ${clusterName}
contexts:
- context:
    cluster: ${clusterName}
    user: ${user}
  name: ${user}@${clusterName}
current-context: ${user}@${clusterName}
kind: Config
preferences: {}
users:
- name: ${user}
  user:
    client-certificate-data: ${Base64.encode(options.client.certificate)}
    client-key-data: ${Base64.encode(options.client.key)}
`
}

const issueKubeconfig = Effect.fnUntraced(function* (cluster: Cluster, authority: KeyPair) {
  const issuer = yield* CertificateAuthority
  const client = yield* issuer.issue({ authority, commonName: "kubernetes-admin", organizations: ["system:masters"] })
  const { host, port } = cluster.spec.controlPlaneEndpoint ?? {}
  return kubeconfigYaml({
    clusterName: cluster.metadata.name,
    server: `https://${host?.includes(":") === true ? `[${host}]` : host}:${port}`,
    authorityCertificate: authority.certificate,
    client
  })
})

/** The client certificate inside a kubeconfig as written above; undefined in any other. */
const clientCertificate = (kubeconfig: string): string | undefined => {
  const encoded = /client-certificate-data: (\S+)/.exec(kubeconfig)?.[1]
  return encoded === undefined ? undefined : textOfBase64(encoded)
}

/** Whether the Secret's client certificate has less than half its validity left. False for kubeconfigs that are not ours. */
const needsRenewal = Effect.fnUntraced(function* (secret: Secret) {
  const issuer = yield* CertificateAuthority
  const kubeconfig = secretText(secret, "value")
  const certificate = kubeconfig === undefined ? undefined : clientCertificate(kubeconfig)
  if (certificate === undefined) return false
  const expiry = yield* issuer.expiry(certificate)
  return Date.parse(expiry) - (yield* Clock.currentTimeMillis) < renewBeforeMillis
})

/**
 * Makes the Secret when it is missing, and renews the certificate in it when half its time is over, if `owner`
 * controls the Secret. Needs a valid endpoint on the Cluster.
 */
export const ensureKubeconfig = Effect.fnUntraced(function* (options: {
  readonly cluster: Cluster
  readonly authority: KeyPair
  readonly owner: OwnerReference
}) {
  const api = yield* KubernetesApi
  const cache = yield* Cache
  const cluster = keyOf(options.cluster)
  const key = kubeconfigSecretKey(cluster)
  const cached = yield* cache.get(Secret, key)
  const existing: Secret | undefined = Option.isSome(cached)
    ? cached.value
    : yield* api.get(Secret, key).pipe(catchReason("NotFound", () => Effect.succeed(undefined)))
  if (existing !== undefined) {
    if (!isControlledByOwner(existing, options.owner) || !(yield* needsRenewal(existing))) return
    const value = yield* issueKubeconfig(options.cluster, options.authority)
    yield* api.patch(Secret, key, { type: "merge", body: { data: { value: Base64.encode(value) } } })
    return
  }
  const value = yield* issueKubeconfig(options.cluster, options.authority)
  yield* api
    .create(Secret, {
      metadata: { ...key, labels: { [Labels.ClusterName]: cluster.name }, ownerReferences: [options.owner] },
      type: clusterSecretType,
      data: { value: Base64.encode(value) }
    })
    .pipe(catchReason("AlreadyExists", () => Effect.void))
})

const isControlledByOwner = (object: KubernetesObject, owner: OwnerReference): boolean =>
  object.metadata.ownerReferences?.some((reference) => reference.controller === true && reference.uid === owner.uid) ===
  true
