/**
 * POST, PUT, PATCH and DELETE of objects and their subresources.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 * @fidelity observed kubernetes-api.md §5, §10, §12, §13 — Names on the URL, kinds of patches, subresources, what deletions answer with.
 */
import { type AnyKind, type KubernetesObject, type NewObject, type ObjectOf } from "@capstan/api"
import { apiError, type ApiError, type Patch } from "@capstan/kubernetes"
import { Result } from "effect"
import { type Answer, applyPatch, decode, isText } from "../Decoding.ts"
import { isObject, type JsonObject } from "../FrozenValue.ts"
import { isNative } from "../Selection.ts"
import { scaleOf } from "../ScaleSubresource.ts"
import { badRequest, notFound } from "../StatusErrors.ts"
import { applyStrategicPatch } from "../StrategicMergePatch.ts"
import type { DeleteAs, WriteAs } from "../WritePath.ts"
import { acceptedRepresentation } from "./Accepting.ts"
import type { Call } from "./Call.ts"
import { type HttpAnswer, json, whole } from "./HttpExchange.ts"
import { viewOf } from "./ObjectText.ts"
import { listText, matchingOf, showObject } from "./Reading.ts"
import { contentTypeOf, jsonBody, objectBody, unsupportedType, yamlBody } from "./RequestBody.ts"
import type { ResourceTarget } from "./RequestTarget.ts"
import { groupVersion, type ServedKind } from "./ServedKinds.ts"
import { deleted, invalidOption, methodNotAllowed, success } from "./StatusAnswer.ts"

/** `kubectl/v1.32.4 (linux/amd64)` is kubectl. */
const agentOf = ({ headers }: Call["request"]): string => (headers["user-agent"] ?? "").split("/")[0]?.trim() ?? ""

interface WriteOptions extends WriteAs {
  readonly actor: string
  /** What was dropped, filled while the write goes on. */
  readonly warnings: Array<string>
}

const managerLengthMax = 128

const isDryRun = (values: ReadonlyArray<string>, options: string): Answer<boolean> => {
  const odd = values.find((value) => value !== "" && value !== "All")
  return odd === undefined
    ? Result.succeed(values.includes("All"))
    : Result.fail(
        invalidOption(options, "dryRun", `Unsupported value: ${JSON.stringify(odd)}: supported values: "All"`)
      )
}

const writeOptions = (call: Call, options: string): Answer<WriteOptions> =>
  Result.gen(function* () {
    const { query, request, user } = call
    const dryRun = yield* isDryRun(query.getAll("dryRun"), options)
    const manager = query.get("fieldManager") ?? ""
    if (manager.length > managerLengthMax) {
      return yield* Result.fail(
        invalidOption(options, "fieldManager", `Too long: may not be more than ${managerLengthMax} bytes`)
      )
    }
    const validation = query.get("fieldValidation") ?? "Warn"
    if (!["", "Strict", "Warn", "Ignore"].includes(validation)) {
      return yield* Result.fail(
        invalidOption(
          options,
          "fieldValidation",
          `Unsupported value: ${JSON.stringify(validation)}: supported values: "Ignore", "Strict", "Warn"`
        )
      )
    }
    const warnings: Array<string> = []
    const agent = agentOf(request)
    return {
      actor: manager !== "" ? manager : agent !== "" ? agent : user.name,
      dryRun,
      strict: validation === "Strict",
      warnings,
      ...(validation === "Warn" || validation === "" ? { warn: (found) => void warnings.push(...found) } : {})
    }
  })

/** As many warnings as fit. */
const warningHeaders = (warnings: ReadonlyArray<string>): { readonly [name: string]: string } => {
  const texts = warnings.map((text) => `299 - ${JSON.stringify(text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 256))}`)
  return texts.length === 0 ? {} : { warning: texts.slice(0, 16).join(", ") }
}

/** What was sent as an object that belongs where the URL says. */
const placed = (target: ResourceTarget, sent: JsonObject): Answer<JsonObject & { readonly metadata: JsonObject }> => {
  const { namespace, served } = target
  const wanted = groupVersion(served.kind.group, served.version)
  if (isText(sent.apiVersion) && sent.apiVersion !== wanted) {
    return Result.fail(
      badRequest(`the API version in the data (${sent.apiVersion}) does not match the expected API version (${wanted})`)
    )
  }
  if (sent.metadata !== undefined && sent.metadata !== null && !isObject(sent.metadata)) {
    return Result.fail(
      badRequest(
        `${served.kind.kind} in version "${served.version}" cannot be handled as a ${served.kind.kind}: metadata must be an object`
      )
    )
  }
  const metadata = isObject(sent.metadata) ? sent.metadata : {}
  return Result.succeed({
    ...sent,
    apiVersion: wanted,
    kind: isText(sent.kind) ? sent.kind : served.kind.kind,
    metadata: namespace === "" || isText(metadata.namespace) ? metadata : { ...metadata, namespace }
  })
}

