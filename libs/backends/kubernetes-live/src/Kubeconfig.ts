/**
 * Which API server, and as whom: kubeconfig files and texts, and a Pod's own service account, read by client-node.
 *
 * What cannot work is refused here, before the first call, with what is wrong and where; values are never repeated. A kubeconfig
 * that came as text, out of a Secret, has to carry its credentials itself: whoever may write that Secret must not be able to run
 * a program in this process's name, or to have it send its own files somewhere.
 *
 * @source https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
import type { Cluster, KubeConfig, User } from "@kubernetes/client-node"
import { Effect, Result, Schema } from "effect"
import { homedir } from "node:os"
import { join } from "node:path"
import { existsSync } from "node:fs"

export type KubeconfigSource =
  /** `KUBECONFIG`, else `~/.kube/config`, else the service account of the Pod that this runs in: as kubectl looks. */
  | { readonly _tag: "Default"; readonly context?: string }
  | { readonly _tag: "File"; readonly path: string; readonly context?: string }
  | { readonly _tag: "InCluster" }
  /** YAML, such as the value of the Secret `<cluster>-kubeconfig`; no plugins and no paths in it are followed. */
  | { readonly _tag: "Text"; readonly text: string }

/** No way to a server can be made of the kubeconfig. The message says why and how to mend it, and holds no credentials. */
export class KubeconfigError extends Schema.TaggedError<KubeconfigError>()("KubeconfigError", {
  message: Schema.String
}) {}

/** A kubeconfig's current context, checked. */
export interface ResolvedKubeconfig {
  readonly config: KubeConfig
  readonly cluster: Cluster
  readonly user: User
  /** Without a slash at its end; may have a path. */
  readonly server: URL
}

const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"

/** Reads and checks. The library is loaded with the first call: it takes a third of a second. */
export const loadKubeconfig = (source: KubeconfigSource): Effect.Effect<ResolvedKubeconfig, KubeconfigError> =>
  Effect.flatMap(
    Effect.promise(() => import("@kubernetes/client-node")),
    ({ KubeConfig }) => Effect.fromResult(read(source, new KubeConfig()))
  )

const problem = (message: string): Result.Result<never, KubeconfigError> =>
  Result.fail(new KubeconfigError({ message }))

const read = (source: KubeconfigSource, config: KubeConfig): Result.Result<ResolvedKubeconfig, KubeconfigError> =>
  Result.gen(function* () {
    const where = yield* open(source, config)
    if ((source._tag === "Default" || source._tag === "File") && source.context !== undefined) {
      if (config.getContextObject(source.context) === null) {
        const names = (config.getContexts() ?? []).map(({ name }) => name)
        return yield* problem(`${where} has no context ${source.context}; it has: ${names.join(", ") || "none"}`)
      }
      config.setCurrentContext(source.context)
    }
    return yield* resolve(where, source._tag === "Text", config)
  })

/** Fills the config; answers with what to call it in messages. */
const open = (source: KubeconfigSource, config: KubeConfig): Result.Result<string, KubeconfigError> => {
  switch (source._tag) {
    case "InCluster":
      return openInCluster(config)
    case "Text":
      return attempt("the kubeconfig", () => config.loadFromString(source.text))
    case "File":
      return openFile(config, source.path)
    case "Default": {
      const variable = process.env["KUBECONFIG"] ?? ""
      if (variable !== "") return attempt(`the kubeconfig of KUBECONFIG (${variable})`, () => config.loadFromDefault())
      const home = join(homedir(), ".kube", "config")
      if (existsSync(home)) return openFile(config, home)
      if (existsSync(serviceAccountToken)) return openInCluster(config)
      return problem(
        `there is no kubeconfig: KUBECONFIG is not set, ${home} does not exist, and this is no Pod; name a file, or set KUBECONFIG`
      )
    }
  }
}

const openFile = (config: KubeConfig, path: string): Result.Result<string, KubeconfigError> =>
  attempt(`the kubeconfig ${path}`, () => config.loadFromFile(path))

