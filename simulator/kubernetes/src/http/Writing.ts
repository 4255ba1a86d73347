/**
 * POST and PUT of objects and their status.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 * @fidelity observed kube-apiserver-1.36 — What a PUT creates, what the status subresource takes.
 */
import type { NewObject, ObjectOf } from "@capstan/api"
import { Result } from "effect"
import type { Answer } from "../Decoding.ts"
import { notFound } from "../StatusErrors.ts"
import type { Call } from "./Call.ts"
import { evict } from "./Deleting.ts"
import type { HttpAnswer } from "./HttpExchange.ts"
import { putScale } from "./Patching.ts"
import { showObject } from "./Reading.ts"
import { objectBody } from "./RequestBody.ts"
import type { ResourceTarget } from "./RequestTarget.ts"
import { methodNotAllowed } from "./StatusAnswer.ts"
import { makeToken } from "./TokenRequest.ts"
import { placed, warningHeaders, writeParameters } from "./WriteParameters.ts"

export const postObject = (call: Call, target: ResourceTarget): Answer<HttpAnswer> => {
  const { name, namespace, served, subresource } = target
  const { group, kind } = served.kind
  if (subresource === "eviction" && group === "" && kind === "Pod") return evict(call, target)
  if (subresource === "token" && group === "" && kind === "ServiceAccount") return makeToken(call, target)
  if (name !== undefined || (namespace === "" && served.kind.scope === "Namespaced")) {
    return Result.fail(methodNotAllowed())
  }
  return Result.gen(function* () {
    const options = yield* writeParameters(call, "CreateOptions")
    const object = yield* placed(target, yield* objectBody(call.request))
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
  if (subresource === "scale") return putScale(call, target)
  if (subresource !== undefined && subresource !== "status") return Result.fail(notFound(kind, name))
  return Result.gen(function* () {
    const options = yield* writeParameters(call, "UpdateOptions")
    const object = yield* placed(target, yield* objectBody(call.request))
    // The server decodes, converts and checks whatever was sent.
    const sent = object as unknown as ObjectOf<unknown>
    const existed = Result.isSuccess(server.get(kind, { namespace, name }))
    const written =
      subresource === "status"
        ? yield* server.updateStatus(kind, sent, options)
        : yield* server.update(kind, sent, options)
    return yield* showObject(call, served, written, existed ? 200 : 201, warningHeaders(options.warnings))
  })
}
