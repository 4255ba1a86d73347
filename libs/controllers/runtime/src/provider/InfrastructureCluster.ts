/**
 * The controller of an infrastructure cluster: everything that the contract asks of every provider, around the
 * provider's own `observe`, `ensure` and `remove`.
 *
 * It waits for the Cluster that owns the object, leaves externally managed and paused ones alone, and does not
 * remove the network under machines that are still there.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/infra-cluster
 */
import { Cluster, isDeleting, keyOf, Labels } from "@capstan/api"
import type { KubernetesApi } from "@capstan/kubernetes"
import type { AnyInfrastructureProvider, ClusterOutcome, ClusterScope } from "@capstan/provider"
import { Effect, Option } from "effect"
import { Cache, type CacheReader } from "../Cache.ts"
import type { Controller, Request } from "../Controller.ts"
import { hasFinalizer, withFinalizer, withoutFinalizer } from "../Metadata.ts"
import { openWorkingCopy } from "../OpenWorkingCopy.ts"
import { done, fromMillis, type Result } from "../Result.ts"
import {
  clusterMatters,
  isDeletion,
  isExternallyManaged,
  labelledCluster,
  owningCluster,
  requestOfReference
} from "./Ownership.ts"
import { withEndpoint, withFailureDomains, withProvisioned } from "./ProviderObject.ts"
import { afterWaiting, type PassError, runPass, stateNotReady, stateReady } from "./ProviderPass.ts"

const concurrencyDefault = 10

export const infrastructureClusterController = (
  provider: AnyInfrastructureProvider
): Controller<KubernetesApi | Cache> => {
  const { contract } = provider
  const finalizer = provider.finalizers.cluster
  const kind = provider.kinds.cluster
  const requestOfCluster = (cluster: Cluster | undefined): ReadonlyArray<Request> =>
    cluster === undefined ? [] : requestOfReference(cluster, cluster.spec.infrastructureRef, kind)

  const remove = Effect.fnUntraced(function* (scope: ClusterScope<unknown>) {
    const copy = scope.infrastructure
    if (!hasFinalizer(copy.get(), finalizer)) return done
    const cache = yield* Cache
    const { name, namespace } = keyOf(scope.cluster)
    const machines = yield* cache.list(provider.kinds.machine, { namespace, labels: { [Labels.ClusterName]: name } })
    if (machines.length > 0) {
      yield* stateNotReady(copy, contract, {
        reason: "Deleting",
        message: `Waiting for ${machines.length} machines to be deleted`
      })
      return done
    }
    const facts = yield* provider.cluster.observe(scope)
    const removal = yield* provider.cluster.remove(scope, facts)
    if (removal._tag === "Removed") {
      copy.change((object) => withoutFinalizer(object, finalizer))
      return done
    }
    yield* stateNotReady(copy, contract, removal)
    return fromMillis(removal.requeueAfterMillis)
  })

  const report = Effect.fnUntraced(function* (scope: ClusterScope<unknown>, outcome: ClusterOutcome) {
    const copy = scope.infrastructure
    if (outcome._tag === "Waiting") {
      yield* stateNotReady(copy, contract, outcome)
      return afterWaiting(outcome)
    }
    copy.change((object) => withEndpoint(object, outcome.endpoint))
    copy.change((object) => withFailureDomains(object, contract, outcome.failureDomains))
    copy.change((object) => withProvisioned(object, contract, true))
    yield* stateReady(copy, contract)
    return fromMillis(outcome.requeueAfterMillis)
  })

  const ensure = Effect.fnUntraced(function* (scope: ClusterScope<unknown>) {
    scope.infrastructure.change((object) => withFinalizer(object, finalizer))
    yield* scope.infrastructure.persist
    const facts = yield* provider.cluster.observe(scope)
    return yield* report(scope, yield* provider.cluster.ensure(scope, facts))
  })

  const reconcile = Effect.fnUntraced(function* (
    request: Request
  ): Effect.fn.Return<Result, PassError, KubernetesApi | Cache> {
    const cache = yield* Cache
    const found = yield* cache.get(kind, request)
    if (Option.isNone(found) || isExternallyManaged(found.value)) return done
    const cluster = yield* owningCluster(found.value)
    if (Option.isNone(cluster)) return done
    const copy = yield* openWorkingCopy(kind, found.value, { ownedConditions: "all" })
    const scope = { cluster: cluster.value, infrastructure: copy }
    return yield* runPass(
      { copy, contract, cluster: cluster.value },
      isDeleting(found.value) ? remove(scope) : ensure(scope)
    )
  })

  return {
    name: provider.controllers.cluster,
    kind,
    concurrency: provider.concurrency?.cluster ?? concurrencyDefault,
    watches: [
      {
        kind: Cluster,
        map: (cluster, cache) => requestOfCluster(cache.find(Cluster, keyOf(cluster))),
        when: clusterMatters
      },
      {
        kind: provider.kinds.machine,
        map: (machine, cache: CacheReader) => requestOfCluster(labelledCluster(machine, cache)),
        when: isDeletion
      }
    ],
    reconcile
  }
}
