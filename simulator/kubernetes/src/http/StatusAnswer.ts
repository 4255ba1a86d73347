/**
 * Refusals and confirmations as the API's `Status` objects.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 * @fidelity observed kubernetes-api.md §15 — Codes, reasons, details, `Retry-After`.
 */
import type { AnyKind, KubernetesObject } from "@capstan/api"
import { apiError, type ApiError } from "@capstan/kubernetes"
import { type HttpAnswer, json } from "./HttpExchange.ts"

export const statusOf = (error: ApiError): object => {
  const { causes, code, group, kind, message, reason, retryAfterSeconds } = error
  const details = {
    // Every error has a name: the object's is the error's own only when there is one.
    ...(Object.hasOwn(error, "name") ? { name: error.name } : {}),
    ...(group === undefined ? {} : { group }),
    ...(kind === undefined ? {} : { kind }),
    ...(causes === undefined ? {} : { causes }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds })
  }
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(Object.keys(details).length === 0 ? {} : { details }),
    code
  }
}

/** A call that nobody answers breaks the connection; every other refusal is a Status. */
export const refuse = (error: ApiError): HttpAnswer => {
  if (error.reason === "Unreachable") return { _tag: "Cut" }
  const { retryAfterSeconds } = error
  return json(
    error.code,
    statusOf(error),
    retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }
  )
}

/** What a deletion that is over answers with. */
export const deleted = (kind: AnyKind, object: KubernetesObject): HttpAnswer =>
  json(200, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: object.metadata.name,
      ...(kind.group === "" ? {} : { group: kind.group }),
      kind: kind.plural,
      uid: object.metadata.uid
    }
  })

export const success = (status: number): HttpAnswer =>
  json(status, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: status })

export const methodNotAllowed = (): ApiError =>
  apiError("MethodNotAllowed", "the server does not allow this method on the requested resource")

export const unauthorized = (): ApiError => apiError("Unauthorized", "Unauthorized")

/** What a real server says of options that it does not know how to follow. */
export const invalidOption = (options: string, field: string, message: string): ApiError =>
  apiError("Invalid", `${options}.meta.k8s.io "" is invalid: ${field}: ${message}`, {
    kind: options,
    group: "meta.k8s.io",
    causes: [{ field, reason: "FieldValueInvalid", message }]
  })
