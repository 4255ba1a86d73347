/**
 * I4: no step that a controller takes of its own will costs etcd its quorum, and members and Machines end up the same.
 *
 * Steps are: a member is removed; the manager deletes a control-plane Machine (its member will go); the manager deletes the
 * infrastructure of one whose member is still there (it will be lost). What faults, users and the garbage collector do is
 * not judged, nor what goes down with its control plane or cluster, nor the last member's Machine. A member that fell ill
 * less than 20 seconds ago counts as healthy: the look that led to the step may be older.
 *
 * @source https://etcd.io/docs/v3.5/faq/#what-is-failure-tolerance
 */
import {
  Cluster,
  controllerOf,
  isControlPlaneMachine,
  isDeleting,
  KubeadmControlPlane,
  type KubernetesObject,
  Machine,
  type MachineBody,
  type ObjectOf
} from "@capstan/api"
import { defineInvariant, type EtcdView, type WorldEvent, type WorldView } from "./Invariant.ts"
import { clusterNameOf, isChange, isInfrastructureMachineKind, nodeNamesOf, silenceMillis } from "./ObjectFacts.ts"

/** How old news of an ill member must be for a controller to have heard of it. */
const newsMillis = 20_000
const sampleMillis = 5_000

type Member = EtcdView["members"][number]

interface Memory {
  sampledMillis: number
  writtenMillis: number
  /** `<cluster> <member id>` to the time since when the member has been seen ill. */
  readonly illSince: Map<string, number>
}

/** Whether enough of the voters are healthy. */
export const hasQuorum = (members: ReadonlyArray<Member>): boolean => {
  const voters = members.filter((member) => member.voter)
  return voters.filter((member) => member.healthy).length >= Math.floor(voters.length / 2) + 1
}

const describe = (etcd: EtcdView, members: ReadonlyArray<Member>, after: string): string => {
  const voters = members.filter((member) => member.voter)
  const healthy = voters.filter((member) => member.healthy).length
  return `etcd of ${etcd.cluster} has ${healthy} healthy of ${voters.length} voting members after ${after}`
}

/** The newest etcd of a cluster: a cluster that was made anew under its old name leaves the old one behind. */
const etcdOf = (view: WorldView, cluster: string | undefined): EtcdView | undefined =>
  view.etcd().findLast((etcd) => etcd.cluster === cluster)

/** Its members, as healthy as a controller can know. */
const knownMembers = (view: WorldView, etcd: EtcdView, { illSince }: Memory): ReadonlyArray<Member> =>
  etcd.members.map((member) => {
    if (member.healthy) return member
    const since = illSince.get(`${etcd.cluster} ${member.id}`)
    return since !== undefined && view.nowMillis - since >= newsMillis ? member : { ...member, healthy: true }
  })

const sample = (view: WorldView, memory: Memory): void => {
  if (view.nowMillis - memory.sampledMillis < sampleMillis) return
  memory.sampledMillis = view.nowMillis
  const ill = new Set<string>()
  for (const { cluster, members } of view.etcd()) {
    for (const member of members) if (!member.healthy) ill.add(`${cluster} ${member.id}`)
  }
  for (const key of [...memory.illSince.keys()]) if (!ill.has(key)) memory.illSince.delete(key)
  for (const key of ill) if (!memory.illSince.has(key)) memory.illSince.set(key, view.nowMillis)
}

/** What the manager has just begun to delete, when that is a control plane's. */
const condemned = ({ write }: WorldEvent): KubernetesObject | undefined => {
  const before = write?.before
  if (write === undefined || before === undefined || write.actor !== "manager") return undefined
  if (isDeleting(before) || !isControlPlaneMachine(before)) return undefined
  return write.after === undefined || isDeleting(write.after) ? before : undefined
}

const machineOf = (view: WorldView, object: KubernetesObject, kind: string): ObjectOf<MachineBody> | undefined => {
  // Objects under this kind's name are of this kind.
  if (kind === Machine.kind) return object as ObjectOf<MachineBody>
  if (!isInfrastructureMachineKind(kind)) return undefined
  const uid = object.metadata.ownerReferences?.find((owner) => owner.kind === Machine.kind)?.uid
  return (view.objects(Machine) as ReadonlyArray<ObjectOf<MachineBody>>).find((machine) => machine.metadata.uid === uid)
}

