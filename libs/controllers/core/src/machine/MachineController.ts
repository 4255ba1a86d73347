/**
 * Machine: joins a bootstrap config, an infrastructure machine and a Node, and takes them apart again in order.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machine
 */
import {
  type AnyKind,
  Cluster,
  Finalizers,
  isDeleting,
  keyOf,
  type KubernetesObject,
  Labels,
  Machine,
  MachineCondition,
  MachineDeployment,
  MachineSet,
  NodeAnnotations,
  type ObjectKey
} from "@capstan/api"
import { type CacheReader, type Controller, deferred, fromMillis, makeController, type Request } from "@capstan/runtime"
import { Effect } from "effect"
import { textAt } from "../contract/ValueAt.ts"
import { withObservedGeneration } from "../frame/Conditions.ts"
import type { CoreServices } from "../frame/CoreServices.ts"
import { closeObject, openObject } from "../frame/OpenObject.ts"
import { attemptAll, failWith } from "../frame/ReconcileFailed.ts"
import {
  annotations,
  at,
  changes,
  condition,
  conditionsOfOthers,
  deletion,
  metadata,
  ownersOfKind,
  spec
} from "../frame/Watching.ts"
import { performMachineAction, watchNodes } from "./MachineActions.ts"
import { ownedMachineConditions, reportMachine } from "./MachineConditions.ts"
import { deleteMachine } from "./MachineDeletionLoop.ts"
import { readMachineFacts } from "./MachineFacts.ts"
import { planMachine } from "./MachinePlan.ts"

const controller = "machine"

/** How long drains and volumes are left alone before anything looks at them again. */
const deletionDeferMillis = 20_000

export const reconcileMachine = Effect.fnUntraced(function* (request: Request) {
  const opened = yield* openObject({
    kind: Machine,
    request,
    finalizer: Finalizers.Machine,
    clusterNameOf: (machine) => machine.spec.clusterName
  })
  if (opened._tag === "Closed") return opened.result
  const { cluster, now, object } = opened
  if (cluster.status?.initialization?.controlPlaneInitialized === true)
    yield* watchNodes(keyOf(cluster), machinesOfNode(keyOf(cluster)))

  const facts = yield* readMachineFacts(object, cluster, now)
  const plan = planMachine(facts)
  const failures = yield* attemptAll(plan.actions.map((action) => performMachineAction(keyOf(cluster), object, action)))

  let before = object
  const persist = (after: Machine) =>
    Effect.tap(
      closeObject({ controller, kind: Machine, before, after, ownedConditions: ownedMachineConditions }),
      (written) => Effect.sync(() => (before = written))
    )
  const removal = isDeleting(object) ? yield* deleteMachine({ facts, machine: plan.machine, persist }) : undefined

  const errors = [...plan.errors, ...failures, ...(removal?.errors ?? [])]
  const reported = reportMachine(facts, removal?.machine ?? plan.machine, removal?.state)
  yield* persist(errors.length === 0 ? withObservedGeneration(reported.machine) : reported.machine)
  yield* failWith(errors)

  const requeues = [plan.requeueAfterMillis, removal?.requeueAfterMillis, reported.requeueAfterMillis].filter(
    (millis) => millis !== undefined
  )
  const result = fromMillis(requeues.length === 0 ? undefined : Math.min(...requeues))
  const deferMillis = removal?.requeueAfterMillis === undefined ? plan.deferMillis : deletionDeferMillis
  return deferMillis === undefined ? result : deferred(result, deferMillis)
})

/** A Node's Machine: by the annotations that the Machine wrote on it, else by provider id. */
export const machinesOfNode =
  (cluster: ObjectKey) =>
  (node: KubernetesObject, cache: CacheReader): ReadonlyArray<Request> => {
    const name = node.metadata.annotations?.[NodeAnnotations.Machine]
    if (name !== undefined && node.metadata.annotations?.[NodeAnnotations.ClusterNamespace] === cluster.namespace) {
      return [{ namespace: cluster.namespace, name }]
    }
    const providerId = textAt(node, ["spec", "providerID"])
    if (providerId === undefined) return []
    const found = machinesOfCluster(cluster, cache).filter((machine) => machine.spec.providerID === providerId)
    return found.length === 1 ? found.map(keyOf) : []
  }

const machinesOfCluster = (cluster: ObjectKey, cache: CacheReader): ReadonlyArray<Machine> =>
  cache.filter(Machine, { namespace: cluster.namespace, labels: { [Labels.ClusterName]: cluster.name } })

const ownedMachines = (owner: KubernetesObject, cache: CacheReader): ReadonlyArray<Request> =>
  cache.filter(Machine, { namespace: owner.metadata.namespace ?? "", ownedBy: owner.metadata.uid }).map(keyOf)

const deployedMachines = (deployment: KubernetesObject, cache: CacheReader): ReadonlyArray<Request> =>
  cache
    .filter(Machine, {
      namespace: deployment.metadata.namespace ?? "",
      labels: { [Labels.DeploymentName]: deployment.metadata.name }
    })
    .map(keyOf)

/** The Machine that owns a provider's object; while nobody does, the one of the same name. */
const machineOfProviderObject = (object: KubernetesObject): ReadonlyArray<Request> => {
  const owners = ownersOfKind("Machine")(object)
  return owners.length > 0 ? owners : [keyOf(object)]
}

/** What a Machine reads of its bootstrap config and infrastructure. */
const providerParts = changes(
  metadata,
  at("spec", "providerID"),
  at("spec", "failureDomain"),
  at("status", "ready"),
  at("status", "initialization"),
  at("status", "dataSecretName"),
  at("status", "addresses"),
  at("status", "failureDomain"),
  at("status", "interruptible"),
  at("status", "v1beta2"),
  condition("Ready")
)

/** @param providerKinds infrastructure machines and bootstrap configs: their changes wake the Machine that owns them. */
export const makeMachineController = (providerKinds: ReadonlyArray<AnyKind>): Controller<CoreServices> =>
  makeController({
    name: controller,
    kind: Machine,
    concurrency: 100,
    when: changes(metadata, spec, conditionsOfOthers(ownedMachineConditions), condition(MachineCondition.Paused)),
    watches: [
      {
        kind: Cluster,
        map: (cluster, cache) => machinesOfCluster(keyOf(cluster), cache).map(keyOf),
        when: ({ after, before }) =>
          before !== undefined &&
          after !== undefined &&
          changes(
            deletion,
            annotations,
            at("spec", "paused"),
            at("status", "initialization"),
            condition("ControlPlaneInitialized")
          )({
            before,
            after
          })
      },
      { kind: MachineSet, map: ownedMachines, when: changes(annotations, at("spec", "template", "spec")) },
      {
        kind: MachineDeployment,
        map: deployedMachines,
        when: changes(annotations, at("spec", "template", "spec"), at("spec", "rollout", "after"))
      },
      ...providerKinds.map((kind) => ({ kind, map: machineOfProviderObject, when: providerParts }))
    ],
    clusterCacheEvents: (cluster, cache) => machinesOfCluster(cluster, cache).map(keyOf),
    probeGraceMillis: 300_000,
    reconcile: reconcileMachine
  })
