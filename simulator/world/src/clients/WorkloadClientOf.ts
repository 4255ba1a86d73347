/**
 * A client of a workload cluster's API that looks, at every call, whether anybody answers at the endpoint.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import { type AnyKind, formatKey, type KubernetesObject } from "@capstan/api"
import { apiError, type ApiError, type KubernetesClient, Pod } from "@capstan/kubernetes"
import { type ApiServer, client } from "@capstan/simulator-kubernetes"
import { Effect, Result, Stream } from "effect"
import type { WorldState } from "../WorldState.ts"
import type { Route } from "./Route.ts"

/** What calls to workload clusters are filed under, as `CallInfo.service`. */
export const workloadService = "workload"

const targetOf = (kind: AnyKind, name: string): string => (name === "" ? kind.kind : `${kind.kind} ${name}`)

const nameIn = (object: { readonly metadata: Partial<KubernetesObject["metadata"]> }): string =>
  formatKey({ namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "" })

export const workloadClient = (state: WorldState, route: () => Route): KubernetesClient => {
  let current: { readonly server: ApiServer; readonly client: KubernetesClient } | undefined

  const clientOf = (cluster: string): KubernetesClient | undefined => {
    const server = state.fleet.get(cluster)
    if (server === undefined) return undefined
    if (current?.server !== server) current = { server, client: client(server, { userAgent: "manager" }) }
    return current.client
  }

  const refuse = (operation: string, mutating: boolean, target: string, message: string, latencyMillis: number) =>
    state.kernel.call({ service: workloadService, operation, mutating, target, latencyMillis }, () =>
      Result.fail(apiError("Unreachable", message))
    )

  const through = <A>(
    operation: string,
    mutating: boolean,
    target: string,
    run: (client: KubernetesClient) => Effect.Effect<A, ApiError>
  ): Effect.Effect<A, ApiError> =>
    Effect.suspend(() => {
      const found = route()
      if (found._tag === "Closed") return refuse(operation, mutating, target, found.message, found.afterMillis)
      const inner = clientOf(found.cluster)
      return inner === undefined ? refuse(operation, mutating, target, "the server is gone", 0) : run(inner)
    })

  return {
    get: (kind, key) => through("get", false, targetOf(kind, formatKey(key)), (inner) => inner.get(kind, key)),
    list: (kind, options) => through("list", false, targetOf(kind, ""), (inner) => inner.list(kind, options)),
    watch: (kind, options) =>
      Stream.unwrap(through("watch", false, targetOf(kind, ""), (inner) => Effect.succeed(inner.watch(kind, options)))),
    create: (kind, object, options) =>
      through("create", true, targetOf(kind, nameIn(object)), (inner) => inner.create(kind, object, options)),
    update: (kind, object, options) =>
      through("update", true, targetOf(kind, nameIn(object)), (inner) => inner.update(kind, object, options)),
    updateStatus: (kind, object, options) =>
      through("updateStatus", true, targetOf(kind, nameIn(object)), (inner) =>
        inner.updateStatus(kind, object, options)
      ),
    patch: (kind, key, patch, options) =>
      through("patch", true, targetOf(kind, formatKey(key)), (inner) => inner.patch(kind, key, patch, options)),
    delete: (kind, key, options) =>
      through("delete", true, targetOf(kind, formatKey(key)), (inner) => inner.delete(kind, key, options)),
    evict: (pod, options) => through("evict", true, targetOf(Pod, formatKey(pod)), (inner) => inner.evict(pod, options))
  }
}
