/**
 * Writes the difference between an object as read and an object as wanted: metadata and spec by one merge
 * patch, status by another, nothing where nothing differs.
 *
 * Conditions are one list that several controllers write. So a patch of them carries the version that it is based on; after a
 * conflict our changes are put onto what is there now. A type that we did not touch keeps what the other wrote; one
 * that both changed is ours if we own it, and otherwise a `Conflict`.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api util/patch
 */
import { keyOf, type Kind, type KubernetesObject, type ObjectOf, sameJson } from "@capstan/api"
import { type ApiError, apiError, KubernetesApi, type KubernetesClient } from "@capstan/kubernetes"
import { Effect, Random } from "effect"
import { mergePatchOf } from "./MergePatch.ts"

export interface PatchOptions {
  /** Fails with `Conflict` when the object has changed since it was read. */
  readonly optimisticLock?: boolean
  /** Condition types of which this controller is the only author. `"all"` when it is the author of all of them. */
  readonly ownedConditions?: ReadonlyArray<string> | "all"
}

interface AnyCondition {
  readonly type: string
}

interface Status {
  readonly conditions?: ReadonlyArray<AnyCondition>
  readonly [field: string]: unknown
}

/** An object with the fields that every kind may have; anything else stays unknown. */
interface Fields extends KubernetesObject {
  readonly status?: Status
  readonly [field: string]: unknown
}

const conflictAttempts = 5
const conflictMillis = 100
const metadataFields = ["labels", "annotations", "finalizers", "ownerReferences"] as const

/** The part of the difference that is not status: absent when there is none. */
const mainPatch = (
  before: Fields,
  after: Fields,
  withStatus: boolean
): { readonly [key: string]: unknown } | undefined => {
  let patch: { [key: string]: unknown } | undefined
  if (before.metadata !== after.metadata) {
    let metadata: { [key: string]: unknown } | undefined
    for (const field of metadataFields) {
      const wanted = after.metadata[field]
      const change =
        wanted === undefined
          ? before.metadata[field] === undefined
            ? undefined
            : null
          : mergePatchOf(before.metadata[field], wanted)
      if (change !== undefined) (metadata ??= {})[field] = change
    }
    if (metadata !== undefined) patch = { metadata }
  }
  const isBody = (key: string): boolean =>
    key !== "apiVersion" && key !== "kind" && key !== "metadata" && (key !== "status" || !withStatus)
  for (const key in after) {
    if (!isBody(key) || before[key] === after[key]) continue
    const change =
      after[key] === undefined ? (before[key] === undefined ? undefined : null) : mergePatchOf(before[key], after[key])
    if (change !== undefined) (patch ??= {})[key] = change
  }
  for (const key in before) {
    if (isBody(key) && before[key] !== undefined && !(key in after)) (patch ??= {})[key] = null
  }
  return patch
}

/** Our changes of the conditions put onto what is there now; `undefined` when someone else changed what we changed and do not own. */
export const mergeConditions = <C extends AnyCondition>(
  before: ReadonlyArray<C>,
  after: ReadonlyArray<C>,
  latest: ReadonlyArray<C>,
  owned: ReadonlyArray<string> | "all"
): ReadonlyArray<C> | undefined => {
  if (latest === before) return after
  const find = (list: ReadonlyArray<C>, type: string): C | undefined =>
    list.find((condition) => condition.type === type)
  let merged = latest
  const types = new Set([...after, ...before].map(({ type }) => type))
  for (const type of types) {
    const was = find(before, type)
    const wanted = find(after, type)
    if (sameJson(was, wanted)) continue
    const is = find(merged, type)
    if (sameJson(is, wanted)) continue
    if (!sameJson(is, was) && owned !== "all" && !owned.includes(type)) return undefined
    if (wanted === undefined) merged = merged.filter((condition) => condition.type !== type)
    else
      merged =
        is === undefined ? [...merged, wanted] : merged.map((condition) => (condition === is ? wanted : condition))
  }
  return merged
}

const withoutConditions = (status: Status | undefined): Status => {
  if (status?.conditions === undefined) return status ?? {}
  const { conditions: _, ...rest } = status
  return rest
}

