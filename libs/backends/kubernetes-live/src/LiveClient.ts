/**
 * The calls of the Kubernetes waist as HTTP requests: paths, bodies, content types, and what comes back.
 *
 * Kinds are asked for in their storage version; an object that is written in another served version goes to that version's path
 * and comes back converted. Left out: server-side apply and strategic merge patch, which the waist does not have.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import { type AnyKind, apiVersionOf, type Kind, type NewObject, type ObjectKey, type ObjectOf } from "@capstan/api"
import {
  ApiError,
  apiError,
  type DeleteOptions,
  type KubernetesClient,
  type ListOptions,
  type ObjectList,
  Pod,
  type WatchOptions
} from "@capstan/kubernetes"
import { Effect, Random, Result, Stream } from "effect"
import { freeze, isJsonObject } from "./FrozenJson.ts"
import { type NetworkFailure, networkFailureOf } from "./NetworkFailure.ts"
import { collectionPath, listQuery, objectPath, type Query, watchQuery, writeQuery } from "./ResourceUrl.ts"
import { type RestCalls, type RestRequest, withoutAnswer } from "./RestCalls.ts"
import { watchEvents } from "./WatchFrames.ts"

/** The server ends a watch after five to ten minutes, at a random time so that not all come back at once: as client-go asks for. */
const watchSecondsMin = 300
const watchSecondsMax = 600
/** A server that has not ended a watch so long after it should have is not there any more. */
const watchGraceMillis = 30_000

const patchTypes = { merge: "application/merge-patch+json", json: "application/json-patch+json" } as const

/** A client of the server that `calls` go to; `origin` names it in messages. */
export const makeLiveClient = (calls: RestCalls, origin: string): KubernetesClient => {
  /** A call under its name; the path may have been refused already. */
  const send = (
    kind: AnyKind,
    path: Result.Result<string, ApiError>,
    request: Omit<RestRequest, "path" | "kind">
  ): Effect.Effect<unknown, ApiError> =>
    Effect.fromResult(path).pipe(
      Effect.flatMap((there) => calls.call({ ...request, path: there, kind })),
      Effect.mapError(asApiError),
      Effect.withSpan(`KubernetesApi.${request.verb}`, {
        attributes: { "k8s.resource": resourceOf(kind), "k8s.path": Result.getOrElse(path, () => "") }
      })
    )

  const answered = <Body>(kind: Kind<Body>, answer: Effect.Effect<unknown, ApiError>) =>
    Effect.flatMap(answer, (object) => Effect.fromResult(objectIn(kind, object)))

  const get = <Body>(kind: Kind<Body>, key: ObjectKey): Effect.Effect<ObjectOf<Body>, ApiError> =>
    answered(kind, send(kind, objectPath(kind, key), { verb: "get", method: "GET" }))

  /** Replaces an object or a subresource of it. */
  const replace = <Body>(
    kind: Kind<Body>,
    object: ObjectOf<Body>,
    how: { readonly verb: string; readonly subresource?: string; readonly query: Query }
  ): Effect.Effect<ObjectOf<Body>, ApiError> => {
    const { name, namespace = "" } = object.metadata
    const written = writtenIn(kind, object.apiVersion)
    const path = objectPath(kind, { namespace, name }, { subresource: how.subresource, version: written.version })
    const body = { ...object, apiVersion: object.apiVersion ?? apiVersionOf(kind), kind: object.kind ?? kind.kind }
    return answered(kind, send(kind, path, { verb: how.verb, method: "PUT", query: how.query, body }))
  }

  return {
    get,
    list: <Body>(kind: Kind<Body>, options: ListOptions = {}) =>
      Effect.flatMap(
        send(kind, collectionPath(kind, options.namespace), {
          verb: "list",
          method: "GET",
          query: listQuery(options)
        }),
        (answer) => Effect.fromResult(listIn<Body>(kind, answer))
      ),
    watch: <Body>(kind: Kind<Body>, options: WatchOptions = {}) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const timeoutSeconds = yield* Random.nextIntBetween(watchSecondsMin, watchSecondsMax)
          const path = yield* Effect.fromResult(collectionPath(kind, options.namespace))
          const response = yield* calls
            .open({ verb: "watch", method: "GET", path, kind, query: watchQuery(options, timeoutSeconds) })
            .pipe(
              Effect.mapError(asApiError),
              Effect.withSpan("KubernetesApi.watch", { attributes: { "k8s.resource": resourceOf(kind) } })
            )
          const bytes = Stream.mapError(response.stream, (error) => withoutAnswer(networkFailureOf(origin, error)))
          const overdue = Effect.andThen(
            Effect.sleep(timeoutSeconds * 1000 + watchGraceMillis),
            Effect.fail(apiError("Unreachable", `the watch at ${origin} outlived its time: the connection is dead`))
          )
          return watchEvents<Body, never>(bytes, { origin, complete: (object) => completed(kind, object) }).pipe(
            Stream.interruptWhen(overdue)
          )
        })
      ),
    create: <Body>(kind: Kind<Body>, object: NewObject<Body>, options = {}) => {
      const given = object as { readonly apiVersion?: unknown; readonly kind?: unknown }
      const written = writtenIn(kind, given.apiVersion)
      const body = { ...object, apiVersion: given.apiVersion ?? apiVersionOf(kind), kind: given.kind ?? kind.kind }
      const path = collectionPath(kind, object.metadata.namespace, written.version)
      return answered(kind, send(kind, path, { verb: "create", method: "POST", query: writeQuery(options), body }))
    },
    update: (kind, object, options) => replace(kind, object, { verb: "update", query: writeQuery(options) }),
    updateStatus: (kind, object, options) =>
      replace(kind, object, { verb: "update", subresource: "status", query: writeQuery(options) }),
    patch: (kind, key, patch, options) => {
      const path = objectPath(kind, key, { subresource: options?.subresource })
      const answer = send(kind, path, {
        verb: "patch",
        method: "PATCH",
        query: writeQuery(options),
        body: patch.body,
        contentType: patchTypes[patch.type]
      })
      // The scale subresource answers with a Scale; what was asked for is the object.
      return options?.subresource === "scale" ? Effect.andThen(answer, get(kind, key)) : answered(kind, answer)
    },
    delete: (kind, key, options) =>
      Effect.asVoid(
        send(kind, objectPath(kind, key), {
          verb: "delete",
          method: "DELETE",
          body: deleteOptions(options)
        })
      ),
    evict: (pod, options) =>
      Effect.asVoid(
        send(Pod, objectPath(Pod, pod, { subresource: "eviction" }), {
          verb: "create",
          method: "POST",
          body: {
            apiVersion: "policy/v1",
            kind: "Eviction",
            metadata: { name: pod.name, namespace: pod.namespace },
            deleteOptions: deleteOptions(options)
          }
        })
      )
  }
}

