/**
 * MachineSet: keeps a number of equal Machines.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machineset
 */
import {
  Cluster,
  Finalizers,
  keyOf,
  type KubernetesObject,
  Labels,
  Machine,
  MachineDeployment,
  MachineSet,
  MachineSetCondition,
  matches
} from "@capstan/api"
import { type CacheReader, type Controller, fromMillis, makeController, type Request } from "@capstan/runtime"
import { Effect } from "effect"
import { withObservedGeneration } from "../frame/Conditions.ts"
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
  owners,
  ownersOfKind,
  spec
} from "../frame/Watching.ts"
import { machineSetController, performMachineSetAction } from "./MachineSetActions.ts"
import { machineSetRequeue, ownedMachineSetConditions, reportMachineSet } from "./MachineSetConditions.ts"
import { readMachineSetFacts } from "./MachineSetFacts.ts"
import { planMachineSet } from "./MachineSetPlan.ts"

export const reconcileMachineSet = Effect.fnUntraced(function* (request: Request) {
  const opened = yield* openObject({
    kind: MachineSet,
    request,
    finalizer: Finalizers.MachineSet,
    clusterNameOf: (machineSet) => machineSet.spec.clusterName
  })
  if (opened._tag === "Closed") return opened.result

  const facts = yield* readMachineSetFacts(opened.object, opened.cluster, opened.now)
  const plan = planMachineSet(facts)
  const failures = yield* attemptAll(
    plan.actions.map((action) => performMachineSetAction(facts, plan.machineSet, action))
  )

  const errors = [...plan.errors, ...failures]
  const reported = reportMachineSet(facts, plan)
  yield* closeObject({
    controller: machineSetController,
    kind: MachineSet,
    before: facts.machineSet,
    after: errors.length === 0 ? withObservedGeneration(reported) : reported,
    ownedConditions: ownedMachineSetConditions
  })
  yield* failWith(errors)
  const requeues = [plan.requeueAfterMillis, machineSetRequeue(reported, facts.machines, facts.now)].filter(
    (millis) => millis !== undefined
  )
  return fromMillis(requeues.length === 0 ? undefined : Math.min(...requeues))
})

/** The set that controls the Machine; for a Machine without a controller, every set that would adopt it. */
const setsOfMachine = (machine: KubernetesObject, cache: CacheReader): ReadonlyArray<Request> => {
  const owned = ownersOfKind("MachineSet")(machine)
  if (owned.length > 0 || machine.metadata.ownerReferences?.some((owner) => owner.controller === true) === true)
    return owned
  const namespace = machine.metadata.namespace ?? ""
  return cache
    .filter(MachineSet, { namespace })
    .filter((set) => matches(set.spec.selector, machine.metadata.labels))
    .map(keyOf)
}

const setsOfDeployment = (deployment: KubernetesObject, cache: CacheReader): ReadonlyArray<Request> =>
  cache
    .filter(MachineSet, { namespace: deployment.metadata.namespace ?? "", ownedBy: deployment.metadata.uid })
    .map(keyOf)

const setsOfCluster = (cluster: KubernetesObject, cache: CacheReader): ReadonlyArray<Request> =>
  cache
    .filter(MachineSet, {
      namespace: cluster.metadata.namespace ?? "",
      labels: { [Labels.ClusterName]: cluster.metadata.name }
    })
    .map(keyOf)

export const makeMachineSetController = (): Controller<CoreServices> =>
  makeController({
    name: machineSetController,
    kind: MachineSet,
    concurrency: 50,
    when: changes(metadata, spec, condition(MachineSetCondition.Paused)),
    watches: [
      {
        kind: Machine,
        map: setsOfMachine,
        when: changes(
          labels,
          annotations,
          owners,
          deletion,
          spec,
          nodeRef,
          at("status", "nodeInfo", "kubeletVersion"),
          conditions
        )
      },
      {
        kind: MachineDeployment,
        map: setsOfDeployment,
        when: changes(at("spec", "template", "spec"), at("spec", "remediation"), at("spec", "replicas"))
      },
      {
        kind: Cluster,
        map: setsOfCluster,
        when: ({ after, before }) =>
          before !== undefined && after !== undefined && changes(annotations, at("spec", "paused"))({ before, after })
      }
    ],
    reconcile: reconcileMachineSet
  })