const patchStatus = Effect.fnUntraced(function* <Body>(
  client: KubernetesClient,
  kind: Kind<Body>,
  objects: { readonly before: Fields; readonly after: Fields; readonly latest: ObjectOf<Body> },
  options: PatchOptions
) {
  const { after, before } = objects
  const key = keyOf(before)
  const rest = mergePatchOf(withoutConditions(before.status), withoutConditions(after.status))
  const conditionsBefore = before.status?.conditions ?? []
  const conditionsAfter = after.status?.conditions ?? []
  if (sameJson(conditionsBefore, conditionsAfter)) {
    if (rest === undefined) return objects.latest
    const lock = options.optimisticLock === true ? { metadata: versionOf(objects.latest) } : {}
    return yield* client.patch(kind, key, { type: "merge", body: { ...lock, status: rest } }, { subresource: "status" })
  }
  let latest = objects.latest
  for (let attempt = 1; ; attempt++) {
    const current = (latest as Fields).status?.conditions ?? []
    const conditions = mergeConditions(conditionsBefore, conditionsAfter, current, options.ownedConditions ?? [])
    if (conditions === undefined) {
      return yield* apiError("Conflict", "a condition was changed by someone else", {
        kind: kind.kind,
        group: kind.group,
        name: key.name
      })
    }
    const status = sameJson(current, conditions) ? rest : { ...(rest as Status | undefined), conditions }
    if (status === undefined) return latest
    const body = { metadata: versionOf(latest), status }
    const patch = client.patch(kind, key, { type: "merge", body }, { subresource: "status" })
    const written: ObjectOf<Body> | ApiError = yield* Effect.matchEffect(patch, {
      onSuccess: Effect.succeed<ObjectOf<Body> | ApiError>,
      onFailure: (error) =>
        error.reason === "Conflict" && options.optimisticLock !== true && attempt < conflictAttempts
          ? Effect.succeed<ObjectOf<Body> | ApiError>(error)
          : Effect.fail(error)
    })
    if (!(written instanceof Error)) return written
    // The first conflict is most often our own stale read; only later ones are a race that is worth a pause.
    if (attempt > 1) yield* Effect.sleep(Math.round(conflictMillis * (1 + (yield* Random.next))))
    latest = yield* client.get(kind, key)
    if (latest.metadata.uid !== before.metadata.uid) return yield* written
  }
})

const versionOf = (object: KubernetesObject): { readonly resourceVersion: string } => ({
  resourceVersion: object.metadata.resourceVersion
})

/** `patchObject` for a client at hand, such as a workload cluster's. */
export const patchWith = Effect.fnUntraced(function* <Body>(
  client: KubernetesClient,
  kind: Kind<Body>,
  before: ObjectOf<Body>,
  after: ObjectOf<Body>,
  options: PatchOptions = {}
) {
  if (before === after) return after
  // Every object has these fields; the body's type stays with `kind`.
  const from = before as Fields
  const to = after as Fields
  const withStatus = kind.subresources.status
  const main = mainPatch(from, to, withStatus)
  let latest = before
  if (main !== undefined) {
    const body =
      options.optimisticLock === true
        ? { ...main, metadata: { ...(main["metadata"] as object | undefined), ...versionOf(before) } }
        : main
    latest = yield* client.patch(kind, keyOf(before), { type: "merge", body })
  }
  if (!withStatus || from.status === to.status) return main === undefined ? after : latest
  const status = patchStatus(client, kind, { before: from, after: to, latest }, options)
  const finalizersRemoved = (from.metadata.finalizers?.length ?? 0) > (to.metadata.finalizers?.length ?? 0)
  if (main === undefined || !finalizersRemoved) return yield* status
  const last = latest
  return yield* Effect.catchIf(
    status,
    (error) => error.reason === "NotFound",
    () => Effect.succeed(last)
  )
})

/**
 * Makes the object on the server what `after` says, by what differs from `before`. Gives back the object as the server
 * answered, or as it is when nothing was written. The status of an object that went with its last finalizer is not missed.
 */
export const patchObject = <Body>(
  kind: Kind<Body>,
  before: ObjectOf<Body>,
  after: ObjectOf<Body>,
  options?: PatchOptions
): Effect.Effect<ObjectOf<Body>, ApiError, KubernetesApi> =>
  before === after
    ? Effect.succeed(after)
    : Effect.flatMap(KubernetesApi, (client) => patchWith(client, kind, before, after, options))
