/**
 * Looks into the workload cluster: Nodes, static Pods and etcd of the control plane's machines.
 *
 * Nodes come from the cached view, Pods by one list, and every etcd member is asked for itself: a member that another one lists
 * may long be dead. No answer at all is told apart from an answer that is an error: the first says nothing about the cluster.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/workload_cluster_conditions.go
 */
import { type Machine, type ObjectKey } from "@capstan/api"
import { ApiError, Node, Pod, type StatusReason } from "@capstan/kubernetes"
import { EtcdMembers, type EtcdStatus } from "@capstan/provider"
import { ClusterCache } from "@capstan/runtime"
import { Effect, Option, Result } from "effect"
import { nodeNameOf } from "../ControlPlaneFacts.ts"
import type { EtcdView } from "../etcd/EtcdView.ts"

export type Inspection =
  /** There is no API server yet that could be asked. */
  | { readonly _tag: "NotInitialized" }
  | { readonly _tag: "Unreachable"; readonly message: string }
  | { readonly _tag: "Failed"; readonly message: string }
  | {
      readonly _tag: "Seen"
      /** By name. */
      readonly nodes: ReadonlyMap<string, Node>
      readonly pods: ReadonlyMap<string, Pod>
      readonly etcd: EtcdView | undefined
      /** Why `etcd` is not known, when it should be. */
      readonly etcdProblem: string | undefined
    }

/** Errors that mean that nobody answered. */
const silent: ReadonlyArray<StatusReason> = ["Unreachable", "Timeout", "ServerTimeout", "ServiceUnavailable"]

/** kubeadm puts this label on the static Pods that it writes. */
const staticPods = { namespace: "kube-system", labels: { matchLabels: { tier: "control-plane" } } } as const

const byName = <A extends { readonly metadata: { readonly name: string } }>(
  objects: ReadonlyArray<A>
): ReadonlyMap<string, A> => new Map(objects.map((object) => [object.metadata.name, object]))

export const inspectWorkload = Effect.fnUntraced(function* (options: {
  readonly cluster: ObjectKey
  readonly machines: ReadonlyArray<Machine>
  readonly managedEtcd: boolean
}): Effect.fn.Return<Inspection, never, ClusterCache | EtcdMembers> {
  const { cluster, machines, managedEtcd } = options
  const connections = yield* ClusterCache
  const read = yield* Effect.result(
    Effect.gen(function* () {
      const client = yield* connections.client(cluster)
      const reader = yield* connections.reader(cluster)
      const pods = yield* client.list(Pod, staticPods)
      const nodes: Array<Node> = []
      for (const name of machines.flatMap((machine) => nodeNameOf(machine) ?? [])) {
        const node = yield* reader.get(Node, { namespace: "", name })
        if (Option.isSome(node)) nodes.push(node.value)
      }
      return { nodes: byName(nodes), pods: byName(pods.items) }
    })
  )
  if (Result.isFailure(read)) {
    const error = read.failure
    const answered = error instanceof ApiError && !silent.includes(error.reason)
    return { _tag: answered ? "Failed" : "Unreachable", message: error.message }
  }
  const etcd = managedEtcd ? yield* inspectEtcd(cluster, machines) : { view: undefined, problem: undefined }
  return { _tag: "Seen", ...read.success, etcd: etcd.view, etcdProblem: etcd.problem }
})

interface EtcdInspection {
  readonly view: EtcdView | undefined
  readonly problem: string | undefined
}

const inspectEtcd = Effect.fnUntraced(function* (cluster: ObjectKey, machines: ReadonlyArray<Machine>) {
  const nodes = machines.flatMap((machine) => nodeNameOf(machine) ?? [])
  const first = yield* askMembers(cluster, nodes)
  const list = bestList(first.answers)
  if (list === undefined) {
    const problem = nodes.length === 0 ? "no Machine has a Node yet" : first.problems.join(", ")
    return { view: undefined, problem } satisfies EtcdInspection
  }
  const strangers = list.members.flatMap(({ name }) => (name === "" || nodes.includes(name) ? [] : [name]))
  const second = strangers.length === 0 ? { answers: [] } : yield* askMembers(cluster, strangers)
  return { view: viewOf(list, [...first.answers, ...second.answers]), problem: undefined } satisfies EtcdInspection
})

const askMembers = Effect.fnUntraced(function* (cluster: ObjectKey, nodes: ReadonlyArray<string>) {
  const etcd = yield* EtcdMembers
  const answers = yield* Effect.forEach(nodes, (node) => Effect.result(etcd.status({ cluster, node })), {
    concurrency: "unbounded"
  })
  return {
    answers: answers.flatMap((answer) => (Result.isSuccess(answer) ? [answer.success] : [])),
    problems: answers.flatMap((answer) => (Result.isFailure(answer) ? [answer.failure.message] : []))
  }
})

const isLeader = (status: EtcdStatus): boolean => status.leaderId === status.memberId

/** The leader's view of the membership; without one, that of whoever answered first. */
const bestList = (answers: ReadonlyArray<EtcdStatus>): EtcdStatus | undefined => {
  const usable = answers.filter(({ members }) => members.length > 0)
  return usable.find(isLeader) ?? usable[0]
}

const viewOf = (list: EtcdStatus, answers: ReadonlyArray<EtcdStatus>): EtcdView => {
  const alarms = new Map(
    answers.flatMap((answer) => answer.alarms.map((alarm) => [`${alarm.memberId} ${alarm.type}`, alarm] as const))
  )
  return {
    members: list.members,
    alarms: [...alarms.values()],
    leaderId: list.members.some(({ id }) => id === list.leaderId) ? list.leaderId : undefined,
    responsive: new Set(answers.map(({ memberId }) => memberId))
  }
}
