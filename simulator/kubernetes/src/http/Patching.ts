/**
 * PATCH of objects and their subresources: merge, JSON and strategic patches, server-side apply, scales.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply
 * @fidelity observed kube-apiserver-1.36 — Which kinds of patches a kind takes, what an apply needs, scales.
 */
import type { KubernetesObject } from "@capstan/api"
import type { Patch } from "@capstan/kubernetes"
import { Result } from "effect"
import { type Answer, applyPatch, decode } from "../Decoding.ts"
import { isObject } from "../FrozenValue.ts"
import { scaleOf } from "../ScaleSubresource.ts"
import { isNative } from "../Selection.ts"
import { badRequest, notFound } from "../StatusErrors.ts"
import { applyStrategicPatch } from "../StrategicMergePatch.ts"
import type { Call } from "./Call.ts"
import { type HttpAnswer, json } from "./HttpExchange.ts"
import { viewOf } from "./ObjectText.ts"
import { showObject } from "./Reading.ts"
import { contentTypeOf, jsonBody, objectBody, unsupportedType, yamlBody } from "./RequestBody.ts"
import type { ResourceTarget } from "./RequestTarget.ts"
import type { ServedKind } from "./ServedKinds.ts"
import { invalidOption, methodNotAllowed } from "./StatusAnswer.ts"
import { placed, warningHeaders, writeParameters } from "./WriteParameters.ts"

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
    const options = yield* writeParameters(call, "PatchOptions")
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
    const options = yield* writeParameters(call, "PatchOptions")
    const fieldManager = query.get("fieldManager") ?? ""
    if (fieldManager === "") {
      return yield* Result.fail(
        invalidOption("PatchOptions", "fieldManager", "Required value: is required for apply patch")
      )
    }
    const object = yield* placed(target, yield* yamlBody(call.request))
    const { managedFields } = object.metadata
    if (managedFields !== undefined && managedFields !== null) {
      return yield* Result.fail(badRequest("metadata.managedFields must be nil"))
    }
    const configuration = yield* decode(kind, object)
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
    const options = yield* writeParameters(call, "UpdateOptions")
    const patch = yield* patchOf(type === "json" ? patchTypes.json : patchTypes.merge, yield* body)
    const key = { namespace, name }
    const written: KubernetesObject = yield* call.server.patch(served.kind, key, patch, {
      ...options,
      subresource: "scale"
    })
    return json(200, scaleOf(served.kind, written))
  })

/** PUT of a scale: its replicas are written, and its version is a precondition. */
export const putScale = (call: Call, target: ResourceTarget): Answer<HttpAnswer> =>
  scale(call, target, objectBody(call.request), "merge")