/** Whether the Machine's control plane and cluster are there to stay. */
const isKept = (view: WorldView, machine: ObjectOf<MachineBody>): boolean => {
  const owner = controllerOf(machine)?.uid
  const controlPlane = view.objects(KubeadmControlPlane).find(({ metadata }) => metadata.uid === owner)
  const cluster = view
    .objects(Cluster)
    .find(
      ({ metadata }) => metadata.name === machine.spec.clusterName && metadata.namespace === machine.metadata.namespace
    )
  return controlPlane !== undefined && !isDeleting(controlPlane) && cluster !== undefined && !isDeleting(cluster)
}

const judgeDeletion = (view: WorldView, event: WorldEvent, memory: Memory): ReadonlyArray<string> => {
  const object = condemned(event)
  const kind = event.write?.kind ?? ""
  const machine = object === undefined ? undefined : machineOf(view, object, kind)
  if (object === undefined || machine === undefined || !isKept(view, machine)) return []
  const etcd = etcdOf(view, machine.spec.clusterName)
  if (etcd === undefined) return []
  const names = nodeNamesOf(machine as Machine)
  const members = knownMembers(view, etcd, memory)
  const own = members.find((member) => names.includes(member.name))
  const others = members.filter((member) => member !== own)
  if (own === undefined || !others.some((member) => member.voter)) return []
  // The member of a Machine will leave before it does; without its instance it can no longer.
  const left = kind === Machine.kind ? others : [...others, { ...own, healthy: false }]
  return hasQuorum(left) ? [] : [describe(etcd, left, `${kind} ${object.metadata.name} was deleted`)]
}

const judgeRemoval = (view: WorldView, event: WorldEvent, memory: Memory): ReadonlyArray<string> => {
  const etcd = event.etcd?.step === "removed" ? etcdOf(view, event.etcd.cluster) : undefined
  if (etcd === undefined) return []
  const members = knownMembers(view, etcd, memory)
  return hasQuorum(members) ? [] : [describe(etcd, members, "a member was removed")]
}

/** Members without Machines and Machines with a Node but without a member. */
const judgeEnd = (view: WorldView): ReadonlyArray<string> => {
  const machines = (view.objects(Machine) as ReadonlyArray<Machine>).filter(isControlPlaneMachine)
  return view.objects(KubeadmControlPlane).flatMap((controlPlane) => {
    const etcd = etcdOf(view, clusterNameOf(controlPlane))
    if (isDeleting(controlPlane) || etcd === undefined || !hasQuorum(etcd.members)) return []
    const own = machines.filter(
      (machine) =>
        machine.spec.clusterName === etcd.cluster && machine.metadata.namespace === controlPlane.metadata.namespace
    )
    const nodeNames = new Set(own.flatMap(nodeNamesOf))
    const memberNames = new Set(etcd.members.map((member) => member.name))
    return [
      ...etcd.members
        .filter((member) => !nodeNames.has(member.name))
        .map((member) => `etcd of ${etcd.cluster} has a member ${member.name} without a Machine at the end`),
      ...own
        .filter((machine) => machine.status?.nodeRef !== undefined && !isDeleting(machine))
        .filter((machine) => !nodeNamesOf(machine).some((name) => memberNames.has(name)))
        .map((machine) => `Machine ${machine.metadata.name} has no etcd member at the end`)
    ]
  })
}

export const etcdQuorum = defineInvariant<Memory>({
  id: "I4",
  rule: "no voluntary step leaves etcd without a quorum of healthy members, and in the end members and Machines agree",
  on: ["write", "etcd", "time", "end"],
  start: () => ({ sampledMillis: 0, writtenMillis: 0, illSince: new Map() }),
  check: (view, event, memory) => {
    switch (event.kind) {
      case "write":
        if (isChange(event)) memory.writtenMillis = view.nowMillis
        return judgeDeletion(view, event, memory)
      case "etcd":
        return judgeRemoval(view, event, memory)
      case "end": {
        const changedMillis = Math.max(memory.writtenMillis, view.lastFaultEndMillis)
        return view.faultsActive || view.nowMillis - changedMillis < silenceMillis ? [] : judgeEnd(view)
      }
      default:
        sample(view, memory)
        return []
    }
  }
})
