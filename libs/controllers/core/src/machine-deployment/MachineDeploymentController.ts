/**
 * MachineDeployment: replaces Machines step by step when their template changes.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinedeployment
 */
import {
  Cluster,
  Finalizers,
  keyOf,
  type KubernetesObject,
  Labels,
  MachineDeployment,
  MachineDeploymentCondition,
  MachineSet,
  matches
} from "@capstan/api"
import { type CacheReader, type Controller, fromMillis, makeController, type Request } from "@capstan/runtime"
import { Effect } from "effect"
import { withObservedGeneration } from "../frame/Conditions.ts"
import type { CoreServices } from "../frame/CoreServices.ts"
import { closeObject, openObject } from "../frame/OpenObject.ts"
import { attemptAll, failWith } from "../frame/ReconcileFailed.ts"
import { annotations, at, changes, condition, metadata, ownersOfKind, spec, status } from "../frame/Watching.ts"
import { machineDeploymentController, performMachineDeploymentAction } from "./MachineDeploymentActions.ts"
import { ownedMachineDeploymentConditions, reportMachineDeployment } from "./MachineDeploymentConditions.ts"
import { readMachineDeploymentFacts } from "./MachineDeploymentFacts.ts"
import { planMachineDeployment } from "./MachineDeploymentPlan.ts"

export const reconcileMachineDeployment = Effect.fnUntraced(function* (request: Request) {
  const opened = yield* openObject({
    kind: MachineDeployment,
    request,
    finalizer: Finalizers.MachineDeployment,
    clusterNameOf: (deployment) => deployment.spec.clusterName
  })
  if (opened._tag === "Closed") return opened.result

  const facts = yield* readMachineDeploymentFacts(opened.object, opened.cluster, opened.now)
  const plan = planMachineDeployment(facts)
  const failures = yield* attemptAll(
    plan.actions.map((action) => performMachineDeploymentAction(facts, plan.deployment, action))
  )

  const errors = [...plan.errors, ...failures]
  const reported = reportMachineDeployment(facts, plan)
  yield* closeObject({
    controller: machineDeploymentController,
    kind: MachineDeployment,
    before: facts.deployment,
    after: errors.length === 0 ? withObservedGeneration(reported) : reported,
    ownedConditions: ownedMachineDeploymentConditions
  })
  yield* failWith(errors)
  return fromMillis(plan.requeueAfterMillis)
})

/** The deployment that controls the set; for a set without a controller, every deployment that would adopt it. */
const deploymentsOfSet = (set: KubernetesObject, cache: CacheReader): ReadonlyArray<Request> => {
  const owned = ownersOfKind("MachineDeployment")(set)
  if (owned.length > 0 || set.metadata.ownerReferences?.some((owner) => owner.controller === true) === true)
    return owned
  return cache
    .filter(MachineDeployment, { namespace: set.metadata.namespace ?? "" })
    .filter((deployment) => matches(deployment.spec.selector, set.metadata.labels))
    .map(keyOf)
}

const deploymentsOfCluster = (cluster: KubernetesObject, cache: CacheReader): ReadonlyArray<Request> =>
  cache
    .filter(MachineDeployment, {
      namespace: cluster.metadata.namespace ?? "",
      labels: { [Labels.ClusterName]: cluster.metadata.name }
    })
    .map(keyOf)

export const makeMachineDeploymentController = (): Controller<CoreServices> =>
  makeController({
    name: machineDeploymentController,
    kind: MachineDeployment,
    concurrency: 50,
    when: changes(metadata, spec, at("status", "observedGeneration"), condition(MachineDeploymentCondition.Paused)),
    watches: [
      { kind: MachineSet, map: deploymentsOfSet, when: changes(metadata, spec, status) },
      {
        kind: Cluster,
        map: deploymentsOfCluster,
        when: ({ after, before }) =>
          before !== undefined && after !== undefined && changes(annotations, at("spec", "paused"))({ before, after })
      }
    ],
    reconcile: reconcileMachineDeployment
  })
