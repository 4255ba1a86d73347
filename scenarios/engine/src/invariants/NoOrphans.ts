/** I2: what a cluster left behind in the cloud does not stay there. */
import type { CloudResource, WorldView } from "./Invariant.ts"
import { defineInvariant } from "./Invariant.ts"

/** How long a resource may outlive its owner, or live before an object knows it. */
const graceMillis = 30 * 60_000

interface Memory {
  /** Resource id to the time since when it has had no owner. */
  readonly ownerless: Map<string, number>
}

const owners = (view: WorldView): ReadonlySet<string> =>
  new Set([
    ...view.infrastructureClusters().map((cluster) => cluster.metadata.name),
    ...view.infrastructureClusters().map((cluster) => cluster.metadata.labels?.["cluster.x-k8s.io/cluster-name"] ?? "")
  ])

const lost = (view: WorldView): ReadonlyArray<CloudResource> => {
  const known = owners(view)
  const machines = new Set(view.infrastructureMachines().map((machine) => machine.metadata.uid))
  const orphaned = new Set(
    view
      .instances()
      .filter(
        (instance) =>
          instance.state !== "terminated" && instance.ownerUid !== undefined && !machines.has(instance.ownerUid)
      )
      .map((instance) => instance.id)
  )
  return view
    .resources()
    .filter((resource) => resource.cluster !== undefined && (!known.has(resource.cluster) || orphaned.has(resource.id)))
}

const sentence = (resource: CloudResource): string =>
  `${resource.type} ${resource.id} of cluster ${resource.cluster} has no owner any more`

export const noOrphans = defineInvariant<Memory>({
  id: "I2",
  rule: "nothing stays in the cloud for longer than 30 minutes after its owner is gone",
  on: ["time", "end"],
  start: () => ({ ownerless: new Map() }),
  check: (view, event, { ownerless }) => {
    // A look at every resource is dear: deadlines of half an hour bear a minute's delay.
    const last = ownerless.get("looked") ?? 0
    if (event.kind === "time" && view.nowMillis - last < 60_000) return []
    ownerless.set("looked", view.nowMillis)
    const now = lost(view)
    const present = new Set(now.map((resource) => resource.id))
    for (const id of ownerless.keys()) if (id !== "looked" && !present.has(id)) ownerless.delete(id)
    for (const { id } of now) if (!ownerless.has(id)) ownerless.set(id, view.nowMillis)
    const overdue = (resource: CloudResource): boolean =>
      event.kind === "end" ||
      view.nowMillis - Math.max(ownerless.get(resource.id) ?? 0, view.lastFaultEndMillis) > graceMillis
    return view.faultsActive ? [] : now.filter(overdue).map(sentence)
  }
})
