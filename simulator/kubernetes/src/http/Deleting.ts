/**
 * DELETE of objects, one or many, and the eviction of Pods.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-deletion
 * @fidelity observed kube-apiserver-1.36 — Where options come from, what is answered, evictions.
 */
import type { AnyKind, KubernetesObject, ObjectOf } from "@capstan/api"
import { Result } from "effect"
import { type Answer, isText } from "../Decoding.ts"
import { isObject, type JsonObject } from "../FrozenValue.ts"
import { badRequest } from "../StatusErrors.ts"
import type { DeleteAs } from "../WritePath.ts"
import { acceptedRepresentation } from "./Accepting.ts"
import type { Call } from "./Call.ts"
import { type HttpAnswer, whole } from "./HttpExchange.ts"
import { listText, matchingOf, showObject } from "./Reading.ts"
import { objectBody } from "./RequestBody.ts"
import type { ResourceTarget } from "./RequestTarget.ts"
import { deleted, invalidOption, methodNotAllowed, success } from "./StatusAnswer.ts"
import { agentOf, isDryRun } from "./WriteParameters.ts"

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
    // On a dry run the object is still there: it would stay if it came back marked.
    const gone = options.dryRun === true ? object.metadata.deletionTimestamp === undefined : isGone(call, kind, object)
    return gone ? deleted(kind, object) : yield* showObject(call, served, object)
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

/** The `eviction` of a Pod. A dry run does not ask the budgets. */
export const evict = (call: Call, { name = "", namespace, served }: ResourceTarget): Answer<HttpAnswer> =>
  Result.gen(function* () {
    const sent = yield* objectBody(call.request)
    if (isText(sent.kind) && sent.kind !== "Eviction") {
      return yield* Result.fail(
        badRequest(`the kind in the data (${sent.kind}) does not match the expected kind (Eviction)`)
      )
    }
    const options = yield* deleteOptionsOf(call, isObject(sent.deleteOptions) ? sent.deleteOptions : {})
    if (options.dryRun === true) yield* call.server.get(served.kind, { namespace, name })
    else yield* call.server.evict({ namespace, name }, options)
    return success(201)
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
          `Unsupported value: ${JSON.stringify(wantedPolicy)}: supported values: "Foreground", "Background", "Orphan", "nil"`
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
