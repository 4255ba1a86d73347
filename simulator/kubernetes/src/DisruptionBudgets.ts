/**
 * PodDisruptionBudgets: a controller that counts, and the eviction that asks it.
 *
 * The status is brought up to date a moment after Pods or budgets change; an eviction reads it and takes one disruption
 * off at once, so that many evictions together cannot overdraw a budget.
 *
 * @source https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 * @fidelity documented https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ — What an eviction answers, and when budgets are not asked.
 * @fidelity documented https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy — Pods that are not ready.
 * @fidelity observed kube-apiserver-1.36 — Several budgets are 500, an unobserved generation blocks.
 * @fidelity observed kube-apiserver-1.36.3 — Percentages are of what the Pods' controllers want: Pods without one are not counted, and none may go.
 * @fidelity assumed — A controller that is not stored here (a ReplicaSet) is taken to want as many Pods as it has.
 * @fidelity assumed — The count follows a change after 100 ms.
 */
import { controllerOf, isEmptySelector, matches, resolveIntOrPercent } from "@capstan/api"
import {
  apiError,
  type ApiError,
  type DeleteOptions,
  isPodFinished,
  isPodReady,
  Pod,
  PodDisruptionBudget
} from "@capstan/kubernetes"
import { Result } from "effect"
import type { ApiServer } from "./ApiServer.ts"
import { isObject } from "./FrozenValue.ts"
import type { LogEntry } from "./Store.ts"

const actor = "disruption-controller"
const reviewMillis = 100
/** How long an eviction counts although its Pod shows no deletion. */
const disruptedMillis = 120_000

type Status = NonNullable<PodDisruptionBudget["status"]>

export class DisruptionBudgets {
  private readonly server: ApiServer

  constructor(server: ApiServer) {
    this.server = server
  }

  observe({ groupKind, object, previous }: LogEntry): void {
    const isBudget = groupKind === "PodDisruptionBudget.policy"
    if (!isBudget && groupKind !== "Pod") return
    const { generation, namespace = "" } = object.metadata
    if (isBudget && previous !== undefined && previous.metadata.generation === generation) return
    if (!isBudget && !this.hasBudgets(namespace)) return
    this.server.later(reviewMillis, { _tag: "ReviewBudgets", namespace })
  }

  /** Brings the status of every budget of a namespace up to date. */
  review(namespace: string): void {
    for (const budget of this.budgetsOf(namespace)) {
      const status = this.count(budget)
      this.server.updateStatus(PodDisruptionBudget, { ...budget, status }, { actor })
      const expiry = Object.values(status.disruptedPods ?? {}).map((time) => Date.parse(time) + disruptedMillis)
      if (expiry.length === 0) continue
      this.server.later(Math.max(reviewMillis, Math.min(...expiry) - this.server.kernel.now()), {
        _tag: "ReviewBudgets",
        namespace
      })
    }
  }

  /** Whether a Pod may be evicted now. Takes the disruption off its budget when it may. */
  admit(pod: Pod, options: DeleteOptions): Result.Result<void, ApiError> {
    const refused = options.preconditions
    if (refused?.uid !== undefined && refused.uid !== pod.metadata.uid) return Result.succeed(undefined)
    if (isPodFinished(pod) || pod.status?.phase === "Pending" || pod.metadata.deletionTimestamp !== undefined) {
      return Result.succeed(undefined)
    }
    const [budget, ...others] = this.budgetsOf(pod.metadata.namespace ?? "").filter((candidate) =>
      covers(candidate, pod)
    )
    if (budget === undefined) return Result.succeed(undefined)
    if (others.length > 0) {
      return Result.fail(
        apiError(
          "InternalError",
          "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
      )
    }
    return this.spend(budget, pod)
  }

  private spend(budget: PodDisruptionBudget, pod: Pod): Result.Result<void, ApiError> {
    const { status } = budget
    const { generation = 0, name } = budget.metadata
    if (status === undefined || (status.observedGeneration ?? 0) < generation) {
      return Result.fail(blocked(`The disruption budget ${name} is still being processed by the server.`, 10))
    }
    if (!isPodReady(pod)) {
      const healthy = status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0
      if (budget.spec?.unhealthyPodEvictionPolicy === "AlwaysAllow" || healthy) return Result.succeed(undefined)
    }
    if (status.disruptionsAllowed <= 0) {
      return Result.fail(
        blocked(
          `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`
        )
      )
    }
    const disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: this.server.kernel.timestamp() }
    const spent = { ...status, disruptionsAllowed: status.disruptionsAllowed - 1, disruptedPods }
    const written = this.server.updateStatus(PodDisruptionBudget, { ...budget, status: spent }, { actor: "eviction" })
    return Result.map(written, () => undefined)
  }

