/**
 * The steps of a Machine's deletion that talk to the workload cluster: one round of a drain, one look at volumes,
 * one attempt to delete the Node.
 */
import { type Machine, MachineReason, type ObjectKey } from "@capstan/api"
import {
  type ApiError,
  catchReason,
  DaemonSet,
  type KubernetesClient,
  Node,
  PersistentVolume,
  Pod,
  VolumeAttachment
} from "@capstan/kubernetes"
import { ClusterCache, patchWith } from "@capstan/runtime"
import { Clock, Effect } from "effect"
import {
  describeDrain,
  type DrainPlan,
  type DrainRound,
  isDrainOver,
  planDrain,
  podName,
  unreachableGraceSeconds
} from "./DrainPlan.ts"
import { recordOn } from "./MachineActions.ts"
import type { MachineDeletionState } from "./MachineConditions.ts"
import { isNodeUnreachable } from "./MachineDeletion.ts"
import { attachedVolumes, describeVolumes } from "./VolumePlan.ts"

/** What became of a step: over, or what it waits for. */
export type StepOutcome = { readonly _tag: "Over" } | { readonly _tag: "Waiting"; readonly state: MachineDeletionState }

const over: StepOutcome = { _tag: "Over" }

export interface StepTarget {
  readonly cluster: ObjectKey
  readonly machine: Machine
  readonly nodeName: string
  readonly nowMillis: number
}

/** A round of evictions may take this long; what is left over is for the next. */
const evictionBudgetMillis = 10_000

const readNode = (client: KubernetesClient, name: string): Effect.Effect<Node | undefined, ApiError> =>
  client.get(Node, { namespace: "", name }).pipe(catchReason("NotFound", () => Effect.succeed(undefined)))

/** Cordons the Node and asks every Pod that must go to go. A Node that is gone needs no drain. */
export const drainNode = Effect.fnUntraced(function* (target: StepTarget) {
  const connections = yield* ClusterCache
  const client = yield* connections.client(target.cluster)
  const node = yield* readNode(client, target.nodeName)
  if (node === undefined) return over
  if (node.spec?.unschedulable !== true) {
    yield* patchWith(client, Node, node, { ...node, spec: { ...node.spec, unschedulable: true } })
  }
  const unreachable = isNodeUnreachable(node)
  const plan = yield* readDrainPlan(client, target, unreachable)
  const round = yield* evictAll(client, plan, unreachable)
  if (isDrainOver(round)) {
    yield* recordOn(target.machine, {
      type: "Normal",
      reason: "SuccessfulDrainNode",
      message: `success draining Machine's node ${target.nodeName}`
    })
    return over
  }
  const startedAt = target.machine.status?.deletion?.nodeDrainStartTime ?? ""
  return {
    _tag: "Waiting",
    state: { reason: MachineReason.DrainingNode, message: describeDrain(round, startedAt) }
  } satisfies StepOutcome
})

const podsOn = (client: KubernetesClient, nodeName: string): Effect.Effect<ReadonlyArray<Pod>, ApiError> =>
  Effect.map(client.list(Pod, { fields: { "spec.nodeName": nodeName } }), (list) => list.items)

const readDrainPlan = Effect.fnUntraced(function* (client: KubernetesClient, target: StepTarget, unreachable: boolean) {
  const pods = yield* podsOn(client, target.nodeName)
  const hasDaemons = pods.some(
    (pod) => pod.metadata.ownerReferences?.some((owner) => owner.kind === "DaemonSet") === true
  )
  const daemonSets = hasDaemons ? (yield* client.list(DaemonSet)).items : []
  return planDrain({ pods, daemonSets: new Set(daemonSets.map(podName)), unreachable, nowMillis: target.nowMillis })
})

type Eviction = "evicted" | "gone" | { readonly refused: string }

const evict = (client: KubernetesClient, pod: Pod, unreachable: boolean): Effect.Effect<Eviction> =>
  client
    .evict(
      { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name },
      unreachable ? { gracePeriodSeconds: unreachableGraceSeconds } : {}
    )
    .pipe(
      Effect.as<Eviction>("evicted"),
      Effect.catch((error) =>
        Effect.succeed<Eviction>(
          error.reason === "NotFound"
            ? "gone"
            : {
                refused:
                  error.reason === "TooManyRequests"
                    ? `cannot evict pod as it would violate the pod's disruption budget. ${error.message}`
                    : error.message
              }
        )
      )
    )

const evictAll = Effect.fnUntraced(function* (client: KubernetesClient, plan: DrainPlan, unreachable: boolean) {
  const startedMillis = yield* Clock.currentTimeMillis
  const evicted: Array<Pod> = []
  const refused: Array<readonly [string, Pod]> = []
  const untried: Array<Pod> = []
  for (const pod of plan.evict) {
    if ((yield* Clock.currentTimeMillis) - startedMillis > evictionBudgetMillis) {
      untried.push(pod)
      continue
    }
    const outcome = yield* evict(client, pod, unreachable)
    if (outcome === "evicted") evicted.push(pod)
    else if (outcome !== "gone") refused.push([outcome.refused, pod])
  }
  const round: DrainRound = { plan, evicted, refused, untried }
  return round
})

/** Looks once whether anything but the volumes of skipped Pods is attached. Unreachable Nodes detach nothing: over. */
export const awaitVolumes = Effect.fnUntraced(function* (target: StepTarget) {
  const connections = yield* ClusterCache
  const client = yield* connections.client(target.cluster)
  const node = yield* readNode(client, target.nodeName)
  if (node === undefined || isNodeUnreachable(node)) return over
  const { items: attachments } = yield* client.list(VolumeAttachment)
  const hasVolumes =
    attachments.some((attachment) => attachment.spec.nodeName === target.nodeName) ||
    (node.status?.volumesAttached ?? []).length > 0
  if (!hasVolumes) return over
  const { items: volumes } = yield* client.list(PersistentVolume)
  const { skipped } = yield* readDrainPlan(client, target, false)
  const names = attachedVolumes({ node, attachments, volumes, skippedPods: skipped })
  if (names.length === 0) {
    yield* recordOn(target.machine, {
      type: "Normal",
      reason: "NodeVolumesDetached",
      message: `success waiting for node volumes detaching Machine's node ${target.nodeName}`
    })
    return over
  }
  const startedAt = target.machine.status?.deletion?.waitForNodeVolumeDetachStartTime ?? ""
  return {
    _tag: "Waiting",
    state: { reason: MachineReason.WaitingForVolumeDetach, message: describeVolumes(names, startedAt) }
  } satisfies StepOutcome
})

/** Deletes the Node object; one that is gone already counts as deleted. */
export const deleteNode = Effect.fnUntraced(function* (cluster: ObjectKey, nodeName: string) {
  const connections = yield* ClusterCache
  const client = yield* connections.client(cluster)
  yield* client.delete(Node, { namespace: "", name: nodeName }).pipe(catchReason("NotFound", () => Effect.void))
})
