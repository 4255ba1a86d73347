/** Reads what one pass decides by from the management cluster: the Machines and what was made for them. */
import {
  type AnyKind,
  controllerOf,
  isControlledBy,
  isControlPlaneMachine,
  keyOf,
  KubeadmConfig,
  type KubernetesObject,
  Labels,
  Machine
} from "@capstan/api"
import { Cache, kindOfReference, Kinds, type Now, now } from "@capstan/runtime"
import { Effect, Option } from "effect"
import { type ControlPlaneFacts, type ControlPlaneMachine, isEndpointValid } from "./ControlPlaneFacts.ts"
import { differences } from "./machine/UpToDate.ts"
import type { Scope } from "./Pass.ts"

export interface ReadMachines {
  readonly facts: ControlPlaneFacts
  /** Control-plane Machines that nobody controls: to be adopted. */
  readonly orphans: ReadonlyArray<Machine>
  /** Control-plane Machines that somebody else controls. */
  readonly foreign: ReadonlyArray<Machine>
}

/** Before infrastructure and endpoint are there no Machine can be; then none is looked for. */
export const hasMachines = ({ cluster }: Scope): boolean =>
  cluster.status?.initialization?.infrastructureProvisioned === true && isEndpointValid(cluster)

export const readFacts = Effect.fnUntraced(function* (scope: Scope) {
  const cache = yield* Cache
  const time = yield* now
  const controlPlane = scope.controlPlane.get()
  const { name, namespace } = keyOf(scope.cluster)
  const all = yield* cache.list(Machine, { namespace, labels: { [Labels.ClusterName]: name } })
  const controlPlanes = hasMachines(scope) ? all.filter(isControlPlaneMachine) : []
  const own = controlPlanes.filter((machine) => isControlledBy(machine, controlPlane))
  const machines: Array<ControlPlaneMachine> = []
  for (const machine of own) machines.push(yield* readMachine(scope, machine, time))
  return {
    facts: {
      cluster: scope.cluster,
      controlPlane,
      machines,
      others: all.filter((machine) => !own.includes(machine)),
      certificatesAvailable: false,
      etcd: undefined,
      now: time
    },
    orphans: controlPlanes.filter((machine) => controllerOf(machine) === undefined),
    foreign: controlPlanes.filter(
      (machine) => controllerOf(machine) !== undefined && !isControlledBy(machine, controlPlane)
    )
  } satisfies ReadMachines
})

const readMachine = Effect.fnUntraced(function* (scope: Scope, machine: Machine, time: Now) {
  const cache = yield* Cache
  const { namespace } = keyOf(machine)
  const { configRef } = machine.spec.bootstrap
  const config =
    configRef === undefined || configRef.kind !== KubeadmConfig.kind
      ? undefined
      : Option.getOrUndefined(yield* cache.get(KubeadmConfig, { namespace, name: configRef.name }))
  const kind = kindOfReference(yield* Kinds, machine.spec.infrastructureRef)
  const infrastructure: KubernetesObject | undefined =
    kind === undefined
      ? undefined
      : Option.getOrUndefined(yield* cache.get(kind, { namespace, name: machine.spec.infrastructureRef.name }))
  const outdated = differences({ controlPlane: scope.controlPlane.get(), machine, config, infrastructure, now: time })
  return { machine, config, infrastructure, outdated } satisfies ControlPlaneMachine
})

/** The kind of a Machine's infrastructure; undefined when it is not installed. */
export const infrastructureKindOf = (machine: Machine): Effect.Effect<AnyKind | undefined, never, Kinds> =>
  Effect.map(Kinds, (kinds) => kindOfReference(kinds, machine.spec.infrastructureRef))

/** The same facts with some Machines in the version that was just written. */
export const withMachines = (facts: ControlPlaneFacts, written: ReadonlyArray<Machine>): ControlPlaneFacts => {
  const byUid = new Map(written.map((machine) => [machine.metadata.uid, machine]))
  return {
    ...facts,
    machines: facts.machines.map((each) => {
      const machine = byUid.get(each.machine.metadata.uid)
      return machine === undefined || machine === each.machine ? each : { ...each, machine }
    })
  }
}
