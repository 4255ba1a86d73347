/**
 * Tokens of ServiceAccounts, asked for and never stored.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
 * @fidelity documented https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ — Whose name and groups a token stands for, and how long at least.
 * @fidelity assumed — A token is a random text, where a real server signs a JWT.
 */
import { apiError } from "@capstan/kubernetes"
import { Result } from "effect"
import type { Answer } from "../Decoding.ts"
import { isObject } from "../FrozenValue.ts"
import type { Call } from "./Call.ts"
import { type HttpAnswer, json } from "./HttpExchange.ts"
import { objectBody } from "./RequestBody.ts"
import type { ResourceTarget } from "./RequestTarget.ts"
import { methodNotAllowed } from "./StatusAnswer.ts"

const tokenSecondsUsual = 3600
const tokenSecondsMin = 600
const tokenSecondsMax = 2 ** 32

/** A token for a ServiceAccount. It is no JWT: only the server that made it can read anything from it. */
export const makeToken = (call: Call, { name = "", namespace, served }: ResourceTarget): Answer<HttpAnswer> =>
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
