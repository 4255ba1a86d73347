/**
 * I2: what a cluster left behind in the cloud does not stay there, and nothing lives there that no object knows.
 *
 * Ownership is the tag's word for the cluster, and the client token's or the provider id's for the machine. An instance on
 * its way out is nobody's loss. Left out: which machine a resource other than an instance was made for.
 */
import { Labels } from "@capstan/api"
import { type CloudInstance, type CloudResource, defineInvariant, type WorldView } from "./Invariant.ts"
import { providerIdOf } from "./ObjectFacts.ts"

/** How long a resource may outlive its owner, or live before an object knows it. */
const graceMillis = 30 * 60_000
/** A look at every resource is dear: deadlines of half an hour bear a minute's delay. */
const lookMillis = 60_000

interface Memory {
  lookedMillis: number
  /** Resource id to the time since when it has had no owner. */
  readonly ownerless: Map<string, number>
}

type Fate = "owned" | "leaving" | "untracked" | "ownerless"

/** What the objects say of each instance that a cluster owns; by its id. */
const fatesOf = (view: WorldView): ReadonlyMap<string, Fate> => {
  const machines = view.infrastructureMachines()
  const uids = new Set(machines.map((machine) => machine.metadata.uid))
  const providerIds = new Set(machines.map(providerIdOf))
  const fateOf = ({ ownerUid, providerId, state }: CloudInstance): Fate => {
    if (state === "shutting-down" || state === "terminated") return "leaving"
    if (providerIds.has(providerId)) return "owned"
    return ownerUid === undefined || uids.has(ownerUid) ? "untracked" : "ownerless"
  }
  return new Map(
    view.instances().flatMap((instance) => (instance.cluster === undefined ? [] : [[instance.id, fateOf(instance)]]))
  )
}

const clusterNames = (view: WorldView): ReadonlySet<string> =>
  new Set(
    view
      .infrastructureClusters()
      .flatMap(({ metadata }) => [metadata.name, metadata.labels?.[Labels.ClusterName] ?? ""])
  )

export const noOrphans = defineInvariant<Memory>({
  id: "I2",
  rule: "nothing stays in the cloud for longer than 30 minutes without an owner that knows it",
  on: ["time", "end"],
  start: () => ({ lookedMillis: 0, ownerless: new Map() }),
  check: (view, event, memory) => {
    if (event.kind === "time" && view.nowMillis - memory.lookedMillis < lookMillis) return []
    memory.lookedMillis = view.nowMillis
    const { ownerless } = memory
    const clusters = clusterNames(view)
    const fates = fatesOf(view)
    const lost = view.resources().flatMap((resource) => {
      const fate = fates.get(resource.id) ?? "owned"
      if (resource.cluster === undefined || fate === "leaving") return []
      const gone = !clusters.has(resource.cluster) || fate === "ownerless"
      return gone || fate === "untracked" ? [{ resource, gone }] : []
    })
    const gone = new Set(lost.flatMap((each) => (each.gone ? [each.resource.id] : [])))
    for (const id of [...ownerless.keys()]) if (!gone.has(id)) ownerless.delete(id)
    for (const id of gone) if (!ownerless.has(id)) ownerless.set(id, view.nowMillis)
    if (view.faultsActive) return []
    const isOverdue = (sinceMillis: number): boolean =>
      view.nowMillis - Math.max(sinceMillis, view.lastFaultEndMillis) > graceMillis
    // Whose owner is gone will not be looked for again: at the end there is nothing to wait for.
    return lost.flatMap(({ gone, resource }) =>
      gone
        ? event.kind === "end" || isOverdue(ownerless.get(resource.id) ?? view.nowMillis)
          ? [`${nameOf(resource)} has no owner any more`]
          : []
        : isOverdue(resource.createdMillis)
          ? [`${nameOf(resource)} is known to no object`]
          : []
    )
  }
})

const nameOf = ({ cluster, id, type }: CloudResource): string => `${type} ${id} of cluster ${cluster}`
