/** A live client and the scripted server that it talks to. */
import { type ApiError, KubernetesApi, type KubernetesClient } from "@capstan/kubernetes"
import { assert } from "@effect/vitest"
import { Context, Effect, Layer, Result } from "effect"
import { inspect } from "node:util"
import { layer } from "../src/index.ts"
import { kubeconfigFor, type Script, scriptedServer, type ScriptedServer, token } from "./ScriptedServer.ts"

export const key = { namespace: "default", name: "a" }

export interface Wish {
  readonly deadlineMillis?: number
  readonly kubeconfig?: (server: ScriptedServer) => string
}

export const situation = (script: Script, { deadlineMillis = 5_000, kubeconfig = kubeconfigFor }: Wish = {}) =>
  Effect.gen(function* () {
    const server = yield* scriptedServer(script)
    const live = layer({
      userAgent: "tests/1",
      kubeconfig: { _tag: "Text", text: kubeconfig(server) },
      deadlineMillis
    })
    const api: KubernetesClient = Context.get(yield* Layer.build(live), KubernetesApi)
    return { server, api }
  })

/** The refusal; no error, however it is printed, may show a credential. */
export const refusalOf = <A>(call: Effect.Effect<A, ApiError>): Effect.Effect<ApiError> =>
  Effect.map(Effect.result(call), (result) => {
    if (Result.isSuccess(result)) throw new Error(`it should have been refused: ${inspect(result.success)}`)
    const error = result.failure
    assert.notInclude(`${inspect(error, { depth: 9 })} ${JSON.stringify(error)} ${error.stack}`, token)
    return error
  })
