/**
 * The way to workload clusters when it is not the plain one: through a proxy, with names from a name server of one's own.
 *
 * Where the management cluster stands outside of the clusters' networks, or the clusters are simulated.
 *
 * @source https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#proxy
 */
import { NameNotFound, NameResolver, WorkloadClusters } from "@capstan/provider"
import { Effect, Layer } from "effect"
import { Resolver } from "node:dns/promises"
import { isIP } from "node:net"
import { parseDocument } from "yaml"

/** The kubeconfig with the proxy on every cluster that names none. What is no YAML stays as it is. */
export const withProxy = (kubeconfig: string, proxy: string): string => {
  const document = parseDocument(kubeconfig)
  const clusters: unknown = document.toJS()?.clusters
  if (document.errors.length > 0 || !Array.isArray(clusters)) return kubeconfig
  clusters.forEach((_, index) => {
    if (!document.hasIn(["clusters", index, "cluster", "proxy-url"]))
      document.setIn(["clusters", index, "cluster", "proxy-url"], proxy)
  })
  return document.toString({ lineWidth: 0 })
}

/** Reaches workload clusters through the proxy. */
export const throughProxy = (proxy: string): Layer.Layer<WorkloadClusters, never, WorkloadClusters> =>
  Layer.effect(
    WorkloadClusters,
    Effect.map(WorkloadClusters, (direct) => ({
      connect: ({ cluster, kubeconfig }) => direct.connect({ cluster, kubeconfig: withProxy(kubeconfig, proxy) })
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
