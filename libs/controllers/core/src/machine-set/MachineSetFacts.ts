/** Everything that one reconcile of a MachineSet looks at. */
import {
  type AnyKind,
  type Cluster,
  controllerOf,
  isDeleting,
  keyOf,
  type KubernetesObject,
  Machine,
  MachineDeployment,
  type MachineSet
} from "@capstan/api"
import { Cache, clonedKindName, Kinds, type Now } from "@capstan/runtime"
import { Effect, Option } from "effect"
import type { ProviderObject } from "../contract/ProviderObject.ts"
import { readProviderObject } from "../contract/ReadProviderObject.ts"
import { type SelectorLabels, selectorLabels } from "../frame/SelectorLabels.ts"

/** An object that a Machine of the set refers to, or that was made for one. */
export interface Part {
  readonly kind: AnyKind
  readonly object: KubernetesObject
}

export interface MachineSetFacts {
  readonly machineSet: MachineSet
  readonly cluster: Cluster
  readonly machineDeployment: MachineDeployment | undefined
  readonly controlPlane: ProviderObject
  readonly bootstrapTemplate: ProviderObject
  readonly infrastructureTemplate: ProviderObject
  readonly selector: SelectorLabels
  /** Machines that match the selector and are not somebody else's; deleting ones included. */
  readonly machines: ReadonlyArray<Machine>
  /** Bootstrap configs and infrastructure of these Machines. */
  readonly parts: ReadonlyArray<Part>
  /** The same kinds of objects, owned by the set itself and named by no Machine. */
  readonly orphans: ReadonlyArray<Part>
  readonly now: Now
}

export const readMachineSetFacts = Effect.fnUntraced(function* (machineSet: MachineSet, cluster: Cluster, now: Now) {
  const cache = yield* Cache
  const { namespace } = keyOf(machineSet)
  const { bootstrap, infrastructureRef } = machineSet.spec.template.spec
  const read = { confirmMissing: false }
  const bootstrapTemplate = yield* readProviderObject(bootstrap.configRef, namespace, read)
  const infrastructureTemplate = yield* readProviderObject(infrastructureRef, namespace, read)
  const controlPlane = yield* readProviderObject(cluster.spec.controlPlaneRef, namespace, read)

  const selector = selectorLabels(machineSet.spec.selector)
  const matching = selector._tag === "Refused" ? [] : yield* cache.list(Machine, { namespace, labels: selector.labels })
  const machines = matching.filter((machine) => {
    const controller = controllerOf(machine)
    return controller === undefined || controller.uid === machineSet.metadata.uid
  })
  const partKinds = yield* findPartKinds(machineSet)
  const made = yield* Effect.forEach(partKinds, (kind) =>
    Effect.map(cache.list(kind, { namespace, ownedBy: machineSet.metadata.uid }), (objects) =>
      objects.map((object): Part => ({ kind, object }))
    )
  )
  const facts: MachineSetFacts = {
    machineSet,
    cluster,
    machineDeployment: yield* readDeployment(machineSet),
    controlPlane,
    bootstrapTemplate,
    infrastructureTemplate,
    selector,
    machines,
    parts: partKinds.flatMap((kind) => partsOf(kind, machines, cache.reader)),
    orphans: orphansAmong(made.flat(), machines),
    now
  }
  return facts
})

const readDeployment = Effect.fnUntraced(function* (machineSet: MachineSet) {
  const owner = controllerOf(machineSet)
  if (owner?.kind !== "MachineDeployment") return undefined
  const cache = yield* Cache
  const found = yield* cache.get(MachineDeployment, { namespace: keyOf(machineSet).namespace, name: owner.name })
  return Option.getOrUndefined(found)
})

/** The kinds that the set's templates make. */
const findPartKinds = Effect.fnUntraced(function* (machineSet: MachineSet) {
  const kinds = yield* Kinds
  const { bootstrap, infrastructureRef } = machineSet.spec.template.spec
  return [bootstrap.configRef, infrastructureRef].flatMap((reference) => {
    const name = reference === undefined ? undefined : clonedKindName(reference.kind)
    const kind = name === undefined ? undefined : kinds.find({ group: reference?.apiGroup ?? "", kind: name })
    return kind ?? []
  })
})

const referencesOf = (machine: Machine) => [machine.spec.bootstrap.configRef, machine.spec.infrastructureRef]

const partsOf = (
  kind: AnyKind,
  machines: ReadonlyArray<Machine>,
  reader: Cache["Service"]["reader"]
): ReadonlyArray<Part> =>
  machines
    .filter((machine) => !isDeleting(machine))
    .flatMap((machine) =>
      referencesOf(machine).flatMap((reference) => {
        if (reference?.kind !== kind.kind || reference.apiGroup !== kind.group) return []
        const object = reader.find(kind, { namespace: keyOf(machine).namespace, name: reference.name })
        return object === undefined ? [] : [{ kind, object }]
      })
    )

/** What was made for a Machine that never came to be. */
const orphansAmong = (made: ReadonlyArray<Part>, machines: ReadonlyArray<Machine>): ReadonlyArray<Part> => {
  if (made.length === 0) return []
  const used = new Set(
    machines.flatMap((machine) => referencesOf(machine).map((each) => `${each?.apiGroup}/${each?.kind}/${each?.name}`))
  )
  return made.filter(
    ({ kind, object }) => !isDeleting(object) && !used.has(`${kind.group}/${kind.kind}/${object.metadata.name}`)
  )
}
