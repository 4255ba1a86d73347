/**
 * What stands before and after every reconcile: find the object and its Cluster, add the finalizer, show and obey
 * pause; at the end write what differs.
 *
 * Adding the finalizer ends the pass, so that nothing is ever created for an object that does not have it yet.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api util/finalizers, util/paused
 */
import { Cluster, isDeleting, isPaused, keyOf, type Kind, type KubernetesObject, type ObjectOf } from "@capstan/api"
import type { ApiError, KubernetesApi } from "@capstan/kubernetes"
import {
  Cache,
  done,
  type Now,
  now,
  ownerOf,
  patchObject,
  type Reporting,
  type Request,
  type Result,
  withConditions,
  withFinalizer
} from "@capstan/runtime"
import { Effect, Option } from "effect"
import { conditionOf } from "./Conditions.ts"
import { ReconcileFailed } from "./ReconcileFailed.ts"

export type Opened<Body> =
  /** Nothing more to do in this pass. */
  | { readonly _tag: "Closed"; readonly result: Result }
  | { readonly _tag: "Open"; readonly object: ObjectOf<Body>; readonly cluster: Cluster; readonly now: Now }

export interface OpenOptions<Body> {
  readonly kind: Kind<Body>
  readonly request: Request
  readonly finalizer?: string
  /** The Cluster that an object belongs to; absent for Clusters themselves. */
  readonly clusterNameOf: ((object: ObjectOf<Body>) => string) | "itself"
}

const closed: { readonly _tag: "Closed"; readonly result: Result } = { _tag: "Closed", result: done }

/** Fails when the object's Cluster is missing. */
export const openObject = Effect.fnUntraced(function* <Body>(options: OpenOptions<Body>) {
  const cache = yield* Cache
  const found = yield* cache.get(options.kind, options.request)
  if (Option.isNone(found)) return closed
  const object = found.value
  const cluster = yield* findCluster(options, object)

  const time = yield* now
  const prepared = prepare(object, cluster, options.finalizer, time)
  if (prepared !== object) {
    yield* patchObject(options.kind, object, prepared, { ownedConditions: ["Paused"] })
    return closed
  }
  if (isPaused(cluster, object)) return closed
  return { _tag: "Open", object, cluster, now: time } as const
}) as <Body>(
  options: OpenOptions<Body>
) => Effect.Effect<Opened<Body>, ReconcileFailed | ApiError, Cache | KubernetesApi>

const findCluster = <Body>(
  options: OpenOptions<Body>,
  object: ObjectOf<Body>
): Effect.Effect<Cluster, ReconcileFailed, Cache> =>
  Effect.gen(function* () {
    const cache = yield* Cache
    const name = options.clusterNameOf === "itself" ? object.metadata.name : options.clusterNameOf(object)
    const cluster = yield* cache.get(Cluster, { namespace: options.request.namespace, name })
    if (Option.isSome(cluster)) return cluster.value
    return yield* new ReconcileFailed({ message: `Cluster ${options.request.namespace}/${name} does not exist` })
  })

/** The object with its finalizer (never while it is being deleted) and its Paused condition; the same when it has both. */
export const prepare = <A extends KubernetesObject>(
  object: A,
  cluster: Pick<Cluster, "spec">,
  finalizer: string | undefined,
  time: Now
): A => {
  const paused = isPaused(cluster, object)
  const finalized = finalizer === undefined || isDeleting(object) ? object : withFinalizer(object, finalizer)
  const current = conditionOf(finalized as Reporting, "Paused")
  if (current?.status === (paused ? "True" : "False")) return finalized
  const message = !paused
    ? ""
    : cluster.spec.paused === true
      ? "Cluster spec.paused is set to true"
      : `${object.kind} has the cluster.x-k8s.io/paused annotation`
  const statement = {
    type: "Paused",
    status: paused ? "True" : "False",
    reason: paused ? "Paused" : "NotPaused",
    message
  } as const
  // Every kind that is opened here reports conditions in its status.
  return withConditions(finalized as A & Reporting, [statement], time)
}

/** Writes what differs, and lets no other pass begin before the cache has seen it. Gives back the object as it is then. */
export const closeObject = <Body>(options: {
  readonly controller: string
  readonly kind: Kind<Body>
  readonly before: ObjectOf<Body>
  readonly after: ObjectOf<Body>
  readonly ownedConditions: ReadonlyArray<string>
}): Effect.Effect<ObjectOf<Body>, ApiError, KubernetesApi | Cache> => {
  const { after, before, kind, ownedConditions } = options
  if (before === after) return Effect.succeed(after)
  return Effect.gen(function* () {
    const written = yield* patchObject(kind, before, after, { ownedConditions })
    const lastFinalizerWent =
      (before.metadata.finalizers?.length ?? 0) > 0 && (after.metadata.finalizers?.length ?? 0) === 0
    if (written !== after && !lastFinalizerWent) {
      const cache = yield* Cache
      cache.wrote(ownerOf(options.controller, keyOf(before)), kind, written)
    }
    return written
  })
}
