/**
 * The way to workload clusters when it is not the plain one: through a proxy, with names from a name server of one's own.
 *
 * Where the management cluster stands outside of the clusters' networks, or the clusters are simulated.
 *
 * @source libs/backends/kubernetes-live/src/ProxiedKubeconfigs.ts
 */
import { withProxy } from "@capstan/kubernetes-live"
import { NameNotFound, NameResolver, WorkloadClusters } from "@capstan/provider"
import { Effect, Layer } from "effect"
import { Resolver } from "node:dns/promises"
import { isIP } from "node:net"
import { clientOnWallTime, onWallTime } from "./ClientTime.ts"

/** Workload clusters through the proxy, if there is one; their sockets on the wall's time. */
export const routed = (proxy: string | undefined): Layer.Layer<WorkloadClusters, never, WorkloadClusters> =>
  Layer.effect(
    WorkloadClusters,
    Effect.map(WorkloadClusters, (direct) => ({
      connect: ({ cluster, kubeconfig }) =>
        direct.connect({ cluster, kubeconfig: proxy === undefined ? kubeconfig : withProxy(kubeconfig, proxy) }).pipe(
          Effect.map(({ client, probe }) => ({ client: clientOnWallTime(client), probe: onWallTime(probe) })),
          onWallTime
        )
    }))
  )

const lookupMillis = 2_000

/** Asks one name server. An address is an address already. */
export const nameServerLayer = (server: string): Layer.Layer<NameResolver> =>
  Layer.sync(NameResolver, () => {
    const resolver = new Resolver({ timeout: lookupMillis, tries: 2 })
    resolver.setServers([server])
    return {
      resolve: (host) =>
        isIP(host) !== 0
          ? Effect.succeed([host])
          : Effect.tryPromise({ try: () => resolver.resolve4(host), catch: () => new NameNotFound({ host }) })
    }
  })