const wrongNamespace = (target: ResourceTarget, metadata: JsonObject): ApiError | undefined =>
  isText(metadata.namespace) && metadata.namespace !== target.namespace
    ? badRequest("the namespace of the provided object does not match the namespace sent on the request")
    : undefined

export const postObject = (call: Call, target: ResourceTarget): Answer<HttpAnswer> => {
  const { name, namespace, served, subresource } = target
  const { group, kind } = served.kind
  if (subresource === "eviction" && group === "" && kind === "Pod") return evict(call, target)
  if (subresource === "token" && group === "" && kind === "ServiceAccount") return makeToken(call, target)
  if (name !== undefined || (namespace === "" && served.kind.scope === "Namespaced")) {
    return Result.fail(methodNotAllowed())
  }
  return Result.gen(function* () {
    const options = yield* writeOptions(call, "CreateOptions")
    const object = yield* placed(target, yield* objectBody(call.request))
    const misplaced = wrongNamespace(target, object.metadata)
    if (misplaced !== undefined) return yield* Result.fail(misplaced)
    // The server decodes, converts and checks whatever was sent.
    const created = yield* call.server.create(served.kind, object as NewObject<unknown>, {
      ...options,
      recordsFields: options.actor
    })
    return yield* showObject(call, served, created, 201, warningHeaders(options.warnings))
  })
}

export const putObject = (call: Call, target: ResourceTarget): Answer<HttpAnswer> => {
  const { name, namespace, served, subresource } = target
  const { server } = call
  const { kind } = served
  if (name === undefined) return Result.fail(methodNotAllowed())
  if (subresource === "scale") return scale(call, target, objectBody(call.request), "merge")
  if (subresource !== undefined && subresource !== "status") return Result.fail(notFound(kind, name))
  return Result.gen(function* () {
    const options = yield* writeOptions(call, "UpdateOptions")
    const object = yield* placed(target, yield* objectBody(call.request))
    const { metadata } = object
    const misplaced = wrongNamespace(target, metadata)
    if (misplaced !== undefined) return yield* Result.fail(misplaced)
    if (isText(metadata.name) && metadata.name !== name) {
      return yield* Result.fail(
        badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
      )
    }
    // The server decodes, converts and checks whatever was sent.
    const sent = { ...object, metadata: { ...metadata, name } } as unknown as ObjectOf<unknown>
    const existed = Result.isSuccess(server.get(kind, { namespace, name }))
    const written =
      subresource === "status"
        ? yield* server.updateStatus(kind, sent, options)
        : yield* server.update(kind, sent, options)
    return yield* showObject(call, served, written, existed ? 200 : 201, warningHeaders(options.warnings))
  })
}

const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json"
} as const

const applyType = "application/apply-patch+yaml"

export const patchObject = (call: Call, target: ResourceTarget): Answer<HttpAnswer> => {
  const { name, namespace, served, subresource } = target
  const { kind } = served
  if (name === undefined) return Result.fail(methodNotAllowed())
  const type = contentTypeOf(call.request)
  if (type === applyType) return applyObject(call, target, name)
  const accepted = Object.values(patchTypes).filter((each) => each !== patchTypes.strategic || isNative(kind))
  if (!accepted.some((each) => each === type)) return Result.fail(unsupportedType([...accepted, applyType]))
  if (call.query.has("force")) {
    return Result.fail(invalidOption("PatchOptions", "force", "Forbidden: may not be specified for non-apply patch"))
  }
  const body = jsonBody(call.request)
  if (subresource === "scale") return scale(call, target, body, type === patchTypes.json ? "json" : "merge")
  if (subresource !== undefined && subresource !== "status") return Result.fail(notFound(kind, name))
  return Result.gen(function* () {
    const options = yield* writeOptions(call, "PatchOptions")
    const sent = yield* body
    const written = yield* call.server.rewrite(
      kind,
      { namespace, name },
      (object) => changed(served, object, type, sent),
      { ...options, ...(subresource === undefined ? {} : { subresource }) }
    )
    return yield* showObject(call, served, written, 200, warningHeaders(options.warnings))
  })
}