const openInCluster = (config: KubeConfig): Result.Result<string, KubeconfigError> =>
  (process.env["KUBERNETES_SERVICE_HOST"] ?? "") === "" || (process.env["KUBERNETES_SERVICE_PORT"] ?? "") === ""
    ? problem(
        "this is no Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; run it in a cluster, or name a kubeconfig"
      )
    : attempt("the Pod's service account", () => config.loadFromCluster())

/** Loads; an error's own words may quote the text, so only its kind is told. */
const attempt = (where: string, load: () => void): Result.Result<string, KubeconfigError> =>
  Result.mapError(Result.try({ try: load, catch: (cause) => cause }), (cause) => {
    const { code, mark } = (cause ?? {}) as { readonly code?: unknown; readonly mark?: { readonly line?: unknown } }
    const why =
      code === "ENOENT"
        ? "does not exist"
        : code === "EACCES"
          ? "may not be read by this user"
          : code === "EISDIR"
            ? "is a directory"
            : typeof mark?.line === "number"
              ? `is no YAML: look at line ${mark.line + 1}`
              : "is no kubeconfig: it needs clusters, users and contexts, each with a name"
    return new KubeconfigError({ message: `${where} ${why}` })
  }).pipe(Result.map(() => where))

const resolve = (
  where: string,
  selfContained: boolean,
  config: KubeConfig
): Result.Result<ResolvedKubeconfig, KubeconfigError> =>
  Result.gen(function* () {
    const current = config.getCurrentContext()
    if (typeof current !== "string" || current === "") return yield* problem(`${where} names no current-context`)
    const context = config.getContextObject(current)
    if (context === null) return yield* problem(`${where} has no context ${current}, which is its current-context`)
    const cluster = config.getCurrentCluster()
    if (cluster === null)
      return yield* problem(`${where} has no cluster ${context.cluster}, which context ${current} names`)
    const user = config.getCurrentUser()
    if (user === null) return yield* problem(`${where} has no user ${context.user}, which context ${current} names`)
    const server = yield* serverOf(where, cluster)
    yield* checkCredentials(where, user)
    if (selfContained) yield* checkSelfContained(where, cluster, user)
    return { config, cluster, user, server }
  })

const serverOf = (where: string, cluster: Cluster): Result.Result<URL, KubeconfigError> => {
  const url = URL.canParse(cluster.server ?? "") ? new URL(cluster.server) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return problem(`${where}: the server of cluster ${cluster.name} is no https:// address`)
  }
  if (url.protocol === "http:" && !cluster.skipTLSVerify) {
    return problem(
      `${where}: the server of cluster ${cluster.name} is reached by plain http, where anybody can read along; use https, or say insecure-skip-tls-verify: true if that is meant`
    )
  }
  url.pathname = url.pathname.replace(/\/+$/, "")
  return Result.succeed(url)
}

const checkCredentials = (where: string, user: User): Result.Result<void, KubeconfigError> => {
  const certificate = (user.certData ?? user.certFile ?? "") !== ""
  const key = (user.keyData ?? user.keyFile ?? "") !== ""
  if (certificate !== key) {
    const [there, missing] = certificate ? ["certificate", "key"] : ["key", "certificate"]
    return problem(`${where}: user ${user.name} has a client ${there} but no client ${missing}`)
  }
  return Result.succeed(undefined)
}

const checkSelfContained = (where: string, cluster: Cluster, user: User): Result.Result<void, KubeconfigError> => {
  if (user.exec !== undefined || user.authProvider !== undefined) {
    return problem(`${where}: user ${user.name} wants a credential plugin, which a kubeconfig in a Secret may not run`)
  }
  if ([cluster.caFile, user.certFile, user.keyFile].some((file) => (file ?? "") !== "")) {
    return problem(
      `${where} names files of this machine, which a kubeconfig in a Secret may not: put the data into it (kubectl config view --flatten)`
    )
  }
  return Result.succeed(undefined)
}
