/**
 * Which Pods of a Node a drain evicts, waits for or leaves alone. Pure.
 *
 * Disruption budgets are never bypassed: an eviction may be refused, and then it is tried again in the next round.
 * Evicted Pods must really disappear before the drain is over. Left out: MachineDrainRules, and with them orders.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machine/drain
 */
import { controllerOf, type KubernetesObject, Labels } from "@capstan/api"
import { isPodFinished, type Pod } from "@capstan/kubernetes"
import { parseTimestamp } from "@capstan/runtime"

export interface DrainPlan {
  /** By namespace and name. */
  readonly evict: ReadonlyArray<Pod>
  /** Marked for deletion, but still there. */
  readonly leaving: ReadonlyArray<Pod>
  /** Must end by themselves. */
  readonly completing: ReadonlyArray<Pod>
  /** Left alone: their volumes are not waited for. */
  readonly skipped: ReadonlyArray<Pod>
}

export interface DrainOptions {
  readonly pods: ReadonlyArray<Pod>
  /** `namespace/name` of the DaemonSets there are. */
  readonly daemonSets: ReadonlySet<string>
  /** The Node's kubelet is silent: nobody will ever confirm the end of a Pod there. */
  readonly unreachable: boolean
  readonly nowMillis: number
}

/** On unreachable Nodes: how long a Pod's end is waited for, and the grace it is given. Seconds. */
export const unreachableGraceSeconds = 1

type Verdict = "evict" | "leaving" | "completing" | "skip"

export const planDrain = (options: DrainOptions): DrainPlan => {
  const judged = [...options.pods].sort(byNamespaceAndName).map((pod) => ({ pod, verdict: judge(pod, options) }))
  const having = (verdict: Verdict): ReadonlyArray<Pod> =>
    judged.filter((each) => each.verdict === verdict).map((each) => each.pod)
  return {
    evict: having("evict"),
    leaving: having("leaving"),
    completing: having("completing"),
    skipped: having("skip")
  }
}

const byNamespaceAndName = (a: Pod, b: Pod): number => {
  const left = podName(a)
  const right = podName(b)
  return left < right ? -1 : left > right ? 1 : 0
}

export const podName = (pod: KubernetesObject): string => `${pod.metadata.namespace ?? ""}/${pod.metadata.name}`

/** The first rule that applies decides. */
const judge = (pod: Pod, { daemonSets, nowMillis, unreachable }: DrainOptions): Verdict => {
  const deletedMillis = parseTimestamp(pod.metadata.deletionTimestamp)
  if (unreachable && deletedMillis !== undefined && nowMillis - deletedMillis > unreachableGraceSeconds * 1000)
    return "skip"
  if (isKeptByDaemonSet(pod, daemonSets) || isMirror(pod)) return "skip"
  const behaviour = pod.metadata.labels?.[Labels.Drain]?.toLowerCase()
  if (behaviour === "skip") return "skip"
  if (behaviour === "wait-completed") return "completing"
  return deletedMillis === undefined ? "evict" : "leaving"
}

/** A DaemonSet would put a running Pod right back. Finished Pods and those of a DaemonSet that is gone are evicted. */
const isKeptByDaemonSet = (pod: Pod, daemonSets: ReadonlySet<string>): boolean => {
  const owner = controllerOf(pod)
  return (
    owner?.kind === "DaemonSet" &&
    !isPodFinished(pod) &&
    daemonSets.has(`${pod.metadata.namespace ?? ""}/${owner.name}`)
  )
}

const isMirror = (pod: Pod): boolean => pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined

/** Why Pods are still there after a round, by name of the Pod. */
export interface DrainRound {
  readonly plan: DrainPlan
  /** Evicted in this round. */
  readonly evicted: ReadonlyArray<Pod>
  /** Message of the refusal, and who was refused. */
  readonly refused: ReadonlyArray<readonly [message: string, pod: Pod]>
  /** Not tried any more in this round. */
  readonly untried: ReadonlyArray<Pod>
}

export const isDrainOver = (round: DrainRound): boolean =>
  round.evicted.length +
    round.refused.length +
    round.untried.length +
    round.plan.leaving.length +
    round.plan.completing.length ===
  0

/** What is still to come, one line a cause. */
export const describeDrain = (round: DrainRound, startedAt: string): string => {
  const refusals = Map.groupBy(round.refused, ([message]) => message)
  const lines = [
    lineOf([...round.plan.leaving, ...round.evicted], "deletionTimestamp set, but still not removed from the Node"),
    ...[...refusals].map(([message, refused]) =>
      lineOf(
        refused.map(([, pod]) => pod),
        message
      )
    ),
    lineOf(round.plan.completing, "waiting for completion"),
    lineOf(round.untried, "not evicted yet")
  ].filter((line) => line !== "")
  return [`Drain not completed yet (started at ${startedAt}):`, ...lines].join("\n")
}

const lineOf = (pods: ReadonlyArray<Pod>, message: string): string => {
  if (pods.length === 0) return ""
  const names = pods.map(podName).sort()
  const more = names.length > 3 ? `, ... (${names.length - 3} more)` : ""
  return `* ${names.length === 1 ? "Pod" : "Pods"} ${names.slice(0, 3).join(", ")}${more}: ${message}`
}