/** Server-side apply. What is applied at another version counts as its conversion. */
const applyObject = (call: Call, target: ResourceTarget, name: string): Answer<HttpAnswer> => {
  const { namespace, served, subresource } = target
  const { kind } = served
  const { query, server } = call
  if (subresource !== undefined && subresource !== "status") return Result.fail(notFound(kind, name))
  return Result.gen(function* () {
    const options = yield* writeOptions(call, "PatchOptions")
    const fieldManager = query.get("fieldManager") ?? ""
    if (fieldManager === "") {
      return yield* Result.fail(
        invalidOption("PatchOptions", "fieldManager", "Required value: is required for apply patch")
      )
    }
    const object = yield* placed(target, yield* yamlBody(call.request))
    const { metadata } = object
    if (metadata.managedFields !== undefined && metadata.managedFields !== null) {
      return yield* Result.fail(badRequest("metadata.managedFields must be nil"))
    }
    const misplaced = wrongNamespace(target, metadata)
    if (misplaced !== undefined) return yield* Result.fail(misplaced)
    if (isText(metadata.name) && metadata.name !== name) {
      return yield* Result.fail(
        badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
      )
    }
    const configuration = yield* decode(kind, { ...object, metadata: { ...metadata, name } })
    const existed = Result.isSuccess(server.get(kind, { namespace, name }))
    const written = yield* server.apply(kind, { namespace, name }, configuration, {
      ...options,
      fieldManager,
      force: query.get("force") === "true",
      subresource
    })
    return yield* showObject(call, served, written, existed ? 200 : 201, warningHeaders(options.warnings))
  })
}

/** The object after a patch of this type. Older versions are patched as they are shown. */
const changed = (served: ServedKind, object: KubernetesObject, type: string, sent: unknown): Answer<unknown> => {
  const { kind } = served
  const view = viewOf(served, object)
  if (type === patchTypes.strategic) return applyStrategicPatch(kind, view, sent)
  const patch = patchOf(type, sent)
  // A view has the shape of its object; only what is patched counts here.
  return Result.isFailure(patch)
    ? Result.fail(patch.failure)
    : applyPatch(kind, view as unknown as KubernetesObject, patch.success)
}

const operations = ["add", "remove", "replace", "move", "copy", "test"]

const isOperation = (value: unknown): boolean =>
  isObject(value) &&
  typeof value.path === "string" &&
  operations.includes(String(value.op)) &&
  (value.from === undefined || typeof value.from === "string") &&
  (value.from !== undefined || (value.op !== "move" && value.op !== "copy"))

const patchOf = (type: string, sent: unknown): Answer<Patch> => {
  if (type !== patchTypes.json) return Result.succeed({ type: "merge", body: sent })
  if (!Array.isArray(sent) || !sent.every(isOperation)) {
    return Result.fail(badRequest("error decoding patch: a JSON patch is a list of operations with op and path"))
  }
  // Every operation has been looked at above; a value that is missing counts as null.
  return Result.succeed({ type: "json", body: sent as Extract<Patch, { readonly type: "json" }>["body"] })
}

const scale = (
  call: Call,
  { name = "", namespace, served }: ResourceTarget,
  body: Answer<unknown>,
  type: "merge" | "json"
): Answer<HttpAnswer> =>
  Result.gen(function* () {
    const options = yield* writeOptions(call, "UpdateOptions")
    const patch = yield* patchOf(type === "json" ? patchTypes.json : patchTypes.merge, yield* body)
    const key = { namespace, name }
    const written: KubernetesObject = yield* call.server.patch(served.kind, key, patch, {
      ...options,
      subresource: "scale"
    })
    return json(200, scaleOf(served.kind, written))
  })

const evict = (call: Call, { name = "", namespace, served }: ResourceTarget): Answer<HttpAnswer> =>
  Result.gen(function* () {
    const sent = yield* objectBody(call.request)
    if (isText(sent.kind) && sent.kind !== "Eviction") {
      return yield* Result.fail(
        badRequest(`the kind in the data (${sent.kind}) does not match the expected kind (Eviction)`)
      )
    }
    const options = yield* deleteOptionsOf(call, isObject(sent.deleteOptions) ? sent.deleteOptions : {})
    if (options.dryRun === true) {
      const pod = yield* call.server.get(served.kind, { namespace, name })
      return success(isObject(pod) ? 201 : 404)
    }
    yield* call.server.evict({ namespace, name }, options)
    return success(201)
  })

const tokenSecondsUsual = 3600
const tokenSecondsMin = 600
const tokenSecondsMax = 2 ** 32

/** A token for a ServiceAccount. It is no JWT: only the server that made it can read anything from it. */
const makeToken = (call: Call, { name = "", namespace, served }: ResourceTarget): Answer<HttpAnswer> =>
  Result.gen(function* () {
    const { issueToken, server } = call
    if (issueToken === undefined) return yield* Result.fail(methodNotAllowed())
    const sent = yield* objectBody(call.request)
    yield* server.get(served.kind, { namespace, name })
    const spec = isObject(sent.spec) ? sent.spec : {}
    const seconds = typeof spec.expirationSeconds === "number" ? spec.expirationSeconds : tokenSecondsUsual
    if (!(seconds >= tokenSecondsMin && seconds <= tokenSecondsMax)) {
      const message = `Invalid value: ${seconds}: may not specify a duration less than 10 minutes or larger than 2^32 seconds`
      return yield* Result.fail(
        apiError("Invalid", `TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: ${message}`, {
          kind: "TokenRequest",
          group: "authentication.k8s.io",
          causes: [{ field: "spec.expirationSeconds", reason: "FieldValueInvalid", message }]
        })
      )
    }
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"]
    const token = issueToken({ name: `system:serviceaccount:${namespace}:${name}`, groups }, seconds)
    const expires = server.kernel.now() + seconds * 1000
    return json(201, {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: { name, namespace, creationTimestamp: server.kernel.timestamp() },
      spec: { ...spec, expirationSeconds: seconds },
      status: { token, expirationTimestamp: `${new Date(expires).toISOString().slice(0, 19)}Z` }
    })
  })

