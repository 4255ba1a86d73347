/**
 * GET of objects: one, many, or many as they change.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 * @fidelity observed kube-apiserver-1.36 — What each version means to a list, and which mixtures of parameters are refused.
 * @fidelity assumed — A version of the future is refused at once, where a real server waits three seconds for it.
 */
import type { KubernetesObject } from "@capstan/api"
import type { ApiError, ObjectList } from "@capstan/kubernetes"
import { Result } from "effect"
import type { ApiServer, Listing } from "../ApiServer.ts"
import type { Answer } from "../Decoding.ts"
import { scaleOf } from "../ScaleSubresource.ts"
import type { Selection } from "../Selection.ts"
import { badRequest, notFound, tooOld } from "../StatusErrors.ts"
import { invalidStart, invalidVersion } from "../Watches.ts"
import { acceptedRepresentation, type Representation } from "./Accepting.ts"
import { type Call, isWatch } from "./Call.ts"
import { type HttpAnswer, json, whole } from "./HttpExchange.ts"
import { metadataTextOf, textOf } from "./ObjectText.ts"
import type { ResourceTarget } from "./RequestTarget.ts"
import { bothOf, fieldSelection, labelSelection } from "./SelectorText.ts"
import { groupVersion, type ServedKind } from "./ServedKinds.ts"
import { invalidOption } from "./StatusAnswer.ts"
import { type IncludeObject, tableText } from "./Table.ts"
import { futureVersion, unreadableVersion, watchAnswer } from "./WatchStream.ts"

/** One object as an answer, in the form that the caller accepts. */
export const showObject = (
  call: Pick<Call, "query" | "request" | "server">,
  served: ServedKind,
  object: KubernetesObject,
  status = 200,
  headers: { readonly [name: string]: string } = {}
): Answer<HttpAnswer> =>
  Result.map(acceptedRepresentation(call.request.headers["accept"]), (representation) =>
    whole(status, `${textIn(call, served, object, representation)}\n`, headers)
  )

const textIn = (
  { query, server }: Pick<Call, "query" | "server">,
  served: ServedKind,
  object: KubernetesObject,
  representation: Representation
): string => {
  if (representation === "Object") return textOf(served, object)
  if (representation === "PartialObjectMetadata") return metadataTextOf(object)
  const { resourceVersion } = object.metadata
  return tableText(served, [object], {
    metadata: { resourceVersion },
    include: includeOf(query),
    nowMillis: server.kernel.now(),
    withColumns: true
  })
}

const includeOf = (query: URLSearchParams): IncludeObject => {
  const wanted = query.get("includeObject")
  return wanted === "None" || wanted === "Object" ? wanted : "Metadata"
}

export const readObjects = (call: Call, target: ResourceTarget): Answer<HttpAnswer> => {
  const { name, namespace, served, subresource } = target
  if (isWatch(call.query)) return watch(call, target)
  if (name === undefined) return list(call, target)
  const found = call.server.get(served.kind, { namespace, name })
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const object: KubernetesObject = found.success
  if (subresource === undefined) return showObject(call, served, object)
  if (subresource === "status" && served.kind.subresources.status) return showObject(call, served, object)
  const scale = subresource === "scale" ? scaleOf(served.kind, object) : undefined
  return scale === undefined ? Result.fail(notFound(served.kind, name)) : Result.succeed(json(200, scale))
}

/** The selectors of a request as one test. */
export const matchingOf = (query: URLSearchParams, { kind }: ServedKind): Answer<Selection | undefined> =>
  Result.gen(function* () {
    const labels = yield* labelSelection(query.get("labelSelector") ?? "")
    const fields = yield* fieldSelection(kind, query.get("fieldSelector") ?? "")
    return bothOf(labels, fields)
  })

const list = (call: Call, { namespace, served }: ResourceTarget): Answer<HttpAnswer> =>
  Result.gen(function* () {
    const { query, request, server } = call
    const representation = yield* acceptedRepresentation(request.headers["accept"])
    const matching = yield* matchingOf(query, served)
    const version = yield* versionOf(query, server)
    const limit = Number(query.get("limit") ?? "0")
    const more = query.get("continue") ?? ""
    const listing: Listing = {
      namespace,
      ...(matching === undefined ? {} : { matching }),
      ...version,
      ...(Number.isInteger(limit) && limit > 0 && !(query.get("resourceVersion") === "0") ? { limit } : {}),
      ...(more === "" ? {} : { continue: more })
    }
    const found = yield* server.list(served.kind, listing)
    return whole(200, `${listText(call, served, found, representation)}\n`)
  })

