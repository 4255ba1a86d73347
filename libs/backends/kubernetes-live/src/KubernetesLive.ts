/**
 * `KubernetesApi` on a real API server: whatever a kubeconfig or a Pod's service account leads to.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import { KubernetesApi, type KubernetesClient } from "@capstan/kubernetes"
import { Effect, Layer, type Scope } from "effect"
import type { ClientOptions } from "./ClientOptions.ts"
import { makeClusterAccess } from "./ClusterAccess.ts"
import type { KubeconfigError, KubeconfigSource } from "./Kubeconfig.ts"
import { makeLiveClient } from "./LiveClient.ts"
import { makeRestCalls, type RestCalls } from "./RestCalls.ts"

export interface KubernetesLiveOptions extends ClientOptions {
  /** As kubectl looks for it, unless given. */
  readonly kubeconfig?: KubeconfigSource
}

/** A client and the calls under it; its connections end with the scope. */
export const connectTo = (
  source: KubeconfigSource,
  options: ClientOptions
): Effect.Effect<{ readonly client: KubernetesClient; readonly calls: RestCalls }, KubeconfigError, Scope.Scope> =>
  Effect.map(makeClusterAccess(source), (access) => {
    const calls = makeRestCalls(access, options)
    return { client: makeLiveClient(calls, access.origin), calls }
  })

/** Nothing is sent before the first call: a server that is away is the calls' affair. */
export const layer = (options: KubernetesLiveOptions): Layer.Layer<KubernetesApi, KubeconfigError> =>
  Layer.effect(
    KubernetesApi,
    Effect.map(connectTo(options.kubeconfig ?? { _tag: "Default" }, options), ({ client }) => client)
  )
