/**
 * What a caller sent, read as an object of the storage version that is about one that is stored.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 * @fidelity observed kube-apiserver-1.36 — Refusals of other names, namespaces, uids, kinds and versions.
 * @fidelity observed kube-apiserver-1.36.3 — A patch of the uid is Invalid, an update with another one a Conflict.
 * @fidelity documented https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/ — Objects in any served version are stored in one.
 */
import { type AnyKind, apiVersionOf, convertToStorage, type KubernetesObject, shownValue } from "@capstan/api"
import type { ApiError, Patch } from "@capstan/kubernetes"
import { Result } from "effect"
import { isObject, type JsonObject } from "./FrozenValue.ts"
import { applyJsonPatch, operationsMax } from "./JsonPatch.ts"
import { applyMergePatch } from "./MergePatch.ts"
import * as Refusal from "./StatusErrors.ts"
import { asJson } from "./StoredObject.ts"

export type Answer<A> = Result.Result<A, ApiError>

/** Which part of an object a write is about. */
export type Part = "main" | "status"

export const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

/** What was sent as an object at the storage version. */
export const decode = (kind: AnyKind, sent: unknown): Answer<JsonObject> => {
  if (!isObject(sent)) return Result.fail(Refusal.badRequest("the object provided is unrecognized"))
  if (isText(sent.kind) && sent.kind !== kind.kind) {
    return Result.fail(
      Refusal.badRequest(`the kind in the data (${sent.kind}) does not match the expected kind (${kind.kind})`)
    )
  }
  const expected = apiVersionOf(kind)
  if (!isText(sent.apiVersion) || sent.apiVersion === expected) return Result.succeed(sent)
  const version = sent.apiVersion.slice(sent.apiVersion.indexOf("/") + 1)
  const group = sent.apiVersion.includes("/") ? sent.apiVersion.slice(0, sent.apiVersion.indexOf("/")) : ""
  if (group !== kind.group || !kind.versions.some((known) => known.name === version)) {
    return Result.fail(
      Refusal.badRequest(
        `no kind "${kind.kind}" is registered for version "${sent.apiVersion}": the API version in the data does not match the expected API version (${expected})`
      )
    )
  }
  try {
    return Result.succeed(convertToStorage(kind, sent))
  } catch {
    // Conversions are written for objects of the right shape.
    return Result.fail(Refusal.unconvertible(kind, sent.apiVersion))
  }
}

/** Why what was sent is not the object that is there. A uid is a precondition of an update, and a change of what may not change in a patch. */
export const identityMismatch = (
  kind: AnyKind,
  old: KubernetesObject,
  metadata: JsonObject,
  verb: string
): ApiError | undefined => {
  const { name, namespace, uid } = old.metadata
  if (isText(metadata.name) && metadata.name !== name) {
    return Refusal.badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  if (isText(metadata.namespace) && metadata.namespace !== namespace) return Refusal.wrongNamespace()
  if (isText(metadata.uid) && metadata.uid !== uid) {
    if (verb === "patch") {
      const message = `Invalid value: ${shownValue(metadata.uid)}: field is immutable`
      return Refusal.invalid(kind, name, [{ field: "metadata.uid", reason: "FieldValueInvalid", message }])
    }
    return Refusal.conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`
    )
  }
  return undefined
}

export const pickLabels = (metadata: JsonObject): JsonObject => ({
  ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
  ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations })
})

/** The body to store: what the written part brings, the rest as it was. */
export const partOf = (kind: AnyKind, sent: JsonObject, old: KubernetesObject, part: Part): JsonObject => {
  if (!kind.subresources.status) return sent
  const [body, status] = part === "status" ? [asJson(old), sent.status] : [sent, asJson(old).status]
  return body.status === status ? body : withStatus(body, status)
}

const withStatus = ({ status: _, ...body }: JsonObject, status: unknown): JsonObject =>
  status === undefined ? body : { ...body, status }

export const applyPatch = (kind: AnyKind, old: KubernetesObject, patch: Patch): Answer<unknown> => {
  if (patch.type === "merge") {
    if (!isObject(patch.body)) return Result.fail(Refusal.badRequest("a merge patch of an object must be an object"))
    return Result.succeed(applyMergePatch(old, patch.body))
  }
  if (patch.body.length > operationsMax) {
    return Result.fail(Refusal.tooManyOperations(patch.body.length, operationsMax))
  }
  const next = applyJsonPatch(old, patch.body)
  return Result.isFailure(next) ? Result.fail(Refusal.unpatchable()) : Result.succeed(next.success)
}
