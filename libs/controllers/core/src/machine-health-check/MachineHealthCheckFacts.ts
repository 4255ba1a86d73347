/** Everything that one reconcile of a MachineHealthCheck looks at. */
import {
  Annotations,
  type Cluster,
  ClusterCondition,
  hasPausedAnnotation,
  keyOf,
  Labels,
  Machine,
  type MachineHealthCheck,
  matches
} from "@capstan/api"
import { Node } from "@capstan/kubernetes"
import { Cache, ClusterCache, hasAnnotation, type Now } from "@capstan/runtime"
import { Effect, Option } from "effect"
import { hasTrue } from "../frame/Conditions.ts"

/** A Machine under the check, and its Node. */
export interface Target {
  readonly machine: Machine
  readonly node: Node | undefined
  /** The Machine had a Node, and it is gone. */
  readonly nodeMissing: boolean
}

export interface HealthCheckFacts {
  readonly check: MachineHealthCheck
  readonly cluster: Cluster
  readonly targets: ReadonlyArray<Target>
  readonly now: Now
}

/** Whether the check looks at the Machine at all. */
export const isTarget = (check: MachineHealthCheck, machine: Machine): boolean =>
  machine.metadata.labels?.[Labels.ClusterName] === check.spec.clusterName &&
  matches(check.spec.selector, machine.metadata.labels) &&
  !hasPausedAnnotation(machine) &&
  !hasAnnotation(machine, Annotations.SkipRemediation)

/** Fails without a connection once there is a control plane to connect to: nobody is judged unseen. */
export const readHealthCheckFacts = Effect.fnUntraced(function* (
  check: MachineHealthCheck,
  cluster: Cluster,
  now: Now
) {
  const cache = yield* Cache
  const connections = yield* ClusterCache
  const { namespace } = keyOf(check)
  const machines = yield* cache.list(Machine, { namespace, labels: { [Labels.ClusterName]: check.spec.clusterName } })
  const nodes = hasTrue(cluster, ClusterCondition.ControlPlaneInitialized)
    ? yield* connections.reader(keyOf(cluster))
    : undefined
  const targets = yield* Effect.forEach(
    machines.filter((machine) => isTarget(check, machine)),
    (machine) => {
      const name = machine.status?.nodeRef?.name
      if (name === undefined || nodes === undefined)
        return Effect.succeed<Target>({ machine, node: undefined, nodeMissing: false })
      return Effect.map(nodes.get(Node, { namespace: "", name }), (found): Target => ({
        machine,
        node: Option.getOrUndefined(found),
        nodeMissing: Option.isNone(found)
      }))
    }
  )
  const facts: HealthCheckFacts = { check, cluster, targets, now }
  return facts
})
