/** I3: with a healthy cloud, what is being deleted goes away. */
import { Cluster, KubeadmControlPlane, Machine, MachineDeployment, MachineSet } from "@capstan/api"
import type { KubernetesObject } from "@capstan/api"
import { defineInvariant, type WorldView } from "./Invariant.ts"

const boundMillis = 90 * 60_000

const deleting = (view: WorldView): ReadonlyArray<KubernetesObject> =>
  [
    ...[Cluster, KubeadmControlPlane, MachineDeployment, MachineSet, Machine].flatMap((kind) => view.objects(kind)),
    ...view.infrastructureClusters(),
    ...view.infrastructureMachines()
  ].filter((object) => object.metadata.deletionTimestamp !== undefined)

export const deletionEnds = defineInvariant<{ lookedMillis: number }>({
  id: "I3",
  rule: "with a healthy cloud, a deletion ends within 90 minutes",
  on: ["time", "end"],
  start: () => ({ lookedMillis: 0 }),
  check: (view, event, memory) => {
    if (view.faultsActive) return []
    if (event.kind === "time" && view.nowMillis - memory.lookedMillis < 60_000) return []
    memory.lookedMillis = view.nowMillis
    return deleting(view)
      .filter(({ metadata }) => {
        const since = Math.max(Date.parse(metadata.deletionTimestamp ?? ""), view.lastFaultEndMillis)
        return view.nowMillis - since > boundMillis
      })
      .map(({ kind, metadata }) => `${kind} ${metadata.name} has been deleting since ${metadata.deletionTimestamp}`)
  }
})
