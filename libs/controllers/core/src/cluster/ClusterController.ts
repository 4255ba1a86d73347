/**
 * Cluster: adopts its infrastructure and control plane, reports on everything below it, and takes it down in order.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/cluster
 */
import {
  type AnyKind,
  Cluster,
  ClusterCondition,
  Finalizers,
  type KubernetesObject,
  Machine,
  MachineDeployment,
  MachineSet
} from "@capstan/api"
import { type Controller, fromMillis, makeController, type Request, withConditions } from "@capstan/runtime"
import { Effect } from "effect"
import { withObservedGeneration } from "../frame/Conditions.ts"
import type { CoreServices } from "../frame/CoreServices.ts"
import { closeObject, openObject } from "../frame/OpenObject.ts"
import { attemptAll, failWith } from "../frame/ReconcileFailed.ts"
import {
  changes,
  clusterOf,
  condition,
  conditions,
  deletion,
  labels,
  metadata,
  nodeRef,
  owners,
  ownersOfKind,
  spec,
  status
} from "../frame/Watching.ts"
import { performClusterAction } from "./ClusterActions.ts"
import { clusterConditions, ownedClusterConditions } from "./ClusterConditions.ts"
import { readClusterFacts } from "./ClusterFacts.ts"
import { planCluster } from "./ClusterPlan.ts"

export const reconcileCluster = Effect.fnUntraced(function* (request: Request) {
  const opened = yield* openObject({ kind: Cluster, request, finalizer: Finalizers.Cluster, clusterNameOf: "itself" })
  if (opened._tag === "Closed") return opened.result

  const facts = yield* readClusterFacts(opened.object, opened.now)
  const plan = planCluster(facts)
  const failures = yield* attemptAll(plan.actions.map((action) => performClusterAction(facts.cluster, action)))

  const errors = [...plan.errors, ...failures]
  const reported = withConditions(plan.cluster, clusterConditions(facts, plan), facts.now)
  yield* closeObject({
    controller: "cluster",
    kind: Cluster,
    before: facts.cluster,
    after: errors.length === 0 ? withObservedGeneration(reported) : reported,
    ownedConditions: ownedClusterConditions
  })
  yield* failWith(errors)
  return fromMillis(plan.requeueAfterMillis)
})

/** A provider's object wakes the Cluster that owns it or, before it has an owner, the one that its label or name suggests. */
const clusterOwners = (object: KubernetesObject): ReadonlyArray<Request> => {
  const owners = ownersOfKind("Cluster")(object)
  if (owners.length > 0) return owners
  return [...clusterOf(object), { namespace: object.metadata.namespace ?? "", name: object.metadata.name }]
}

/** @param providerKinds infrastructure clusters and control planes: their changes wake the Cluster that owns them. */
export const makeClusterController = (providerKinds: ReadonlyArray<AnyKind>): Controller<CoreServices> =>
  makeController({
    name: "cluster",
    kind: Cluster,
    concurrency: 50,
    when: changes(metadata, spec, condition(ClusterCondition.Paused)),
    watches: [
      { kind: MachineDeployment, map: clusterOf, when: changes(labels, deletion, spec, status) },
      { kind: MachineSet, map: clusterOf, when: changes(labels, owners, deletion, status) },
      { kind: Machine, map: clusterOf, when: changes(labels, deletion, nodeRef, conditions) },
      ...providerKinds.map((kind) => ({ kind, map: clusterOwners, when: changes(metadata, spec, status) }))
    ],
    clusterCacheEvents: (cluster) => [cluster],
    probeGraceMillis: 50_000,
    reconcile: reconcileCluster
  })
