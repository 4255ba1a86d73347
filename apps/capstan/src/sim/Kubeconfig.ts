/**
 * Kubeconfigs for what this process serves: one cluster, one user with a token, one context.
 *
 * @source https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
import { parse, stringify } from "yaml"

export interface Access {
  /** `https://127.0.0.1:6443`, with a path where the API is not at the root. */
  readonly server: string
  /** PEM. */
  readonly authority: string
  readonly token: string
  /** URL of the HTTP proxy behind which workload clusters answer at their own names, where a world has one. */
  readonly workloadProxy?: string
}

/** Where a kubeconfig of ours tells of that proxy: clients leave extensions that they do not know alone. */
const proxyExtension = "capstan.dev/workload-proxy"

/** The text of a kubeconfig whose cluster, user and context have this name. */
export const kubeconfigOf = (name: string, access: Access): string =>
  stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name,
          cluster: {
            server: access.server,
            "certificate-authority-data": Buffer.from(access.authority).toString("base64"),
            ...(access.workloadProxy === undefined
              ? {}
              : { extensions: [{ name: proxyExtension, extension: { "proxy-url": access.workloadProxy } }] })
          }
        }
      ],
      users: [{ name, user: { token: access.token } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      "current-context": name
    },
    { lineWidth: 0 }
  )

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const entryOf = (list: unknown, name: unknown, key: string): { readonly [key: string]: unknown } | undefined => {
  const found = Array.isArray(list) ? list.filter(isRecord).find((each) => each["name"] === name) : undefined
  const value = found?.[key]
  return isRecord(value) ? value : undefined
}

/** How the current context of a kubeconfig reaches its cluster; `undefined` when it is not by authority and token. */
export const accessIn = (text: string): Access | undefined => {
  let config: unknown
  try {
    config = parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(config)) return undefined
  const context = entryOf(config["contexts"], config["current-context"], "context")
  const cluster = entryOf(config["clusters"], context?.["cluster"], "cluster")
  const user = entryOf(config["users"], context?.["user"], "user")
  const [server, authority, token] = [cluster?.["server"], cluster?.["certificate-authority-data"], user?.["token"]]
  if (typeof server !== "string" || typeof authority !== "string" || typeof token !== "string") return undefined
  const proxy = entryOf(cluster?.["extensions"], proxyExtension, "extension")?.["proxy-url"]
  return {
    server,
    authority: Buffer.from(authority, "base64").toString("utf8"),
    token,
    ...(typeof proxy === "string" ? { workloadProxy: proxy } : {})
  }
}

/** The same kubeconfig, whose clusters are reached through an HTTP proxy. `undefined` when it is none. */
export const throughProxy = (text: string, proxy: string): string | undefined => {
  const config: unknown = parse(text)
  const clusters = isRecord(config) ? config["clusters"] : undefined
  if (!isRecord(config) || !Array.isArray(clusters)) return undefined
  const routed = clusters.filter(isRecord).map((entry) => {
    const cluster = entry["cluster"]
    return isRecord(cluster) ? { ...entry, cluster: { ...cluster, "proxy-url": proxy } } : entry
  })
  return stringify({ ...config, clusters: routed }, { lineWidth: 0 })
}

/** Whether the file was written by this command and may be written again. */
export const isOurs = (text: string, name: string): boolean => {
  try {
    const config: unknown = parse(text)
    if (!isRecord(config)) return false
    const clusters = config["clusters"]
    return Array.isArray(clusters) && clusters.length === 1 && isRecord(clusters[0]) && clusters[0]["name"] === name
  } catch {
    return false
  }
}
