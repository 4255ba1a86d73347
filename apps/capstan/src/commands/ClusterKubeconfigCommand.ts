/** `capstan cluster kubeconfig NAME`: the way into a workload cluster, as a kubeconfig on stdout. */
import { ExitCode, Stop, usage } from "@capstan/command-line"
import * as Effect from "effect/Effect"
import { existsSync, readFileSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, join } from "node:path"
import { unreadable } from "../files/ScenarioSources.ts"
import { type Access, accessIn, kubeconfigOf, throughProxy } from "../sim/Kubeconfig.ts"
import { defaultKubeconfig } from "../sim/KubeconfigFile.ts"
import { ask } from "../sim/ManagementCluster.ts"

export interface ClusterKubeconfigFlags {
  readonly name: string
  readonly namespace: string
  readonly kubeconfig: string | undefined
}

/**
 * What its control plane provider has left in the Secret `NAME-kubeconfig`; in a simulated world whose controllers are elsewhere, with
 * the `proxy-url` that leads into it. Of a cluster in a world with controllers of its own, whose keys are no real ones: the same
 * server and token with the cluster's path behind them.
 */
export const clusterKubeconfigCommand = (flags: ClusterKubeconfigFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const { name, namespace } = flags
    const access = yield* managementAccess(flags.kubeconfig)
    const cluster = yield* ask(access, `/apis/cluster.x-k8s.io/v1beta2/namespaces/${namespace}/clusters/${name}`)
    if (cluster.status === 404) {
      return yield* new Stop({
        code: ExitCode.nothingMatched,
        message: `there is no cluster ${namespace}/${name}; \`kubectl get clusters -A\` shows which there are (--namespace says where).`
      })
    }
    if (cluster.status !== 200) return yield* refused(cluster)
    const place = `/clusters/${namespace}/${name}`
    const { workloadProxy } = access
    const inWorld = yield* ask(access, `${place}/version`)
    if (workloadProxy === undefined && (inWorld.status === 200 || inWorld.status === 503)) {
      if (inWorld.status === 503) process.stderr.write(`capstan: note: ${messageIn(inWorld.body)}\n`)
      process.stdout.write(kubeconfigOf(name, { ...access, server: `${access.server}${place}` }))
      return
    }
    const secret = yield* ask(access, `/api/v1/namespaces/${namespace}/secrets/${name}-kubeconfig`)
    const text = secret.status === 200 ? kubeconfigIn(secret.body) : undefined
    if (text === undefined) {
      return yield* new Stop({
        code: ExitCode.cannotRun,
        message: `cluster ${namespace}/${name} has no kubeconfig yet: its Secret ${name}-kubeconfig appears once its control plane is being made.`
      })
    }
    process.stdout.write(workloadProxy === undefined ? text : (throughProxy(text, workloadProxy) ?? text))
  })

const refused = (answer: { readonly status: number; readonly body: string }): Effect.Effect<never, Stop> =>
  Effect.fail(
    new Stop({
      code: ExitCode.cannotRun,
      message:
        answer.status === 401
          ? "the management cluster does not know the token: is this the kubeconfig of the world that runs now?"
          : `the management cluster answers ${answer.status}: ${messageIn(answer.body)}`
    })
  )

const messageIn = (body: string): string => {
  try {
    const value = JSON.parse(body) as { readonly message?: unknown }
    return typeof value.message === "string" ? value.message : body.trim()
  } catch {
    return body.trim().slice(0, 200)
  }
}

const kubeconfigIn = (body: string): string | undefined => {
  const secret = JSON.parse(body) as { readonly data?: { readonly value?: unknown } }
  const value = secret.data?.value
  return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : undefined
}

/** As kubectl looks for it, and before that where `sim up` writes it. */
const managementAccess = (named: string | undefined): Effect.Effect<Access, Stop> =>
  Effect.suspend(() => {
    const fromEnvironment = (process.env["KUBECONFIG"] ?? "").split(delimiter)[0] ?? ""
    const candidates = [defaultKubeconfig, join(homedir(), ".kube", "config")]
    const file = named ?? (fromEnvironment === "" ? candidates.find((path) => existsSync(path)) : fromEnvironment)
    if (file === undefined) {
      return Effect.fail(
        usage("no kubeconfig of a management cluster is to be found: start `capstan sim up`, or say --kubeconfig FILE.")
      )
    }
    let text: string
    try {
      text = readFileSync(file, "utf8")
    } catch (error) {
      return Effect.fail(usage(unreadable(file, error)))
    }
    const access = accessIn(text)
    return access === undefined
      ? Effect.fail(
          usage(`${file} has no context with a server, an authority (certificate-authority-data) and a token.`)
        )
      : Effect.succeed(access)
  })
