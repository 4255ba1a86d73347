/**
 * Exactly one machine of a cluster runs `kubeadm init`: whoever holds the ConfigMap `<cluster>-lock`.
 *
 * The create is the mutual exclusion, so everything here is read from the API, not from a cache. The lock of a holder that
 * is gone is removed, and that attempt fails all the same: two that find it at once must not both go on.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api bootstrap/kubeadm/pkg/locking
 */
import { type Cluster, keyOf, Labels, Machine, type ObjectKey, ownerReference } from "@capstan/api"
import { type ApiError, catchReason, ConfigMap, KubernetesApi } from "@capstan/kubernetes"
import { Effect, Schema } from "effect"

const entry = "lock-information"

const LockInformation = Schema.fromJsonString(Schema.Struct({ machineName: Schema.String }))
const decodeLock = Schema.decodeUnknownOption(LockInformation)

export const lockKey = (cluster: ObjectKey): ObjectKey => ({
  namespace: cluster.namespace,
  name: `${cluster.name}-lock`
})

const gone = catchReason("NotFound", () => Effect.succeed(undefined))

/** Whether the machine holds the lock now: it held it, or got it. Asking again is harmless. */
export const acquireInitLock = Effect.fnUntraced(function* (cluster: Cluster, machine: Machine) {
  const api = yield* KubernetesApi
  const key = lockKey(keyOf(cluster))
  const existing = yield* gone(api.get(ConfigMap, key))
  if (existing === undefined) {
    return yield* api
      .create(ConfigMap, {
        metadata: {
          ...key,
          labels: { [Labels.ClusterName]: cluster.metadata.name },
          ownerReferences: [ownerReference(cluster)]
        },
        data: { [entry]: JSON.stringify({ machineName: machine.metadata.name }) }
      })
      .pipe(
        Effect.as(true),
        catchReason("AlreadyExists", () => Effect.succeed(false))
      )
  }
  const holder = decodeLock(existing.data?.[entry])
  if (holder._tag === "None") return false
  if (holder.value.machineName === machine.metadata.name) return true
  const alive = yield* gone(api.get(Machine, { namespace: key.namespace, name: holder.value.machineName }))
  if (alive === undefined) yield* releaseInitLock(cluster)
  return false
})

/** Nothing happens when there is no lock. */
export const releaseInitLock = Effect.fnUntraced(function* (
  cluster: Cluster
): Effect.fn.Return<void, ApiError, KubernetesApi> {
  const api = yield* KubernetesApi
  yield* api.delete(ConfigMap, lockKey(keyOf(cluster))).pipe(catchReason("NotFound", () => Effect.void))
})
