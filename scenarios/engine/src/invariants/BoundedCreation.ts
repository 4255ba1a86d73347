/**
 * I5: machines are created up to what is wanted and its surge, never without bound.
 *
 * Judged when the manager creates a Machine, for the control plane, the deployment or the set that it is made for; Machines that
 * are being deleted still count, since they still cost. For a few minutes after somebody has asked for fewer, the old number
 * holds: a creation may have been under way. Machines that users make, or that are adopted, count but are not judged.
 */
import {
  controllerOf,
  KubeadmControlPlane,
  type KubernetesObject,
  MachineDeployment,
  MachineSet,
  resolveIntOrPercent
} from "@capstan/api"
import { defineInvariant, type WorldEvent, type WorldView } from "./Invariant.ts"

/** How long a greater number that somebody asked for before is still good. */
const slackMillis = 5 * 60_000

interface Memory {
  /** Uid of an owner to the number of its Machines. */
  readonly counts: Map<string, number>
  /** Uid of an owner to the limit that it had until lately. */
  readonly earlier: Map<string, { readonly limit: number; readonly untilMillis: number }>
}

const limits: { readonly [kind: string]: (owner: KubernetesObject) => number } = {
  [KubeadmControlPlane.kind]: (owner) => {
    const { replicas = 1, rollout } = (owner as KubeadmControlPlane).spec
    const surge = rollout?.strategy?.rollingUpdate?.maxSurge
    return replicas + (surge === 0 || surge === "0" ? 0 : 1)
  },
  [MachineDeployment.kind]: (owner) => {
    const { replicas = 1, rollout } = (owner as MachineDeployment).spec
    return replicas + (resolveIntOrPercent(rollout?.strategy?.rollingUpdate?.maxSurge ?? 1, replicas, "up") ?? 1)
  },
  [MachineSet.kind]: (owner) => (owner as MachineSet).spec.replicas ?? 1
}

const limitOf = (owner: KubernetesObject): number => limits[owner.kind]?.(owner) ?? Number.POSITIVE_INFINITY

const byUid = (objects: ReadonlyArray<KubernetesObject>, uid: string | undefined): KubernetesObject | undefined =>
  uid === undefined ? undefined : objects.find(({ metadata }) => metadata.uid === uid)

interface Group {
  readonly owner: KubernetesObject
  /** Of the objects that control its Machines. */
  readonly uids: ReadonlyArray<string>
}

/** For whom a Machine is made: the control plane, the deployment of its set, or the set alone. */
const groupOf = (view: WorldView, machine: KubernetesObject): Group | undefined => {
  const controller = controllerOf(machine)
  if (controller?.kind === KubeadmControlPlane.kind) {
    const owner = byUid(view.objects(KubeadmControlPlane), controller.uid)
    return owner === undefined ? undefined : { owner, uids: [controller.uid] }
  }
  const sets = view.objects(MachineSet)
  const set = byUid(sets, controller?.uid)
  if (set === undefined) return undefined
  const deployment = byUid(view.objects(MachineDeployment), controllerOf(set)?.uid)
  if (deployment === undefined) return { owner: set, uids: [set.metadata.uid] }
  const siblings = sets.filter((each) => controllerOf(each)?.uid === deployment.metadata.uid)
  return { owner: deployment, uids: siblings.map(({ metadata }) => metadata.uid) }
}

const count = ({ counts }: Memory, before: KubernetesObject | undefined, after: KubernetesObject | undefined): void => {
  const was = before === undefined ? undefined : controllerOf(before)?.uid
  const is = after === undefined ? undefined : controllerOf(after)?.uid
  if (was === is) return
  if (was !== undefined) counts.set(was, (counts.get(was) ?? 1) - 1)
  if (is !== undefined) counts.set(is, (counts.get(is) ?? 0) + 1)
}

/** Remembers what an owner might have until now, when it may have less from now on. */
const noteLimit = (view: WorldView, { write }: WorldEvent, { earlier }: Memory): void => {
  if (write?.before === undefined || write.after === undefined) return
  const { uid } = write.before.metadata
  const limit = limitOf(write.before)
  if (limitOf(write.after) >= limit) return
  const known = earlier.get(uid)
  const stands = known !== undefined && known.untilMillis > view.nowMillis
  earlier.set(uid, {
    limit: stands ? Math.max(known.limit, limit) : limit,
    untilMillis: view.nowMillis + slackMillis
  })
}

export const boundedCreation = defineInvariant<Memory>({
  id: "I5",
  rule: "no Machine is created beyond what is wanted and its surge",
  on: ["write"],
  kinds: ["Machine", "KubeadmControlPlane", "MachineDeployment", "MachineSet"],
  start: () => ({ counts: new Map(), earlier: new Map() }),
  check: (view, event, memory) => {
    const { actor, after, before, kind } = event.write ?? {}
    if (kind !== "Machine") {
      noteLimit(view, event, memory)
      return []
    }
    count(memory, before, after)
    if (after === undefined || before !== undefined || actor !== "manager") return []
    const group = groupOf(view, after)
    if (group === undefined) return []
    const { owner, uids } = group
    const earlier = memory.earlier.get(owner.metadata.uid)
    const limit = Math.max(
      limitOf(owner),
      earlier === undefined || earlier.untilMillis < view.nowMillis ? 0 : earlier.limit
    )
    const total = uids.reduce((sum, uid) => sum + (memory.counts.get(uid) ?? 0), 0)
    return total <= limit
      ? []
      : [
          `${owner.kind} ${owner.metadata.name} has ${total} Machines after ${after.metadata.name} was created; ${limit} are allowed`
        ]
  }
})
