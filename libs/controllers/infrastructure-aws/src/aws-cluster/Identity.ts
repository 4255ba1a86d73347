/**
 * On whose behalf the controller works, and whether this namespace may: checked before any call to AWS, on every pass.
 *
 * The controller's own identity is made when a cluster refers to it and it is missing, open to all namespaces. The other
 * kinds of identity (assumed roles, static keys) are not built; a cluster that names one is told so.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/scope/session.go
 */
import { isEmptySelector, matches, type StringMap } from "@capstan/api"
import { type ApiError, catchReason, type KubernetesClient, Namespace } from "@capstan/kubernetes"
import type { ClusterScope } from "@capstan/provider"
import { Clock, Effect } from "effect"
import { clusterConditions, clusterReasons, type Complaint, fails, holds, markCluster } from "../Conditions.ts"
import type { AWSClusterBody } from "../kinds/AWSCluster.ts"
import {
  type AllowedNamespaces,
  AWSClusterControllerIdentity,
  controllerIdentityName
} from "../kinds/AWSClusterControllerIdentity.ts"

/**
 * Whether the namespace is allowed. Absent (or null) means nobody, empty everybody; an empty selector finds nothing. Pure.
 *
 * @param labels the namespace's; asked for only when a selector is to be evaluated.
 */
export const isNamespaceAllowed = (
  allowed: AllowedNamespaces | null | undefined,
  namespace: string,
  labels: StringMap
): boolean => {
  if (allowed === undefined || allowed === null) return false
  const list = allowed.list ?? []
  if (list.length === 0 && allowed.selector === undefined) return true
  return list.includes(namespace) || (!isEmptySelector(allowed.selector) && matches(allowed.selector ?? {}, labels))
}

const key = { namespace: "", name: controllerIdentityName }

const findOrCreate = (api: KubernetesClient) =>
  api.get(AWSClusterControllerIdentity, key).pipe(
    catchReason("NotFound", () =>
      api
        .create(AWSClusterControllerIdentity, {
          metadata: { name: controllerIdentityName },
          spec: { allowedNamespaces: {} }
        })
        .pipe(catchReason("AlreadyExists", () => api.get(AWSClusterControllerIdentity, key)))
    )
  )

const labelsOf = (api: KubernetesClient, namespace: string): Effect.Effect<StringMap, ApiError> =>
  api.get(Namespace, { namespace: "", name: namespace }).pipe(
    Effect.map((object) => object.metadata.labels ?? {}),
    catchReason("NotFound", () => Effect.succeed({}))
  )

const deny = (scope: ClusterScope<AWSClusterBody>, type: string, complaint: Complaint, now: number): Complaint => {
  markCluster(scope.infrastructure, fails(type, complaint), now)
  return complaint
}

/** Nothing when the cluster may be worked on; else why not. */
export const checkIdentity = Effect.fnUntraced(function* (
  api: KubernetesClient,
  scope: ClusterScope<AWSClusterBody>
): Effect.fn.Return<Complaint | undefined, ApiError> {
  const now = yield* Clock.currentTimeMillis
  const object = scope.infrastructure.get()
  const reference = object.spec?.identityRef
  if (reference !== undefined && reference.kind !== "AWSClusterControllerIdentity") {
    const message = `identities of kind ${reference.kind} are not supported yet; use AWSClusterControllerIdentity/default`
    const reason = clusterReasons.principalRetrievalFailed
    return deny(scope, clusterConditions.principalCredential, { reason, severity: "Error", message }, now)
  }
  const identity = yield* findOrCreate(api)
  const namespace = object.metadata.namespace ?? ""
  const allowed = identity.spec?.allowedNamespaces
  const labels = isEmptySelector(allowed?.selector) ? {} : yield* labelsOf(api, namespace)
  if (!isNamespaceAllowed(allowed, namespace, labels)) {
    const message = `namespace ${namespace} may not use AWSClusterControllerIdentity/${controllerIdentityName}`
    const reason = clusterReasons.principalUnauthorized
    return deny(scope, clusterConditions.principalUsage, { reason, severity: "Error", message }, now)
  }
  markCluster(scope.infrastructure, holds(clusterConditions.principalUsage), now)
  markCluster(scope.infrastructure, holds(clusterConditions.principalCredential), now)
  return undefined
})
