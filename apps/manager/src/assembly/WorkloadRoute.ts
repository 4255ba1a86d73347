/**
 * The way to workload clusters when it is not the plain one: through a proxy, with names from a name server of one's own.
 *
 * Where the management cluster stands outside of the clusters' networks, or the clusters are simulated.
 *
 * @source https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#proxy
 */
import type { AnyKind, Kind, ObjectKey, ObjectOf } from "@capstan/api"
import { KubernetesApi, Secret } from "@capstan/kubernetes"
import { NameNotFound, NameResolver, WorkloadClusters } from "@capstan/provider"
import { Effect, Layer } from "effect"
import { Resolver } from "node:dns/promises"
import { isIP } from "node:net"
import { parseDocument } from "yaml"
import { clientOnWallTime, onWallTime } from "./ClientTime.ts"

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

/** A management cluster whose kubeconfigs of workload clusters name the proxy: for what reads them there by itself. */
export const withRoutedKubeconfigs = (proxy: string): Layer.Layer<KubernetesApi, never, KubernetesApi> =>
  Layer.effect(
    KubernetesApi,
    Effect.map(KubernetesApi, (api) => ({
      ...api,
      get: <Body>(kind: Kind<Body>, key: ObjectKey) =>
        Effect.map(api.get(kind, key), (object) => (isKubeconfig(kind, key) ? rerouted(object, proxy) : object))
    }))
  )

const isKubeconfig = (kind: AnyKind, { name }: ObjectKey): boolean => kind === Secret && name.endsWith("-kubeconfig")

const rerouted = <Body>(secret: ObjectOf<Body>, proxy: string): ObjectOf<Body> => {
  const { data } = secret as { readonly data?: { readonly [name: string]: string } }
  const kubeconfig = Buffer.from(data?.["value"] ?? "", "base64").toString("utf8")
  return { ...secret, data: { ...data, value: Buffer.from(withProxy(kubeconfig, proxy)).toString("base64") } }
}

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
