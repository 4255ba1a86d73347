/**
 * I14: a control plane's next Machine goes to a zone that has fewest; what faults did to the spread is not judged.
 *
 * Machines that are here to stay are counted: of the new one's version, and not known to be outdated. Those that are being
 * deleted may or may not count, since the choice may be older than the deletion. Nothing is judged for a minute after the
 * cluster's zones have changed.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/infra-cluster
 */
import {
  Cluster,
  type ClusterBody,
  isControlPlaneMachine,
  isDeleting,
  isFalse,
  type KubernetesObject,
  Machine,
  type MachineBody,
  MachineCondition,
  type ObjectOf
} from "@capstan/api"
import { defineInvariant } from "./Invariant.ts"

const newsMillis = 60_000

interface Memory {
  /** Uid of a Cluster to when its zones last changed. */
  readonly changedMillis: Map<string, number>
}

type ClusterObject = ObjectOf<ClusterBody>
type MachineObject = ObjectOf<MachineBody>

/** Names of the zones for control planes. */
const zonesOf = (cluster: ClusterObject | undefined): ReadonlyArray<string> =>
  (cluster?.status?.failureDomains ?? []).filter((domain) => domain.controlPlane === true).map((domain) => domain.name)

const countBy = (zones: ReadonlyArray<string>, machines: ReadonlyArray<MachineObject>): ReadonlyMap<string, number> => {
  const counts = new Map(zones.map((zone) => [zone, 0]))
  for (const { spec } of machines) {
    const known = counts.get(spec.failureDomain ?? "")
    if (known !== undefined) counts.set(spec.failureDomain ?? "", known + 1)
  }
  return counts
}

const noteZones = (
  before: KubernetesObject | undefined,
  after: KubernetesObject,
  now: number,
  memory: Memory
): void => {
  // Objects under this kind's name are of this kind.
  const was = (before as ClusterObject | undefined)?.status?.failureDomains
  const is = (after as ClusterObject).status?.failureDomains
  if (was !== is && zonesOf(before as ClusterObject).join() !== zonesOf(after as ClusterObject).join()) {
    memory.changedMillis.set(after.metadata.uid, now)
  }
}

export const evenSpread = defineInvariant<Memory>({
  id: "I14",
  rule: "a new control-plane Machine goes to a usable zone with the fewest of them, give or take one",
  on: ["write"],
  kinds: ["Machine", "Cluster"],
  start: () => ({ changedMillis: new Map() }),
  check: (view, event, memory) => {
    const { actor, after, before, kind } = event.write ?? {}
    if (after === undefined) return []
    if (kind === "Cluster") {
      noteZones(before, after, view.nowMillis, memory)
      return []
    }
    if (before !== undefined || actor !== "manager" || !isControlPlaneMachine(after)) return []
    const { metadata, spec } = after as MachineObject
    const chosen = spec.failureDomain
    const cluster = (view.objects(Cluster) as ReadonlyArray<ClusterObject>).find(
      (each) => each.metadata.name === spec.clusterName && each.metadata.namespace === metadata.namespace
    )
    const zones = zonesOf(cluster)
    const changed = memory.changedMillis.get(cluster?.metadata.uid ?? "")
    if (zones.length === 0 || (changed !== undefined && view.nowMillis - changed < newsMillis)) return []
    if (chosen === undefined || !zones.includes(chosen)) {
      return [`Machine ${metadata.name} was put into ${chosen ?? "no zone"}; usable are ${zones.join(", ")}`]
    }
    const staying = (view.objects(Machine) as ReadonlyArray<MachineObject>).filter(
      (peer) =>
        isControlPlaneMachine(peer) &&
        peer.spec.clusterName === spec.clusterName &&
        peer.metadata.namespace === metadata.namespace &&
        peer.spec.version === spec.version &&
        !isFalse(peer.status?.conditions, MachineCondition.UpToDate)
    )
    const excess = [staying, staying.filter((peer) => !isDeleting(peer))].map((peers) => {
      const counts = countBy(zones, peers)
      return { own: counts.get(chosen) ?? 0, fewest: Math.min(...counts.values()) }
    })
    const [worst] = excess
    return worst !== undefined && excess.every(({ fewest, own }) => own - fewest > 1)
      ? [`Machine ${metadata.name} is number ${worst.own} in ${chosen} while another zone has ${worst.fewest}`]
      : []
  }
})