const policies = ["Background", "Foreground", "Orphan"] as const

/** A body wins over the query. */
const deleteOptionsOf = (call: Call, sent: JsonObject): Answer<DeleteAs> =>
  Result.gen(function* () {
    const { query, request, user } = call
    const sentDryRun = Array.isArray(sent.dryRun) ? sent.dryRun.map(String) : []
    const dryRun = yield* isDryRun([...query.getAll("dryRun"), ...sentDryRun], "DeleteOptions")
    const wantedPolicy = sent.propagationPolicy ?? query.get("propagationPolicy") ?? undefined
    const orphans = sent.orphanDependents ?? (query.get("orphanDependents") === "true" ? true : undefined)
    const policy = orphans === true ? "Orphan" : policies.find((each) => each === wantedPolicy)
    if (policy === undefined && wantedPolicy !== undefined) {
      return yield* Result.fail(
        invalidOption(
          "DeleteOptions",
          "propagationPolicy",
          `Unsupported value: ${JSON.stringify(wantedPolicy)}: supported values: "Background", "Foreground", "Orphan", "nil"`
        )
      )
    }
    const seconds = Number(sent.gracePeriodSeconds ?? query.get("gracePeriodSeconds") ?? Number.NaN)
    const { preconditions } = sent
    const agent = agentOf(request)
    return {
      actor: agent === "" ? user.name : agent,
      dryRun,
      ...(policy === undefined ? {} : { propagationPolicy: policy }),
      ...(Number.isInteger(seconds) && seconds >= 0 ? { gracePeriodSeconds: seconds } : {}),
      ...(isObject(preconditions)
        ? {
            preconditions: {
              ...(isText(preconditions.uid) ? { uid: preconditions.uid } : {}),
              ...(isText(preconditions.resourceVersion) ? { resourceVersion: preconditions.resourceVersion } : {})
            }
          }
        : {})
    }
  })

export const deleteObjects = (call: Call, target: ResourceTarget): Answer<HttpAnswer> => {
  const { name, namespace, served, subresource } = target
  const { server } = call
  const { kind } = served
  if (subresource !== undefined) return Result.fail(methodNotAllowed())
  return Result.gen(function* () {
    const sent = call.request.body.length === 0 ? {} : yield* objectBody(call.request)
    const options = yield* deleteOptionsOf(call, sent)
    if (name === undefined) return yield* deleteMany(call, target, options)
    const key = { namespace, name }
    const object: KubernetesObject = yield* server.delete(kind, key, options)
    if (options.dryRun === true)
      return object.metadata.deletionTimestamp === undefined
        ? deleted(kind, object)
        : whole(200, `${JSON.stringify(object)}\n`)
    return isGone(call, kind, object) ? deleted(kind, object) : yield* showObject(call, served, object)
  })
}

const isGone = ({ server }: Call, kind: AnyKind, { metadata }: KubernetesObject): boolean => {
  const found = server.get(kind, { namespace: metadata.namespace ?? "", name: metadata.name })
  return Result.isFailure(found) || found.success.metadata.uid !== metadata.uid
}

const deleteMany = (call: Call, { namespace, served }: ResourceTarget, options: DeleteAs): Answer<HttpAnswer> =>
  Result.gen(function* () {
    const { query, request, server } = call
    if (namespace === "" && served.kind.scope === "Namespaced") return yield* Result.fail(methodNotAllowed())
    const representation = yield* acceptedRepresentation(request.headers["accept"])
    const matching = yield* matchingOf(query, served)
    const found = yield* server.list(served.kind, { namespace, ...(matching === undefined ? {} : { matching }) })
    const items: Array<ObjectOf<unknown>> = []
    for (const { metadata } of found.items) {
      const gone = server.delete(served.kind, { namespace, name: metadata.name }, options)
      if (Result.isSuccess(gone)) items.push(gone.success)
      else if (gone.failure.reason !== "NotFound") return yield* Result.fail(gone.failure)
    }
    const resourceVersion = String(server.store.version)
    return whole(200, `${listText(call, served, { items, resourceVersion }, representation)}\n`)
  })
