/**
 * The management cluster of a drill: its objects watched, the insides of its workload clusters asked every few seconds.
 *
 * Objects come from informers, those that the controllers themselves use; nothing is lost when a watch breaks. Workload clusters are
 * reached as the controllers reach them: by their kubeconfig Secrets, and etcd through the API server. A cluster that does not answer
 * is shown as it was last seen, since silence tells nothing of what is inside; an etcd member that is silent while others answer
 * counts as ill once it has been asked twice.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controllers/clustercache
 */
import {
  type AnyKind,
  Cluster,
  isControlPlaneMachine,
  type KubernetesObject,
  Labels,
  Machine,
  type ObjectKey
} from "@capstan/api"
import { type ApiError, type KubernetesClient, Secret } from "@capstan/kubernetes"
import {
  asksFor,
  type EtcdView,
  type LiveWorld,
  type Plan,
  type SeenChange,
  watchedInside,
  watchedKinds
} from "@capstan/engine"
import { EtcdMembers, EtcdRefused, type EtcdStatus, WorkloadClusters } from "@capstan/provider"
import { Informer } from "@capstan/runtime"
import { type Context, Effect, Result, type Scope } from "effect"
import { Base64 } from "effect/encoding"

export interface ManagementCluster {
  readonly client: KubernetesClient
  readonly workloads: Context.Service.Shape<typeof WorkloadClusters>
  readonly etcd: Context.Service.Shape<typeof EtcdMembers>
}

export interface WatchOptions {
  readonly management: ManagementCluster
  readonly plan: Plan
  readonly world: LiveWorld
  /** Does something between two steps of the world. */
  readonly inWorld: (act: () => void) => Effect.Effect<void>
  /** Between two looks at the insides, real milliseconds. */
  readonly pauseMillis: number
}

export interface Watched {
  /** What has changed since the last time: shown by calling it, once, between two steps of the world. */
  readonly take: () => () => void
}

/** How long one question to the inside of a cluster may take, real milliseconds. */
const askMillis = 10_000

/** Watches for as long as the scope lasts; answers when everything that is there has been seen. */
export const watchCluster = (options: WatchOptions): Effect.Effect<Watched, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { inWorld, management, pauseMillis, plan, world } = options
    let changes: Array<{ readonly kind: AnyKind; readonly change: SeenChange }> = []
    const informers = new Map<AnyKind, Informer>()
    for (const kind of watchedKinds(plan)) {
      const informer = new Informer(management.client, kind)
      informer.subscribe(
        ({ after, before }, initial) => void changes.push({ kind, change: { before, after, initial } })
      )
      yield* Effect.forkScoped(informer.run)
      yield* informer.awaitSync
      informers.set(kind, informer)
    }
    const objects = (kind: AnyKind): ReadonlyArray<KubernetesObject> => informers.get(kind)?.store.list() ?? []
    const inside = watchedInside(plan)
    const asked = asksFor(plan, "etcd") ? (plan.guardrails.aws?.clusters ?? []) : []
    const clusters = new Set([...inside.keys(), ...asked])
    const lastEtcd = new Map<string, EtcdView>()
    const look = Effect.gen(function* () {
      for (const name of clusters) {
        const cluster = objects(Cluster).find(({ metadata }) => metadata.name === name)
        if (cluster === undefined) continue
        const key = { namespace: cluster.metadata.namespace ?? "", name }
        const found = yield* insideOf(management, key, inside.get(name) ?? [])
        const etcd = asked.includes(name)
          ? yield* etcdOf(management, key, nodesOf(objects(Machine), name), lastEtcd.get(name))
          : undefined
        if (etcd !== undefined) lastEtcd.set(name, etcd)
        yield* inWorld(() => world.showWorkload({ cluster: name, objects: found, etcd }))
      }
    })
    if (clusters.size > 0) yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, Effect.sleep(pauseMillis))))
    return {
      take: () => {
        const taken = changes
        changes = []
        return () => {
          // Objects of different kinds come by different watches; their versions tell the order.
          for (const { change, kind } of taken.splice(0).sort(byVersion)) world.showObjects(kind, [change])
        }
      }
    }
  })

const versionOf = ({ change: { after, before } }: { readonly change: SeenChange }): bigint => {
  const version = (after ?? before)?.metadata.resourceVersion ?? "0"
  return /^\d+$/.test(version) ? BigInt(version) : 0n
}

const byVersion = (a: { readonly change: SeenChange }, b: { readonly change: SeenChange }): number => {
  const [one, other] = [versionOf(a), versionOf(b)]
  return one < other ? -1 : one > other ? 1 : 0
}

