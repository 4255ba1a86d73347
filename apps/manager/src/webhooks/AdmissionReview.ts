/**
 * AdmissionReview (admission.k8s.io/v1): what the API server asks before it stores, and our answer. Pure.
 *
 * The answers come from the kinds' own admission, which the simulated API calls in process. The server converts what was sent
 * in an older version before it asks; nothing has checked such an object against the storage version's schema yet, so that is
 * done here. What comes in the storage version is checked by the server itself, after it was filled in.
 *
 * @source https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response
 * @source https://github.com/kubernetes-sigs/controller-runtime pkg/webhook/admission
 */
import {
  type AnyKind,
  completeFieldError,
  type FieldError,
  groupKindOf,
  isJsonObject,
  type KubernetesObject
} from "@capstan/api"
import { Result, Schema, SchemaIssue } from "effect"
import { jsonPatchBetween } from "./JsonPatchBetween.ts"
import type { Review } from "./WebhookPaths.ts"

const Json = Schema.Record(Schema.String, Schema.Unknown)
const GroupVersionKind = Schema.Struct({ group: Schema.String, version: Schema.String, kind: Schema.String })

const Request = Schema.Struct({
  uid: Schema.String,
  kind: GroupVersionKind,
  requestKind: Schema.optionalKey(GroupVersionKind),
  name: Schema.optionalKey(Schema.String),
  operation: Schema.Literals(["CREATE", "UPDATE", "DELETE", "CONNECT"]),
  object: Schema.optionalKey(Schema.NullOr(Json)),
  oldObject: Schema.optionalKey(Schema.NullOr(Json))
})
type Request = typeof Request.Type

const AdmissionReview = Schema.Struct({
  apiVersion: Schema.Literal("admission.k8s.io/v1"),
  kind: Schema.Literal("AdmissionReview"),
  request: Request
})

export interface AdmissionResponse {
  readonly uid: string
  readonly allowed: boolean
  readonly patchType?: "JSONPatch"
  /** Base64. */
  readonly patch?: string
  readonly warnings?: ReadonlyArray<string>
  readonly status?: { readonly [field: string]: unknown }
}

/** A refusal as a Status, worded as the API server words its own. */
const invalidStatus = (kind: AnyKind, name: string, errors: ReadonlyArray<FieldError>) => {
  const all = errors.map(({ field, message }) => `${field}: ${message}`)
  const text = all.length === 1 ? all[0] : `[${all.join(", ")}]`
  return {
    metadata: {},
    status: "Failure",
    message: `${groupKindOf(kind)} "${name}" is invalid: ${text}`,
    reason: "Invalid",
    details: {
      name,
      group: kind.group,
      kind: kind.kind,
      causes: errors.map(({ field, message, reason }) => ({ reason, message, field }))
    },
    code: 422
  }
}

const failure = (code: number, reason: string, message: string) => ({
  metadata: {},
  status: "Failure",
  message,
  reason,
  code
})

const fieldOf = (path: ReadonlyArray<PropertyKey> | undefined): string =>
  (path ?? [])
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "")

const issuesIn = SchemaIssue.makeFormatterStandardSchemaV1()

/** What the storage version's schema says against an object that came in an older version. */
const shapeErrors = (kind: AnyKind, object: KubernetesObject): ReadonlyArray<FieldError> => {
  const {
    apiVersion: _apiVersion,
    kind: _kind,
    metadata: _metadata,
    ...body
  } = object as KubernetesObject & {
    readonly [field: string]: unknown
  }
  // A kind's schema needs no services: it says what JSON may be there.
  const decode = Schema.decodeUnknownResult(kind.schema as Schema.Codec<unknown>, { errors: "all" })
  const decoded = decode(body)
  if (Result.isSuccess(decoded)) return []
  return issuesIn(decoded.failure.issue).issues.map(({ message, path }) => ({
    field: fieldOf(path as ReadonlyArray<PropertyKey> | undefined),
    reason: "FieldValueInvalid",
    message: `Invalid value: ${message}`
  }))
}

/** The review's objects are what the API server read, with type and metadata. */
const objectIn = (json: Request["object"]): KubernetesObject | undefined =>
  json !== undefined && json !== null && isJsonObject(json["metadata"])
    ? (json as unknown as KubernetesObject)
    : undefined

const mutation = (kind: AnyKind, request: Request): Omit<AdmissionResponse, "uid"> => {
  const object = objectIn(request.object)
  if (object === undefined || kind.admission.default === undefined) return { allowed: true }
  let filled: KubernetesObject
  try {
    filled = kind.admission.default(object, objectIn(request.oldObject))
  } catch {
    // Admission is written for objects of the right shape; of the others the schema, which comes next, says what is wrong.
    return { allowed: true }
  }
  const patch = jsonPatchBetween(object, filled)
  if (patch.length === 0) return { allowed: true }
  return { allowed: true, patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") }
}

const errorsOf = (kind: AnyKind, request: Request): ReadonlyArray<FieldError> => {
  const { validate, validateDelete } = kind.admission
  const old = objectIn(request.oldObject)
  if (request.operation === "DELETE") return old === undefined ? [] : (validateDelete?.(old) ?? [])
  const object = objectIn(request.object)
  if (object === undefined) return []
  const cameOlder = request.requestKind !== undefined && request.requestKind.version !== kind.version
  const misshapen = cameOlder ? shapeErrors(kind, object) : []
  if (misshapen.length > 0) return misshapen
  return (validate?.(object, old) ?? []).map((error) => completeFieldError(object, error))
}

const validation = (kind: AnyKind, request: Request): Omit<AdmissionResponse, "uid"> => {
  const name = request.name ?? objectIn(request.object)?.metadata.name ?? ""
  try {
    const errors = errorsOf(kind, request)
    return errors.length === 0 ? { allowed: true } : { allowed: false, status: invalidStatus(kind, name, errors) }
  } catch {
    const why = `the checks of ${groupKindOf(kind)} could not be made: the object has not the shape of ${kind.version}`
    return { allowed: false, status: failure(500, "InternalError", why) }
  }
}

/** The answer to a review of a kind, as a whole AdmissionReview; fails with what is wrong with the question. */
export const answerAdmission = (review: Review, kind: AnyKind, question: unknown): Result.Result<object, string> =>
  Result.map(
    Result.mapError(
      Schema.decodeUnknownResult(AdmissionReview)(question),
      () => "this is no AdmissionReview of admission.k8s.io/v1 with a request"
    ),
    ({ request }) => {
      const { group, kind: asked, version } = request.kind
      const answer =
        group !== kind.group || asked !== kind.kind || version !== kind.version
          ? {
              allowed: false,
              status: failure(400, "BadRequest", `${asked} of ${group}/${version} is not reviewed at this path`)
            }
          : review === "mutate"
            ? mutation(kind, request)
            : validation(kind, request)
      const response: AdmissionResponse = { uid: request.uid, ...answer }
      return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }
    }
  )
