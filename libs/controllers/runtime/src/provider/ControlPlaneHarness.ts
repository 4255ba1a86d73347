/**
 * The controller of a control-plane object: everything that the contract asks of every provider, around the
 * provider's own `ensure`, `remove` and `report`.
 *
 * `report` runs after every pass, failed ones too; `status.observedGeneration` moves only when the pass succeeded.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/control-plane
 */
import { Cluster, controllerOf, groupOf, isDeleting, type KubernetesObject, Machine } from "@capstan/api"
import type { KubernetesApi } from "@capstan/kubernetes"
import type { AnyControlPlaneProvider, ControlPlaneScope } from "@capstan/provider"
import { Effect, Option, Result as EffectResult } from "effect"
import { Cache, type CacheReader } from "../Cache.ts"
import type { Controller, Request } from "../Controller.ts"
import { hasFinalizer, withFinalizer, withoutFinalizer } from "../Metadata.ts"
import { openWorkingCopy } from "../OpenWorkingCopy.ts"
import { deferred, done, fromMillis, type Result } from "../Result.ts"
import { clusterMatters, owningCluster, requestOfReference } from "./Ownership.ts"
import { bodyOf, withStatus } from "./ProviderObject.ts"
import { type PassError, runPass } from "./ProviderPass.ts"

const concurrencyDefault = 10
/** Upstream's `--remote-conditions-grace-period`. */
const probeGraceMillis = 300_000

export const controlPlaneController = (provider: AnyControlPlaneProvider): Controller<KubernetesApi | Cache> => {
  const { finalizer } = provider
  const kind = provider.kinds.controlPlane

  const work = Effect.fnUntraced(function* (scope: ControlPlaneScope<unknown>): Effect.fn.Return<Result, PassError> {
    const copy = scope.controlPlane
    if (isDeleting(copy.get())) {
      if (!hasFinalizer(copy.get(), finalizer)) return done
      const removal = yield* provider.remove(scope)
      if (removal._tag === "Removing") return fromMillis(removal.requeueAfterMillis)
      copy.change((object) => withoutFinalizer(object, finalizer))
      return done
    }
    copy.change((object) => withFinalizer(object, finalizer))
    yield* copy.persist
    const { deferMillis, requeueAfterMillis } = yield* provider.ensure(scope)
    const result = fromMillis(requeueAfterMillis)
    return deferMillis === undefined ? result : deferred(result, deferMillis)
  })

  const pass = Effect.fnUntraced(function* (scope: ControlPlaneScope<unknown>): Effect.fn.Return<Result, PassError> {
    const copy = scope.controlPlane
    const worked = yield* Effect.result(work(scope))
    const reported = yield* Effect.result(provider.report(scope))
    if (EffectResult.isFailure(worked)) return yield* worked.failure
    if (EffectResult.isFailure(reported)) return yield* reported.failure
    const { generation } = copy.get().metadata
    if (generation !== undefined) {
      copy.change((object) =>
        bodyOf(object).status?.observedGeneration === generation
          ? object
          : withStatus(object, { observedGeneration: generation })
      )
    }
    return worked.success
  })

  const reconcile = Effect.fnUntraced(function* (
    request: Request
  ): Effect.fn.Return<Result, PassError, KubernetesApi | Cache> {
    const cache = yield* Cache
    const found = yield* cache.get(kind, request)
    if (Option.isNone(found)) return done
    const cluster = yield* owningCluster(found.value)
    if (Option.isNone(cluster)) return done
    const copy = yield* openWorkingCopy(kind, found.value, { ownedConditions: "all" })
    return yield* runPass(
      { copy, contract: "v1beta2", cluster: cluster.value, readyFromErrors: false },
      pass({ cluster: cluster.value, controlPlane: copy })
    )
  })

  const requestOfCluster = (cluster: Cluster | undefined): ReadonlyArray<Request> =>
    cluster === undefined ? [] : requestOfReference(cluster, cluster.spec.controlPlaneRef, kind)
  const requestOfOwner = (machine: KubernetesObject): ReadonlyArray<Request> => {
    const owner = controllerOf(machine)
    return owner !== undefined && owner.kind === kind.kind && groupOf(owner.apiVersion) === kind.group
      ? [{ namespace: machine.metadata.namespace ?? "", name: owner.name }]
      : []
  }
  const find = (object: KubernetesObject, cache: CacheReader): Cluster | undefined =>
    cache.find(Cluster, { namespace: object.metadata.namespace ?? "", name: object.metadata.name })

  return {
    name: provider.controller,
    kind,
    concurrency: provider.concurrency ?? concurrencyDefault,
    watches: [
      { kind: Cluster, map: (cluster, cache) => requestOfCluster(find(cluster, cache)), when: clusterMatters },
      { kind: Machine, map: requestOfOwner }
    ],
    clusterCacheEvents: (cluster, cache) => requestOfCluster(cache.find(Cluster, cluster)),
    probeGraceMillis,
    reconcile
  }
}
