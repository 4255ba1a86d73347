/**
 * The server's refusals, worded as a real one words them: clients match on reasons, people read the messages.
 *
 * @source https://github.com/kubernetes/apimachinery/blob/master/pkg/api/errors/errors.go
 * @fidelity observed kube-apiserver-1.36 — Reasons, codes, messages and details by case.
 */
import { type AnyKind, apiVersionOf, type FieldError, groupKindOf } from "@capstan/api"
import { apiError, type ApiError } from "@capstan/kubernetes"

/** `machines.cluster.x-k8s.io`, or the bare plural in the core group. */
export const resourceOf = (kind: AnyKind): string => (kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`)

const details = (
  kind: AnyKind,
  name: string
): { readonly kind: string; readonly group?: string; readonly name: string } =>
  kind.group === "" ? { kind: kind.plural, name } : { kind: kind.plural, group: kind.group, name }

export const noMatch = (kind: AnyKind): ApiError =>
  apiError("NotFound", `no matches for kind "${kind.kind}" in version "${apiVersionOf(kind)}"`, {
    kind: kind.kind,
    ...(kind.group === "" ? {} : { group: kind.group })
  })

export const notFound = (kind: AnyKind, name: string): ApiError =>
  apiError("NotFound", `${resourceOf(kind)} "${name}" not found`, details(kind, name))

export const namespaceNotFound = (name: string): ApiError =>
  apiError("NotFound", `namespaces "${name}" not found`, { kind: "namespaces", name })

export const alreadyExists = (kind: AnyKind, name: string, retryAfterSeconds?: number): ApiError =>
  apiError("AlreadyExists", `${resourceOf(kind)} "${name}" already exists`, {
    ...details(kind, name),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds })
  })

export const conflict = (kind: AnyKind, name: string, why: string): ApiError =>
  apiError("Conflict", `Operation cannot be fulfilled on ${resourceOf(kind)} "${name}": ${why}`, details(kind, name))

export const staleVersion = (kind: AnyKind, name: string): ApiError =>
  conflict(kind, name, "the object has been modified; please apply your changes to the latest version and try again")

export const forbidden = (kind: AnyKind, name: string, why: string, cause?: string): ApiError =>
  apiError("Forbidden", `${resourceOf(kind)} "${name}" is forbidden: ${why}`, {
    ...details(kind, name),
    ...(cause === undefined ? {} : { causes: [{ reason: cause, message: why }] })
  })

export const invalid = (kind: AnyKind, name: string, errors: ReadonlyArray<FieldError>): ApiError => {
  const all = errors.map((error) => `${error.field}: ${error.message}`)
  const text = all.length === 1 ? all[0] : `[${all.join(", ")}]`
  return apiError("Invalid", `${groupKindOf(kind)} "${name}" is invalid: ${text}`, {
    kind: kind.kind,
    ...(kind.group === "" ? {} : { group: kind.group }),
    name,
    causes: errors.map(({ field, message, reason }) => ({ field, message, reason }))
  })
}

/** What a patch that cannot be carried out gets: no word of what it was about. */
export const unpatchable = (): ApiError =>
  apiError("Invalid", "the server rejected our request due to an error in our request")

/** What `fieldValidation=Strict` says to unknown fields. */
export const strictlyRefused = (kind: AnyKind, warnings: ReadonlyArray<string>): ApiError =>
  badRequest(
    `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${[...warnings].sort().join(", ")}`
  )

export const badRequest = (message: string): ApiError => apiError("BadRequest", message)

export const tooOld = (asked: number, oldest: number): ApiError =>
  apiError("Expired", `too old resource version: ${asked} (${oldest})`)

export const wrongNamespace = (): ApiError =>
  badRequest("the namespace of the provided object does not match the namespace sent on the request")

export const versionOnCreate = (): ApiError =>
  apiError("InternalError", "resourceVersion should not be set on objects to be created")

export const versionRequired = (kind: AnyKind, name: string): ApiError =>
  invalid(kind, name, [
    {
      field: "metadata.resourceVersion",
      reason: "FieldValueInvalid",
      message: "Invalid value: 0: must be specified for an update"
    }
  ])

export const continueTooOld = (): ApiError =>
  apiError(
    "Expired",
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter."
  )

/** What server-side apply says to fields that a schema does not know: it cannot tell what they mean. */
export const undeclared = (kind: AnyKind, name: string, warnings: ReadonlyArray<string>): ApiError => {
  const fields = warnings.map((text) => `.${/"(.*)"/.exec(text)?.[1] ?? ""}: field not declared in schema`)
  return apiError(
    "InternalError",
    `failed to create typed patch object (/${name}; ${apiVersionOf(kind)}, Kind=${kind.kind}): ${fields.sort().join(", ")}`
  )
}

export const tooManyOperations = (count: number, most: number): ApiError =>
  apiError("RequestEntityTooLarge", `The allowed maximum operations in a JSON patch is ${most}, got ${count}`)

export const unconvertible = (kind: AnyKind, apiVersion: string): ApiError =>
  apiError(
    "InternalError",
    `conversion webhook for ${apiVersion}, Kind=${kind.kind} failed: the object does not have the shape of that version`
  )
