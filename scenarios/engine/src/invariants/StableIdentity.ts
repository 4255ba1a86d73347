/**
 * I12: what a Machine is, it stays: its provider id and its Node are set once, and nobody else's.
 *
 * A Node's name may come back: the address of a dead machine is given to a new one, while the old Machine is still there. Two
 * Machines may therefore name the same Node as long as only one of them has an instance that lives.
 */
import { Machine, type MachineBody } from "@capstan/api"
import type { KubernetesObject, ObjectOf } from "@capstan/api"
import { defineInvariant, type WorldView } from "./Invariant.ts"

interface Memory {
  /** Provider ids and Nodes to the uid of the Machine that had them last. */
  readonly holders: Map<string, string>
}

// Objects under this kind's name are of this kind.
const asMachine = (object: KubernetesObject | undefined): ObjectOf<MachineBody> | undefined =>
  object as ObjectOf<MachineBody> | undefined

const isLive = (view: WorldView, { spec }: ObjectOf<MachineBody>): boolean =>
  view
    .instances()
    .some(
      ({ providerId, state }) => providerId === spec.providerID && state !== "terminated" && state !== "shutting-down"
    )

interface Identity {
  readonly what: string
  /** Unique over all clusters. */
  readonly key: (machine: ObjectOf<MachineBody>, value: string) => string
  readonly of: (machine: ObjectOf<MachineBody>) => string | undefined
  /** Whether two Machines that exist may both have it. */
  readonly mayShare: (view: WorldView, one: ObjectOf<MachineBody>, other: ObjectOf<MachineBody>) => boolean
}

const identities: ReadonlyArray<Identity> = [
  {
    what: "provider id",
    key: (_machine, value) => `provider id ${value}`,
    of: (machine) => machine.spec.providerID,
    mayShare: () => false
  },
  {
    what: "Node",
    key: ({ metadata, spec }, value) => `Node ${metadata.namespace}/${spec.clusterName}/${value}`,
    of: (machine) => machine.status?.nodeRef?.name,
    mayShare: (view, one, other) => !isLive(view, one) || !isLive(view, other)
  }
]

export const stableIdentity = defineInvariant<Memory>({
  id: "I12",
  rule: "a Machine's provider id and Node are set once and belong to it alone",
  on: ["write"],
  kinds: ["Machine"],
  start: () => ({ holders: new Map() }),
  check: (view, event, { holders }) => {
    const after = asMachine(event.write?.after)
    const before = asMachine(event.write?.before)
    if (after === undefined) return []
    const { name, uid } = after.metadata
    return identities.flatMap(({ key, mayShare, of, what }) => {
      const was = before === undefined ? undefined : of(before)
      const is = of(after)
      if (was === is) return []
      const changed = was === undefined ? [] : [`Machine ${name} changed its ${what} from ${was} to ${is ?? "nothing"}`]
      if (is === undefined) return changed
      const holder = holders.get(key(after, is))
      holders.set(key(after, is), uid)
      const other =
        holder === undefined || holder === uid
          ? undefined
          : asMachine(view.objects(Machine).find(({ metadata }) => metadata.uid === holder))
      return other === undefined || of(other) !== is || mayShare(view, after, other)
        ? changed
        : [...changed, `Machines ${name} and ${other.metadata.name} have the same ${what}`]
    })
  }
})
