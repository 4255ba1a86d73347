/**
 * Refusals and confirmations as the API's `Status` objects.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 * @fidelity observed kube-apiserver-1.36 — Codes, reasons, details, `Retry-After`.
 * @fidelity observed kube-apiserver-1.36.3 — Reasons of options that are refused, refusals with empty details.
 */
import type { AnyKind, KubernetesObject } from "@capstan/api"
import { apiError, type ApiError } from "@capstan/kubernetes"
import { type HttpAnswer, json } from "./HttpExchange.ts"

export const statusOf = (error: ApiError): object => {
  const { causes, code, group, kind, message, objectName = "", reason, retryAfterSeconds } = error
  const details = {
    ...(objectName === "" ? {} : { name: objectName }),
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
    ...(Object.keys(details).length === 0 && !withDetails.includes(reason) ? {} : { details }),
    code
  }
}

/** Refusals that have details even when there is nothing to say in them. */
const withDetails = ["Invalid", "MethodNotAllowed", "NotFound"]

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
    causes: [{ field, reason: reasonOf(message), message }]
  })

/** The reason that a message of this beginning stands for. */
const reasonOf = (message: string): string => {
  if (message.startsWith("Forbidden")) return "FieldValueForbidden"
  if (message.startsWith("Required")) return "FieldValueRequired"
  if (message.startsWith("Unsupported")) return "FieldValueNotSupported"
  return message.startsWith("Too long") ? "FieldValueTooLong" : "FieldValueInvalid"
}