/** What `resourceVersion` and its companions ask for. */
const versionOf = (query: URLSearchParams, server: ApiServer): Answer<{ readonly atVersion?: number }> => {
  const asked = query.get("resourceVersion") ?? ""
  const match = query.get("resourceVersionMatch") ?? ""
  if (match !== "" && asked === "") {
    return Result.fail(
      invalidOption(
        "ListOptions",
        "resourceVersionMatch",
        "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
      )
    )
  }
  if (match !== "" && match !== "Exact" && match !== "NotOlderThan") {
    return Result.fail(
      invalidOption(
        "ListOptions",
        "resourceVersionMatch",
        `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`
      )
    )
  }
  if (unreadableVersion(asked)) return Result.fail(invalidVersion(asked))
  if ((query.get("continue") ?? "") !== "") {
    return asked === "" || asked === "0"
      ? Result.succeed({})
      : Result.fail(badRequest("specifying resource version is not allowed when using continue"))
  }
  const version = Number(asked)
  const current = server.store.version
  if (match !== "Exact") return version > current ? Result.fail(futureVersion(version, current)) : Result.succeed({})
  if (version === 0) {
    return Result.fail(
      invalidOption(
        "ListOptions",
        "resourceVersionMatch",
        'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
      )
    )
  }
  if (version > current) return Result.fail(futureVersion(version, current))
  if (version < server.store.oldestVersion) return Result.fail(tooOld(version, server.store.oldestVersion))
  return Result.succeed({ atVersion: version })
}

/** A list of objects in the form that is wanted; also what deletecollection answers with. */
export const listText = (
  { query, server }: Pick<Call, "query" | "server">,
  served: ServedKind,
  found: Pick<ObjectList<unknown>, "items" | "resourceVersion" | "continue">,
  representation: Representation
): string => {
  const items: ReadonlyArray<KubernetesObject> = found.items
  const metadata = {
    resourceVersion: found.resourceVersion,
    ...(found.continue === undefined ? {} : { continue: found.continue })
  }
  if (representation === "Table") {
    return tableText(served, items, {
      metadata,
      include: includeOf(query),
      nowMillis: server.kernel.now(),
      withColumns: true
    })
  }
  const [kind, apiVersion] =
    representation === "Object"
      ? [`${served.kind.kind}List`, groupVersion(served.kind.group, served.version)]
      : ["PartialObjectMetadataList", "meta.k8s.io/v1"]
  const texts = items.map((object) => (representation === "Object" ? textOf(served, object) : metadataTextOf(object)))
  return `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${texts.join(",")}]}`
}

const watch = (call: Call, { name, namespace, served }: ResourceTarget): Answer<HttpAnswer> =>
  Result.gen(function* () {
    const { after, onlooker, query, request, server } = call
    const representation = yield* acceptedRepresentation(request.headers["accept"])
    const selected = yield* matchingOf(query, served)
    const resourceVersion = query.get("resourceVersion") ?? undefined
    if (resourceVersion !== undefined && unreadableVersion(resourceVersion))
      return yield* Result.fail(invalidStart(resourceVersion))
    const bookmarks = query.get("allowWatchBookmarks") === "true"
    const marksInitialEnd = yield* initialEndOf(query)
    const seconds = Number(query.get("timeoutSeconds") ?? "")
    return watchAnswer({
      server,
      served,
      namespace,
      matching: name === undefined ? selected : bothOf(selected, (object) => object.metadata.name === name),
      resourceVersion: resourceVersion === "" ? undefined : resourceVersion,
      bookmarks,
      marksInitialEnd,
      timeoutSeconds: Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 86_400) : undefined,
      representation,
      include: includeOf(query),
      after,
      onlooker
    })
  })

/** `sendInitialEvents` with what has to stand beside it. */
const initialEndOf = (query: URLSearchParams): Result.Result<boolean, ApiError> => {
  const match = query.get("resourceVersionMatch") ?? ""
  const asked = query.get("sendInitialEvents")
  if (asked === null) {
    return match === ""
      ? Result.succeed(false)
      : Result.fail(
          invalidOption(
            "ListOptions",
            "resourceVersionMatch",
            "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
          )
        )
  }
  if (match !== "NotOlderThan") {
    return Result.fail(
      invalidOption(
        "ListOptions",
        "resourceVersionMatch",
        "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
      )
    )
  }
  return Result.succeed(asked === "true")
}
