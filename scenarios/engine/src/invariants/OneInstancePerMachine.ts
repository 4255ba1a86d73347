/**
 * I1: no crash, lost answer or retry ever makes a second machine.
 *
 * An instance can only become one too many when it appears: only what is new is looked at. It belongs to whom its client
 * token names, and to the machine whose name it carries, so that a launch without a token is not overlooked.
 */
import { type CloudInstance, defineInvariant, type WorldView } from "./Invariant.ts"

const isLive = ({ state }: CloudInstance): boolean => state !== "shutting-down" && state !== "terminated"

interface Memory {
  /** Ids of all instances that were ever seen. */
  readonly known: Set<string>
  /** Ids of the instances that were launched under a token or a name. */
  readonly launched: Map<string, ReadonlyArray<string>>
}

const claimsOf = ({ cluster, name, ownerUid }: CloudInstance): ReadonlyArray<string> => [
  ...(ownerUid === undefined ? [] : [`token ${ownerUid}`]),
  ...(cluster === undefined || name === "" ? [] : [`name ${cluster}/${name}`])
]

/** The newest instances, oldest first. */
const freshOf = (instances: ReadonlyArray<CloudInstance>, known: ReadonlySet<string>): ReadonlyArray<CloudInstance> => {
  let start = instances.length
  while (start > 0 && !known.has(instances[start - 1]?.id ?? "")) start--
  return instances.slice(start)
}

/** Two instances may share a name that a user gave them, when each is known to be of a machine of its own. */
const haveOwnMachines = (view: WorldView, one: CloudInstance, other: CloudInstance): boolean => {
  if (one.ownerUid === undefined || other.ownerUid === undefined || one.ownerUid === other.ownerUid) return false
  const uids = new Set(view.infrastructureMachines().map((machine) => machine.metadata.uid))
  return uids.has(one.ownerUid) && uids.has(other.ownerUid)
}

export const oneInstancePerMachine = defineInvariant<Memory>({
  id: "I1",
  rule: "an infrastructure machine has at most one live instance, ever",
  on: ["cloud"],
  start: () => ({ known: new Set(), launched: new Map() }),
  check: (view, _event, { known, launched }) => {
    const instances = view.instances()
    const twins = new Map<string, CloudInstance>()
    for (const instance of freshOf(instances, known)) {
      known.add(instance.id)
      for (const claim of claimsOf(instance)) {
        const earlier = launched.get(claim) ?? []
        launched.set(claim, [...earlier, instance.id])
        if (earlier.length === 0) continue
        const twin = instances.find((other) => earlier.includes(other.id) && isLive(other))
        if (twin !== undefined && !haveOwnMachines(view, instance, twin)) twins.set(instance.id, twin)
      }
    }
    return [...twins].map(([id, twin]) => `machine ${twin.name} has ${twin.id} and ${id}`)
  }
})
