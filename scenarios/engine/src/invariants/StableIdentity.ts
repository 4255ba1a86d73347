/** I12: what a Machine is, it stays: its provider id and its Node are set once, and nobody else's. */
import { isDeleting, Machine, type MachineBody } from "@capstan/api"
import type { KubernetesObject, ObjectOf } from "@capstan/api"
import { defineInvariant, type WorldView } from "./Invariant.ts"

// Objects under this kind's name are of this kind.
const asMachine = (object: KubernetesObject | undefined): ObjectOf<MachineBody> | undefined =>
  object as ObjectOf<MachineBody> | undefined

const twin = (
  view: WorldView,
  machine: ObjectOf<MachineBody>,
  pick: (machine: ObjectOf<MachineBody>) => string | undefined
): string | undefined => {
  const mine = pick(machine)
  if (mine === undefined) return undefined
  const others = view.objects(Machine) as ReadonlyArray<ObjectOf<MachineBody>>
  return others.find(
    (other) =>
      other.metadata.uid !== machine.metadata.uid &&
      other.spec.clusterName === machine.spec.clusterName &&
      !isDeleting(other) &&
      !isDeleting(machine) &&
      pick(other) === mine
  )?.metadata.name
}

export const stableIdentity = defineInvariant({
  id: "I12",
  rule: "a Machine's provider id and Node are set once and belong to it alone",
  on: ["write"],
  kinds: ["Machine"],
  start: () => ({}),
  check: (view, event) => {
    const after = asMachine(event.write?.after)
    const before = asMachine(event.write?.before)
    if (after === undefined) return []
    const { name } = after.metadata
    const providerId = before?.spec.providerID
    const node = before?.status?.nodeRef?.name
    const changed = [
      providerId !== undefined && after.spec.providerID !== providerId
        ? [`Machine ${name} changed its provider id from ${providerId} to ${after.spec.providerID ?? "nothing"}`]
        : [],
      node !== undefined && after.status?.nodeRef?.name !== node
        ? [`Machine ${name} changed its Node from ${node} to ${after.status?.nodeRef?.name ?? "nothing"}`]
        : []
    ].flat()
    const newProviderId = after.spec.providerID !== providerId
    const newNode = after.status?.nodeRef?.name !== node
    const sameProviderId = newProviderId ? twin(view, after, (machine) => machine.spec.providerID) : undefined
    const sameNode = newNode ? twin(view, after, (machine) => machine.status?.nodeRef?.name) : undefined
    return [
      ...changed,
      ...(sameProviderId === undefined ? [] : [`Machines ${name} and ${sameProviderId} have the same provider id`]),
      ...(sameNode === undefined ? [] : [`Machines ${name} and ${sameNode} have the same Node`])
    ]
  }
})
