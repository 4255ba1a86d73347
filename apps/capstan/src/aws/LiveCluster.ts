/**
 * The way from a drill to its management cluster: kubeconfig, proxy to the insides of workload clusters, the world's pace.
 *
 * The last two are for simulated worlds, and take what `capstan sim up --no-controllers` prints for managers.
 */
import { layer as certificateAuthority } from "@capstan/certificates-live"
import { ExitCode, Stop } from "@capstan/command-line"
import { clusterProblem, type ManagementCluster, type WorldPace } from "@capstan/drills"
import type { Plan } from "@capstan/engine"
import { KubernetesApi } from "@capstan/kubernetes"
import {
  etcdMembersLayer,
  layer as kubernetesApi,
  withProxiedKubeconfigs,
  workloadClustersLayer
} from "@capstan/kubernetes-live"
import { EtcdMembers, WorkloadClusters } from "@capstan/provider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"

export interface LiveClusterFlags {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  readonly workloadProxy: string | undefined
  readonly worldClock: string | undefined
}

/** Calls a second, and at once: a drill looks on, and leaves the server to the controllers. */
const limits = { userAgent: "capstan-drill", callsPerSecond: 20, burst: 50 } as const

const speedMax = 3600

/** `20x@2030-01-01T00:00:00Z`, as `capstan sim up` prints it. */
export const parseWorldPace = (text: string): Result.Result<WorldPace, string> => {
  const found = /^(\d+(?:\.\d+)?)x@(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)$/.exec(text)
  const [speed, startMillis] = [Number(found?.[1]), Date.parse(found?.[2] ?? "")]
  return speed > 0 && speed <= speedMax && Number.isFinite(startMillis)
    ? Result.succeed({ speed, startMillis })
    : Result.fail(
        `--world-clock '${text}' is none: take what \`capstan sim up\` prints, such as 20x@2030-01-01T00:00:00Z.`
      )
}

/** Connects, and looks whether the cluster can be used. */
export const liveCluster = (
  plan: Plan,
  { context, kubeconfig, workloadProxy }: LiveClusterFlags & { readonly kubeconfig: string }
): Effect.Effect<ManagementCluster, Stop, Scope.Scope> =>
  Effect.gen(function* () {
    const direct = kubernetesApi({
      ...limits,
      kubeconfig: { _tag: "File", path: kubeconfig, ...(context === undefined ? {} : { context }) }
    })
    const api = workloadProxy === undefined ? direct : Layer.provide(withProxiedKubeconfigs(workloadProxy), direct)
    const layer = etcdMembersLayer.pipe(
      Layer.provideMerge(Layer.mergeAll(api, certificateAuthority)),
      Layer.merge(workloadClustersLayer(limits))
    )
    const services = yield* Effect.mapError(Layer.build(layer), ({ message }) => cannot(message))
    return yield* Effect.gen(function* () {
      const client = yield* KubernetesApi
      const problem = yield* clusterProblem(client, plan)
      if (problem !== undefined) return yield* cannot(problem)
      return { client, workloads: yield* WorkloadClusters, etcd: yield* EtcdMembers }
    }).pipe(Effect.provide(services))
  })

const cannot = (message: string): Stop =>
  new Stop({ code: ExitCode.cannotRun, message: `${message.replace(/\.$/, "")}.` })
