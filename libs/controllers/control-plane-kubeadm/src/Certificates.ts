/**
 * The cluster's certificate Secrets and its kubeconfig, as the control plane keeps them.
 *
 * Made before the control plane is initialized, only looked up afterwards: a new authority would lock out every machine that
 * trusts the old one. With an external etcd its certificates are the user's to supply.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/certs/using-custom-certificates
 */
import {
  type ConditionStatement,
  controllerReference,
  ensureOwnerReference,
  isControlledBy,
  keyOf,
  KubeadmControlPlaneCondition,
  KubeadmControlPlaneReason as Reason,
  isTrue
} from "@capstan/api"
import { catchReason, KubernetesApi, Secret } from "@capstan/kubernetes"
import {
  type ClusterCertificate,
  type ClusterCertificates,
  clusterSecretType,
  ensureCertificates,
  ensureKubeconfig,
  lookupCertificates,
  patchObject
} from "@capstan/runtime"
import { Effect } from "effect"
import { isEtcdManaged, isInitialized } from "./ControlPlaneFacts.ts"
import { noteWrite, type Scope } from "./Pass.ts"

export interface Certificates {
  readonly found: ClusterCertificates
  readonly available: boolean
  readonly statement: Omit<ConditionStatement, "type">
}

const externalClientSecret = "apiserver-etcd-client"

export const reconcileCertificates = Effect.fnUntraced(function* (scope: Scope) {
  const controlPlane = scope.controlPlane.get()
  const cluster = keyOf(scope.cluster)
  const isLive = hasEverBeenInitialized(scope)
  const supplied = isEtcdManaged(controlPlane) ? [] : yield* missingExternal(scope)
  const found: ClusterCertificates =
    isLive || supplied.length > 0
      ? yield* lookupCertificates(cluster)
      : yield* ensureCertificates({ cluster: scope.cluster, owner: controllerReference(controlPlane) })
  for (const certificate of Object.values(found)) yield* adoptSecret(scope, certificate)
  const missing = [
    ...(["ca", "sa", "proxy", "etcd"] as const).filter((purpose) => found[purpose] === undefined),
    ...supplied
  ]
  const names = [...new Set(missing)].map((purpose) => `${cluster.name}-${purpose}`)
  return {
    found,
    available: names.length === 0,
    statement:
      names.length === 0
        ? { status: "True", reason: Reason.Available, message: "" }
        : { status: "False", reason: Reason.NotAvailable, message: `Missing Secrets: ${names.join(", ")}` }
  } satisfies Certificates
})

/** Whoever says so: nothing costs more than a second authority. */
const hasEverBeenInitialized = ({ cluster, controlPlane }: Scope): boolean =>
  isTrue(controlPlane.get().status?.conditions, KubeadmControlPlaneCondition.Initialized) ||
  isInitialized(controlPlane.get()) ||
  cluster.status?.initialization?.controlPlaneInitialized === true

/** Of the two pairs that only the user can supply, those that are not there. */
const missingExternal = Effect.fnUntraced(function* (scope: Scope) {
  const api = yield* KubernetesApi
  const { name, namespace } = keyOf(scope.cluster)
  const missing: Array<string> = []
  for (const purpose of ["etcd", externalClientSecret]) {
    const exists = yield* api.get(Secret, { namespace, name: `${name}-${purpose}` }).pipe(
      Effect.as(true),
      catchReason("NotFound", () => Effect.succeed(false))
    )
    if (!exists) missing.push(purpose)
  }
  return missing
})

/** Secrets of Cluster API's type are the control plane's; a user's own are left to the user. */
const adoptSecret = Effect.fnUntraced(function* (scope: Scope, { secret }: ClusterCertificate) {
  const controlPlane = scope.controlPlane.get()
  if (secret.type !== clusterSecretType || isControlledBy(secret, controlPlane)) return
  const others = (secret.metadata.ownerReferences ?? []).filter((owner) => owner.controller !== true)
  const ownerReferences = ensureOwnerReference(others, controllerReference(controlPlane))
  yield* noteWrite(
    scope,
    Secret,
    yield* patchObject(Secret, secret, { ...secret, metadata: { ...secret.metadata, ownerReferences } })
  )
})

/** False when there is no authority to sign with. */
export const reconcileKubeconfig = Effect.fnUntraced(function* (scope: Scope, { found: { ca } }: Certificates) {
  if (ca === undefined) return false
  yield* ensureKubeconfig({
    cluster: scope.cluster,
    authority: ca,
    owner: controllerReference(scope.controlPlane.get())
  })
  return true
})