/** The Nodes of a cluster's control plane, as far as its Machines know them. */
const nodesOf = (machines: ReadonlyArray<KubernetesObject>, cluster: string): ReadonlyArray<string> =>
  (machines as ReadonlyArray<Machine>)
    .filter((machine) => machine.metadata.labels?.[Labels.ClusterName] === cluster && isControlPlaneMachine(machine))
    .flatMap(({ status }) => status?.nodeRef?.name ?? [])

/** The objects of these kinds inside of a cluster; those that cannot be had are left out. */
const insideOf = (
  { client, workloads }: ManagementCluster,
  cluster: ObjectKey,
  kinds: ReadonlyArray<AnyKind>
): Effect.Effect<ReadonlyMap<AnyKind, ReadonlyArray<KubernetesObject>>> =>
  Effect.gen(function* () {
    const found = new Map<AnyKind, ReadonlyArray<KubernetesObject>>()
    if (kinds.length === 0) return found
    const secret = yield* client.get(Secret, { ...cluster, name: `${cluster.name}-kubeconfig` })
    const kubeconfig = Result.getOrElse(Base64.decodeString(secret.data?.["value"] ?? ""), () => "")
    const inner = (yield* workloads.connect({ cluster, kubeconfig })).client
    for (const kind of kinds) {
      const { items } = yield* inner.list(kind)
      // An object of an unknown body is an object.
      found.set(kind, items as ReadonlyArray<KubernetesObject>)
    }
    return found
  }).pipe(
    Effect.timeout(askMillis),
    Effect.catch(() => Effect.succeed<ReadonlyMap<AnyKind, ReadonlyArray<KubernetesObject>>>(new Map()))
  )

type Answer = EtcdStatus | "silent" | "headless"

/** What the members of a cluster's etcd say; `undefined` when none of them does. */
const etcdOf = (
  { etcd }: ManagementCluster,
  cluster: ObjectKey,
  nodes: ReadonlyArray<string>,
  before: EtcdView | undefined
): Effect.Effect<EtcdView | undefined> =>
  Effect.gen(function* () {
    const ask = (node: string) =>
      Effect.map(
        etcd
          .status({ cluster, node })
          .pipe(
            Effect.timeout(askMillis),
            Effect.retry({ times: 1, while: (error) => !(error instanceof EtcdRefused) }),
            Effect.result
          ),
        (answer): readonly [string, Answer] => [
          node,
          Result.isSuccess(answer) ? answer.success : answer.failure instanceof EtcdRefused ? "headless" : "silent"
        ]
      )
    const askAll = (names: ReadonlyArray<string>) => Effect.forEach(names, ask, { concurrency: "unbounded" })
    const answers = new Map(yield* askAll(nodes))
    const known = membersIn(answers)
    const others = known.flatMap(({ name }) => (name === "" || answers.has(name) ? [] : [name]))
    for (const [node, answer] of yield* askAll(others)) answers.set(node, answer)
    const members = membersIn(answers)
    if (members.length > 0) {
      return {
        cluster: cluster.name,
        members: members.map(({ id, isLearner, name }) => ({
          id,
          name,
          voter: !isLearner,
          healthy: typeof answers.get(name) === "object"
        }))
      }
    }
    // Members that answer and know no leader have lost their quorum.
    return before !== undefined && [...answers.values()].includes("headless")
      ? { ...before, members: before.members.map((member) => ({ ...member, healthy: false })) }
      : undefined
  })

const membersIn = (answers: ReadonlyMap<string, Answer>): EtcdStatus["members"] => {
  for (const answer of answers.values()) if (typeof answer === "object") return answer.members
  return []
}

/** Whether a run of the plan can look at the cluster at all: a sentence when it cannot. */
export const clusterProblem = (client: KubernetesClient, plan: Plan): Effect.Effect<string | undefined> =>
  Effect.gen(function* () {
    for (const kind of watchedKinds(plan))
      yield* Effect.mapError(client.list(kind, { limit: 1 }), (error) => ({ error, kind }))
  }).pipe(
    Effect.match({
      onSuccess: () => undefined,
      onFailure: ({ error, kind }: { readonly error: ApiError; readonly kind: AnyKind }) =>
        error.reason === "NotFound"
          ? `the management cluster knows no kind ${kind.kind}: capstan manager install brings Cluster API's`
          : `${kind.kind} objects of the management cluster cannot be read: ${error.message}`
    })
  )
