/**
 * MachineHealthCheck: finds Machines that have been unhealthy for too long.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinehealthcheck
 */
import {
  Cluster,
  ClusterCondition,
  keyOf,
  type KubernetesObject,
  Labels,
  Machine,
  MachineHealthCheck,
  MachineHealthCheckCondition,
  matches,
  NodeAnnotations,
  type ObjectKey
} from "@capstan/api"
import { Node } from "@capstan/kubernetes"
import {
  type CacheReader,
  ClusterCache,
  type Controller,
  fromMillis,
  makeController,
  type Request
} from "@capstan/runtime"
import { Effect } from "effect"
import { hasTrue, withObservedGeneration } from "../frame/Conditions.ts"
import type { CoreServices } from "../frame/CoreServices.ts"
import { closeObject, openObject } from "../frame/OpenObject.ts"
import { attemptAll, failWith } from "../frame/ReconcileFailed.ts"
import {
  annotations,
  at,
  changes,
  condition,
  conditions,
  deletion,
  labels,
  metadata,
  nodeRef,
  spec
} from "../frame/Watching.ts"
import { healthCheckController, performHealthCheckAction } from "./MachineHealthCheckActions.ts"
import { readHealthCheckFacts } from "./MachineHealthCheckFacts.ts"
import { planHealthCheck } from "./MachineHealthCheckPlan.ts"

const ownedConditions: ReadonlyArray<string> = Object.values(MachineHealthCheckCondition)

export const reconcileHealthCheck = Effect.fnUntraced(function* (request: Request) {
  const opened = yield* openObject({
    kind: MachineHealthCheck,
    request,
    clusterNameOf: (check) => check.spec.clusterName
  })
  if (opened._tag === "Closed") return opened.result
  const { cluster, now, object } = opened
  const connections = yield* ClusterCache
  if (hasTrue(cluster, ClusterCondition.ControlPlaneInitialized)) {
    const map = checksOfNode(keyOf(cluster))
    yield* connections.watch({ cluster: keyOf(cluster), controller: healthCheckController, kind: Node, map })
  }
  const facts = yield* readHealthCheckFacts(object, cluster, now)
  const plan = planHealthCheck(facts)
  const failures = yield* attemptAll(plan.actions.map((action) => performHealthCheckAction(object, action)))

  const errors = [...plan.errors, ...failures]
  yield* closeObject({
    controller: healthCheckController,
    kind: MachineHealthCheck,
    before: object,
    after: errors.length === 0 ? withObservedGeneration(plan.check) : plan.check,
    ownedConditions
  })
  yield* failWith(errors)
  return fromMillis(plan.requeueAfterMillis)
})

const checksOfCluster = (cluster: ObjectKey, cache: CacheReader): ReadonlyArray<MachineHealthCheck> =>
  cache
    .filter(MachineHealthCheck, { namespace: cluster.namespace })
    .filter((check) => check.spec.clusterName === cluster.name)

const checksOfMachine = (machine: KubernetesObject, cache: CacheReader): ReadonlyArray<Request> => {
  const name = machine.metadata.labels?.[Labels.ClusterName]
  if (name === undefined) return []
  return checksOfCluster({ namespace: machine.metadata.namespace ?? "", name }, cache)
    .filter((check) => matches(check.spec.selector, machine.metadata.labels))
    .map(keyOf)
}

/** The checks of a Node's Machine. */
const checksOfNode =
  (cluster: ObjectKey) =>
  (node: KubernetesObject, cache: CacheReader): ReadonlyArray<Request> => {
    const name = node.metadata.annotations?.[NodeAnnotations.Machine]
    const machine = name === undefined ? undefined : cache.find(Machine, { namespace: cluster.namespace, name })
    return machine === undefined ? [] : checksOfMachine(machine, cache)
  }

export const makeHealthCheckController = (): Controller<CoreServices> =>
  makeController({
    name: healthCheckController,
    kind: MachineHealthCheck,
    concurrency: 50,
    intervalMillis: 15_000,
    when: changes(metadata, spec, condition(MachineHealthCheckCondition.Paused)),
    watches: [
      { kind: Machine, map: checksOfMachine, when: changes(labels, annotations, deletion, nodeRef, conditions) },
      {
        kind: Cluster,
        map: (cluster, cache) => checksOfCluster(keyOf(cluster), cache).map(keyOf),
        when: ({ after, before }) =>
          before !== undefined &&
          after !== undefined &&
          changes(
            annotations,
            at("spec", "paused"),
            condition("ControlPlaneInitialized"),
            condition("InfrastructureReady")
          )({ before, after })
      }
    ],
    clusterCacheEvents: (cluster, cache) => checksOfCluster(cluster, cache).map(keyOf),
    reconcile: reconcileHealthCheck
  })
