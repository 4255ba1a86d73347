/** I14: a control plane's next Machine goes to a zone that has fewest; what faults did to the spread is not judged. */
import { Cluster, isDeleting, Labels, Machine, type MachineBody, type ObjectOf } from "@capstan/api"
import { defineInvariant } from "./Invariant.ts"

export const evenSpread = defineInvariant({
  id: "I14",
  rule: "a new control-plane Machine goes to a usable zone with the fewest of them, give or take one",
  on: ["write"],
  kinds: ["Machine"],
  start: () => ({}),
  check: (view, event) => {
    const { after, before } = event.write ?? {}
    if (after === undefined || before !== undefined || after.metadata.labels?.[Labels.ControlPlane] === undefined)
      return []
    const machine = after as ObjectOf<MachineBody>
    const chosen = machine.spec.failureDomain
    const cluster = (view.objects(Cluster) as ReadonlyArray<Cluster>).find(
      (each) =>
        each.metadata.name === machine.spec.clusterName && each.metadata.namespace === machine.metadata.namespace
    )
    const zones = (cluster?.status?.failureDomains ?? [])
      .filter((domain) => domain.controlPlane === true)
      .map((domain) => domain.name)
    if (chosen === undefined || zones.length === 0) return []
    if (!zones.includes(chosen))
      return [`Machine ${machine.metadata.name} was put into ${chosen}, which is not usable: ${zones.join(", ")}`]
    const peers = (view.objects(Machine) as ReadonlyArray<ObjectOf<MachineBody>>).filter(
      (peer) =>
        peer.metadata.labels?.[Labels.ControlPlane] !== undefined &&
        peer.spec.clusterName === machine.spec.clusterName &&
        peer.metadata.namespace === machine.metadata.namespace &&
        !isDeleting(peer) &&
        // A rollout spreads the new Machines among themselves.
        peer.spec.version === machine.spec.version
    )
    const countIn = (zone: string) => peers.filter((peer) => peer.spec.failureDomain === zone).length
    const fewest = Math.min(...zones.map(countIn))
    return countIn(chosen) - fewest > 1
      ? [`Machine ${machine.metadata.name} is number ${countIn(chosen)} in ${chosen} while another zone has ${fewest}`]
      : []
  }
})
