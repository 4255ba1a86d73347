/**
 * A request's body as a value: JSON, YAML, or the binary form that kubectl and client-go send for Kubernetes' own kinds.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 * @fidelity observed kube-apiserver-1.36 — Accepted types, no type at all, how unknown ones are refused.
 */
import { apiError, type ApiError } from "@capstan/kubernetes"
import { Result } from "effect"
import { parse } from "yaml"
import type { Answer } from "../Decoding.ts"
import { isObject, type JsonObject } from "../FrozenValue.ts"
import { badRequest } from "../StatusErrors.ts"
import type { HttpRequest } from "./HttpExchange.ts"
import { decodeProtobuf } from "./ProtobufBody.ts"

/** Bytes. */
export const bodyBytesMax = 3 * 1024 * 1024

/** How deep a body's objects and lists may lie in each other. */
const depthMax = 256

export const tooLarge = (): ApiError =>
  apiError("RequestEntityTooLarge", `Request entity too large: limit is ${bodyBytesMax}`)

/** The media type without its parameters, in lower case; empty when none is named. */
export const contentTypeOf = (request: HttpRequest): string =>
  (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? ""

export const unsupportedType = (accepted: ReadonlyArray<string>): ApiError =>
  apiError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`
  )

const decoder = new TextDecoder("utf-8", { fatal: true })

/** Any JSON value. */
export const jsonBody = (request: HttpRequest): Answer<unknown> => {
  if (request.body.length > bodyBytesMax) return Result.fail(tooLarge())
  try {
    const value: unknown = JSON.parse(decoder.decode(request.body))
    return isPlain(value, depthMax)
      ? Result.succeed(value)
      : Result.fail(badRequest("the body is nested too deeply, or has a field that no object can have"))
  } catch {
    return Result.fail(badRequest("couldn't get version/kind; json parse error: the body is not JSON"))
  }
}

/** Characters of a body that has to be read as YAML: reading takes its time. */
const yamlLengthMax = 1024 * 1024

/** An object in YAML, of which JSON is a part. Anchors are refused: nobody needs them, and they can grow without bound. */
export const yamlBody = (request: HttpRequest): Answer<JsonObject> => {
  if (request.body.length > bodyBytesMax) return Result.fail(tooLarge())
  try {
    const text = decoder.decode(request.body)
    const isJson = /^\s*\{/.test(text)
    if (!isJson && text.length > yamlLengthMax) return Result.fail(badRequest("a body in YAML may have one megabyte"))
    const value: unknown = isJson ? JSON.parse(text) : parse(text, { maxAliasCount: 0, logLevel: "silent" })
    if (isObject(value) && isPlain(value, depthMax)) return Result.succeed(value)
    return Result.fail(badRequest("the object provided is unrecognized"))
  } catch {
    return Result.fail(badRequest("error decoding YAML: the body is not YAML"))
  }
}

/** Whether a value is not too deep and has no key that would reach behind the object itself. */
const isPlain = (value: unknown, left: number): boolean => {
  if (typeof value !== "object" || value === null) return true
  if (left === 0 || Object.hasOwn(value, "__proto__")) return false
  return Object.values(value).every((part) => isPlain(part, left - 1))
}

/** An object of a kind, in any form that is accepted. */
export const objectBody = (request: HttpRequest): Answer<JsonObject> => {
  const type = contentTypeOf(request)
  if (request.body.length > bodyBytesMax) return Result.fail(tooLarge())
  if (type === "application/vnd.kubernetes.protobuf") return decodeProtobuf(request.body)
  if (type === "application/yaml") return yamlBody(request)
  if (type !== "" && type !== "application/json" && type !== "text/plain") {
    return Result.fail(unsupportedType(["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]))
  }
  const value = jsonBody(request)
  if (Result.isFailure(value)) return Result.fail(value.failure)
  return isObject(value.success)
    ? Result.succeed(value.success)
    : Result.fail(badRequest("the object provided is unrecognized"))
}