  private hasBudgets(namespace: string): boolean {
    const collection = this.server.collectionOf(PodDisruptionBudget)
    if (collection === undefined || collection.objects.size === 0) return false
    return !collection.inOrder(namespace).next().done
  }

  private budgetsOf(namespace: string): ReadonlyArray<PodDisruptionBudget> {
    const found = this.server.list(PodDisruptionBudget, { namespace })
    return Result.isSuccess(found) ? found.success.items : []
  }

  private podsOf(budget: PodDisruptionBudget): ReadonlyArray<Pod> {
    const found = this.server.list(Pod, { namespace: budget.metadata.namespace ?? "" })
    return Result.isSuccess(found) ? found.success.items.filter((pod) => covers(budget, pod)) : []
  }

  private count(budget: PodDisruptionBudget): Status {
    const now = this.server.kernel.now()
    const pods = this.podsOf(budget)
    const disrupted = Object.entries(budget.status?.disruptedPods ?? {}).filter(
      ([name, time]) =>
        Date.parse(time) + disruptedMillis > now &&
        pods.some((pod) => pod.metadata.name === name && pod.metadata.deletionTimestamp === undefined)
    )
    const going = new Set(disrupted.map(([name]) => name))
    const healthy = pods.filter(
      (pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined && !going.has(pod.metadata.name)
    )
    const { desired, expected } = this.wanted(budget, pods)
    return {
      observedGeneration: budget.metadata.generation ?? 0,
      ...(disrupted.length === 0 ? {} : { disruptedPods: Object.fromEntries(disrupted) }),
      disruptionsAllowed: expected <= 0 ? 0 : Math.max(0, healthy.length - desired),
      currentHealthy: healthy.length,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: [this.condition(budget, expected > 0 && healthy.length > desired)]
    }
  }

  private condition(budget: PodDisruptionBudget, allowed: boolean) {
    const status = allowed ? ("True" as const) : ("False" as const)
    const before = budget.status?.conditions?.find((condition) => condition.type === "DisruptionAllowed")
    const lastTransitionTime =
      before?.status === status && before.lastTransitionTime !== undefined
        ? before.lastTransitionTime
        : this.server.kernel.timestamp()
    return {
      type: "DisruptionAllowed",
      status,
      reason: allowed ? "SufficientPods" : "InsufficientPods",
      message: "",
      lastTransitionTime,
      observedGeneration: budget.metadata.generation ?? 0
    }
  }

  /** How many Pods there should be, and how many of them have to stay healthy. */
  private wanted(
    budget: PodDisruptionBudget,
    pods: ReadonlyArray<Pod>
  ): { readonly desired: number; readonly expected: number } {
    const { maxUnavailable, minAvailable } = budget.spec ?? {}
    if (maxUnavailable !== undefined) {
      const expected = this.expected(pods)
      return { expected, desired: Math.max(0, expected - resolve(maxUnavailable, expected)) }
    }
    if (typeof minAvailable === "string") {
      const expected = this.expected(pods)
      return { expected, desired: resolve(minAvailable, expected) }
    }
    return { expected: pods.length, desired: minAvailable ?? 1 }
  }

  /** Sum of what the Pods' controllers want; a Pod without one counts for nothing. */
  private expected(pods: ReadonlyArray<Pod>): number {
    const byController = new Map<string, number>()
    for (const pod of pods) {
      const uid = controllerOf(pod)?.uid
      if (uid === undefined) continue
      byController.set(uid, (byController.get(uid) ?? 0) + 1)
    }
    let sum = 0
    for (const [uid, present] of byController) sum += this.replicasOf(uid) ?? present
    return sum
  }

  private replicasOf(uid: string): number | undefined {
    const controller = this.server.store.withUid(uid)
    if (controller === undefined || !("spec" in controller)) return undefined
    const { spec } = controller
    return isObject(spec) && typeof spec.replicas === "number" ? spec.replicas : undefined
  }
}

/** A budget without a selector covers nothing, one with an empty selector every Pod of its namespace. */
const covers = (budget: PodDisruptionBudget, pod: Pod): boolean => {
  const selector = budget.spec?.selector
  return selector !== undefined && (isEmptySelector(selector) || matches(selector, pod.metadata.labels))
}

/** A count, or a percentage of `whole` rounded up; the API server stores nothing else. */
const resolve = (amount: number | string, whole: number): number => resolveIntOrPercent(amount, whole, "up") ?? 0

const blocked = (cause: string, retryAfterSeconds?: number): ApiError =>
  apiError("TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: "DisruptionBudget", message: cause }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds })
  })
