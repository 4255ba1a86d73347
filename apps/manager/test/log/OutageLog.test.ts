import { Cluster } from "@capstan/api"
import { apiError } from "@capstan/kubernetes"
import { MemoryApi } from "@capstan/kubernetes/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { withOutageLog } from "../../src/log/OutageLog.ts"

describe("withOutageLog", () => {
  it.effect("says once that nobody answers, and once that somebody does again", () => {
    const lines: Array<string> = []
    const collector = Logger.make(({ message }) => void lines.push(String(message)))
    return Effect.gen(function* () {
      const api = new MemoryApi()
      const client = withOutageLog(api.client)
      yield* client.list(Cluster)
      api.intervene = () => apiError("Unreachable", "connection refused")
      for (let call = 0; call < 3; call++) yield* Effect.exit(client.list(Cluster))
      api.intervene = () => apiError("Conflict", "no outage")
      yield* Effect.exit(client.list(Cluster))
      api.intervene = () => undefined
      yield* client.list(Cluster)
      yield* client.list(Cluster)
      assert.deepStrictEqual(lines, [
        "the management cluster does not answer: connection refused",
        "the management cluster answers again"
      ])
    }).pipe(Effect.provide(Logger.layer([collector])))
  })
})
