/**
 * I3: with a healthy cloud, what is being deleted goes away.
 *
 * It may take 90 minutes, or as long as anything still happens at the end of a run: what is left in a world that has
 * fallen silent stays for ever. Not judged is what waits for somebody else: a paused object, hooks of a user's, a drain of a
 * machine that runs (its Pods have budgets), a control plane whose etcd has lost its quorum, and the owners of all these.
 */
import {
  Annotations,
  Cluster,
  findCondition,
  isControlPlaneMachine,
  isDeleting,
  isPaused,
  KubeadmControlPlane,
  type KubernetesObject,
  Machine,
  MachineCondition,
  MachineDeployment,
  MachineReason,
  MachineSet
} from "@capstan/api"
import { hasQuorum } from "./EtcdQuorum.ts"
import { defineInvariant, type WorldView } from "./Invariant.ts"
import { clusterNameOf, isChange, providerIdOf, silenceMillis } from "./ObjectFacts.ts"

const boundMillis = 90 * 60_000
const lookMillis = 60_000

interface Memory {
  lookedMillis: number
  /** When anything was last written. */
  writtenMillis: number
}

const owners = [Cluster, KubeadmControlPlane, MachineDeployment, MachineSet]

const keyOf = (object: KubernetesObject, name: string | undefined): string => `${object.metadata.namespace}/${name}`

const hasHookOfUser = ({ metadata }: KubernetesObject): boolean =>
  Object.keys(metadata.annotations ?? {}).some(
    (name) =>
      name.startsWith(Annotations.PreDrainHookPrefix) ||
      (name.startsWith(Annotations.PreTerminateHookPrefix) && name !== Annotations.KcpPreTerminateHook)
  )

const drainReasons: ReadonlyArray<string | undefined> = [
  MachineReason.DrainingNode,
  MachineReason.WaitingForVolumeDetach
]

const isDrained = (view: WorldView, machine: Machine): boolean => {
  const reason = findCondition(machine.status?.conditions, MachineCondition.Deleting)?.reason
  if (!drainReasons.includes(reason)) return false
  return view.instances().some(({ providerId, state }) => providerId === providerIdOf(machine) && state === "running")
}

const lacksQuorum = (view: WorldView, machine: Machine): boolean =>
  isControlPlaneMachine(machine) &&
  view
    .etcd()
    .some((etcd) => etcd.cluster === machine.spec.clusterName && etcd.members.length > 0 && !hasQuorum(etcd.members))

/** Deleting Machines that wait for somebody else. */
const patientMachines = (view: WorldView): ReadonlyArray<KubernetesObject> =>
  (view.objects(Machine) as ReadonlyArray<Machine>).filter(
    (machine) =>
      isDeleting(machine) && (hasHookOfUser(machine) || isDrained(view, machine) || lacksQuorum(view, machine))
  )

/** The overdue objects without those that wait for somebody else. */
const stuckAmong = (view: WorldView, overdue: ReadonlyArray<KubernetesObject>): ReadonlyArray<KubernetesObject> => {
  const machines = patientMachines(view)
  const uids = new Set(machines.map(({ metadata }) => metadata.uid))
  const clustersOfPatient = new Set(machines.map((machine) => keyOf(machine, clusterNameOf(machine))))
  const ownerKinds = new Set(owners.map(({ kind }) => kind))
  const clusters = view.objects(Cluster) as ReadonlyArray<Cluster>
  return overdue.filter((object) => {
    const key = keyOf(object, object.kind === Cluster.kind ? object.metadata.name : clusterNameOf(object))
    const cluster = clusters.find((each) => keyOf(each, each.metadata.name) === key)
    return (
      !isPaused(cluster, object) &&
      !uids.has(object.metadata.uid) &&
      !(ownerKinds.has(object.kind) && clustersOfPatient.has(key))
    )
  })
}

export const deletionEnds = defineInvariant<Memory>({
  id: "I3",
  rule: "with a healthy cloud, a deletion ends within 90 minutes, and before the world falls silent",
  on: ["write", "time", "end"],
  start: () => ({ lookedMillis: 0, writtenMillis: 0 }),
  check: (view, event, memory) => {
    if (event.kind === "write") {
      if (isChange(event)) memory.writtenMillis = view.nowMillis
      return []
    }
    if (view.faultsActive) return []
    if (event.kind === "time" && view.nowMillis - memory.lookedMillis < lookMillis) return []
    memory.lookedMillis = view.nowMillis
    const sinceMillis = (millis: number): number => view.nowMillis - Math.max(millis, view.lastFaultEndMillis)
    const silent = event.kind === "end" && sinceMillis(memory.writtenMillis) >= silenceMillis
    const overdue = [
      ...[...owners, Machine].flatMap((kind) => view.objects(kind)),
      ...view.infrastructureClusters(),
      ...view.infrastructureMachines()
    ].filter(
      ({ metadata }) =>
        metadata.deletionTimestamp !== undefined &&
        (silent || sinceMillis(Date.parse(metadata.deletionTimestamp)) > boundMillis)
    )
    return overdue.length === 0
      ? []
      : stuckAmong(view, overdue).map(
          ({ kind, metadata }) => `${kind} ${metadata.name} has been deleting since ${metadata.deletionTimestamp}`
        )
  }
})
