/**
 * Kubeconfigs of workload clusters with a proxy in them: for whoever stands outside of the clusters' networks, or works in a
 * simulated world.
 *
 * @source https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#proxy
 */
import type { AnyKind, Kind, ObjectKey, ObjectOf } from "@capstan/api"
import { KubernetesApi, Secret } from "@capstan/kubernetes"
import { Effect, Layer } from "effect"
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

/** A management cluster whose kubeconfigs of workload clusters name the proxy: for what reads them there by itself. */
export const withProxiedKubeconfigs = (proxy: string): Layer.Layer<KubernetesApi, never, KubernetesApi> =>
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
