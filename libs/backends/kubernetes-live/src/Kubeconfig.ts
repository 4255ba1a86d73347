/**
 * Which API server, and as whom: kubeconfig files and texts, and a Pod's own service account, as client-node knows them.
 *
 * What cannot work is refused here, before the first call, with what is wrong and where; values are never repeated. A kubeconfig
 * that came as text, out of a Secret, has to carry its credentials itself: whoever may write that Secret must not be able to run
 * a program in this process's name, or to have it send its own files somewhere.
 *
 * @source https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
import type { Cluster, KubeConfig, User } from "@kubernetes/client-node"
import { Effect, Result, Schema } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, dirname, join, resolve as resolvePath } from "node:path"
import { parse, YAMLParseError } from "yaml"
import { isJsonObject } from "./FrozenJson.ts"

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
    Effect.promise(() => import("./ClientNode.ts")),
    ({ KubeConfig }) => Effect.fromResult(read(source, () => new KubeConfig()))
  )

const problem = (message: string): Result.Result<never, KubeconfigError> =>
  Result.fail(new KubeconfigError({ message }))

const read = (source: KubeconfigSource, make: () => KubeConfig): Result.Result<ResolvedKubeconfig, KubeconfigError> =>
  Result.gen(function* () {
    const config = make()
    const where = yield* open(source, config, make)
    if ((source._tag === "Default" || source._tag === "File") && source.context !== undefined) {
      if (config.getContextObject(source.context) === null) {
        const names = (config.getContexts() ?? []).map(({ name }) => name)
        return yield* problem(`${where} has no context ${source.context}; it has: ${names.join(", ") || "none"}`)
      }
      config.setCurrentContext(source.context)
    }
    return yield* resolve(where, config)
  })

/** Fills the config; answers with what to call it in messages. */
const open = (
  source: KubeconfigSource,
  config: KubeConfig,
  make: () => KubeConfig
): Result.Result<string, KubeconfigError> => {
  switch (source._tag) {
    case "InCluster":
      return openInCluster(config)
    case "Text":
      return attempt("the kubeconfig", () => {
        const document = parse(source.text) as unknown
        const complaint = whatIsOutside(document)
        if (complaint !== undefined) throw new NotSelfContained(complaint)
        config.loadFromString(JSON.stringify(document))
      })
    case "File":
      return openFile(config, source.path)
    case "Default": {
      const [first, ...others] = (process.env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "")
      if (first !== undefined) return openFiles(config, first, others, make)
      const home = join(homedir(), ".kube", "config")
      if (existsSync(home)) return openFile(config, home)
      if (existsSync(serviceAccountToken)) return openInCluster(config)
      return problem(
        `there is no kubeconfig: KUBECONFIG is not set, ${home} does not exist, and this is no Pod; name a file, or set KUBECONFIG`
      )
    }
  }
}

/** Several files are one kubeconfig: the first one's current context counts. */
const openFiles = (
  config: KubeConfig,
  first: string,
  others: ReadonlyArray<string>,
  make: () => KubeConfig
): Result.Result<string, KubeconfigError> =>
  Result.gen(function* () {
    const where = yield* openFile(config, first)
    for (const path of others) {
      const next = make()
      yield* openFile(next, path)
      yield* Result.mapError(
        Result.try(() => config.mergeConfig(next, true)),
        () =>
          new KubeconfigError({
            message: `the kubeconfigs of KUBECONFIG cannot be put together: a name in ${path} is taken in one before it`
          })
      )
    }
    return where
  })

const openFile = (config: KubeConfig, path: string): Result.Result<string, KubeconfigError> =>
  attempt(`the kubeconfig ${path}`, () => {
    const folder = dirname(resolvePath(path))
    config.loadFromString(JSON.stringify(withTokenFiles(parse(readFileSync(path, "utf8")), folder)))
    config.makePathsAbsolute(folder)
  })

const openInCluster = (config: KubeConfig): Result.Result<string, KubeconfigError> =>
  (process.env["KUBERNETES_SERVICE_HOST"] ?? "") === "" || (process.env["KUBERNETES_SERVICE_PORT"] ?? "") === ""
    ? problem(
        "this is no Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; run it in a cluster, or name a kubeconfig"
      )
    : attempt("the Pod's service account", () => config.loadFromCluster())

/** What a kubeconfig in a Secret may not have. */
class NotSelfContained extends Error {}

/** Loads; an error's own words may quote the text, so only its kind is told. */
const attempt = (where: string, load: () => void): Result.Result<string, KubeconfigError> =>
  Result.mapError(Result.try({ try: load, catch: (cause) => cause }), (cause) => {
    if (cause instanceof NotSelfContained) return new KubeconfigError({ message: `${where} ${cause.message}` })
    const { code } = (cause ?? {}) as { readonly code?: unknown }
    const line = cause instanceof YAMLParseError ? cause.linePos?.[0].line : undefined
    const why =
      code === "ENOENT"
        ? "does not exist"
        : code === "EACCES"
          ? "may not be read by this user"
          : code === "EISDIR"
            ? "is a directory"
            : line !== undefined
              ? `is no YAML: look at line ${line}`
              : "is no kubeconfig: it needs clusters, users and contexts, each with a name"
    return new KubeconfigError({ message: `${where} ${why}` })
  }).pipe(Result.map(() => where))

/** The `user` or `cluster` parts of a kubeconfig's list of them. */
const partsOf = (document: unknown, list: "users" | "clusters"): ReadonlyArray<{ [key: string]: unknown }> => {
  const entries = isJsonObject(document) ? document[list] : undefined
  const parts = (Array.isArray(entries) ? entries : []).map((entry: unknown) =>
    isJsonObject(entry) ? entry[list.slice(0, -1)] : undefined
  )
  return parts.filter(isJsonObject)
}

/** kubectl's `tokenFile`, which the library does not know, in the form in which it reads a Pod's own token, again and again. */
const withTokenFiles = (document: unknown, folder: string): unknown => {
  for (const user of partsOf(document, "users")) {
    const { tokenFile } = user
    if (typeof tokenFile !== "string" || tokenFile === "") continue
    delete user["token"]
    user["auth-provider"] = { name: "tokenFile", config: { tokenFile: resolvePath(folder, tokenFile) } }
  }
  return document
}

const userFiles = ["client-certificate", "client-key", "tokenFile", "token-file"]
const plugins = ["exec", "auth-provider"]

/** What leads out of a kubeconfig's text, in words; `undefined` when nothing does. */
const whatIsOutside = (document: unknown): string | undefined => {
  const users = partsOf(document, "users")
  const has = (parts: ReadonlyArray<{ readonly [key: string]: unknown }>, names: ReadonlyArray<string>): boolean =>
    parts.some((part) => names.some((name) => (part[name] ?? "") !== ""))
  if (has(users, plugins)) return "wants a credential plugin, which a kubeconfig in a Secret may not run"
  if (has(users, userFiles) || has(partsOf(document, "clusters"), ["certificate-authority"])) {
    return "names files of this machine, which a kubeconfig in a Secret may not: put the data into it (kubectl config view --flatten)"
  }
  return undefined
}

const resolve = (where: string, config: KubeConfig): Result.Result<ResolvedKubeconfig, KubeconfigError> =>
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