const asApiError = (failure: ApiError | NetworkFailure): ApiError =>
  failure instanceof ApiError ? failure : withoutAnswer(failure)

const resourceOf = (kind: AnyKind): string => (kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`)

const deleteOptions = (options: DeleteOptions = {}) => ({ apiVersion: "v1", kind: "DeleteOptions", ...options })

/** The version whose path takes an object; of a version that the kind does not know, the server says so at the storage version's. */
const writtenIn = (kind: AnyKind, apiVersion: unknown): { readonly version: string } => {
  const known = kind.versions.find(({ name, served }) => served && apiVersion === `${kind.group}/${name}`)
  return { version: known?.name ?? kind.version }
}

/** An object as the waist hands it out: with its type, in the storage version, frozen. */
const completed = <Body>(kind: Kind<Body>, object: unknown): ObjectOf<Body> => {
  // The server has checked it against the kind's schema: the body's type is the promise of its CRD.
  if (!isJsonObject(object)) return object as ObjectOf<Body>
  const apiVersion = apiVersionOf(kind)
  if (object["apiVersion"] === apiVersion && object["kind"] === kind.kind) return object as unknown as ObjectOf<Body>
  const older = kind.versions.find(({ name }) => object["apiVersion"] === `${kind.group}/${name}`)
  const stored = older === undefined ? { ...object, apiVersion, kind: kind.kind } : older.toStorage(object)
  return freeze(stored) as unknown as ObjectOf<Body>
}

const noAnswer = (kind: AnyKind): Result.Result<never, ApiError> =>
  Result.fail(
    apiError("Unreachable", `what answered for ${resourceOf(kind)} sent no Kubernetes object: is a proxy in between?`)
  )

const objectIn = <Body>(kind: Kind<Body>, answer: unknown): Result.Result<ObjectOf<Body>, ApiError> =>
  isJsonObject(answer) && isJsonObject(answer["metadata"]) ? Result.succeed(completed(kind, answer)) : noAnswer(kind)

const listIn = <Body>(kind: Kind<Body>, answer: unknown): Result.Result<ObjectList<Body>, ApiError> => {
  if (!isJsonObject(answer) || !isJsonObject(answer["metadata"])) return noAnswer(kind)
  const { items, metadata } = answer as {
    readonly items?: unknown
    readonly metadata: { readonly [key: string]: unknown }
  }
  const next = metadata["continue"]
  return Result.succeed(
    freeze({
      items: (Array.isArray(items) ? items : []).map((item: unknown) => completed(kind, item)),
      resourceVersion: String(metadata["resourceVersion"] ?? ""),
      ...(typeof next === "string" && next !== "" ? { continue: next } : {})
    })
  )
}
