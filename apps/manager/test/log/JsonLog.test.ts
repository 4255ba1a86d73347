import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { TestConsole } from "effect/testing"
import { jsonLogger, levelOf } from "../../src/log/JsonLog.ts"
import { reconcileLog } from "../../src/log/ReconcileLog.ts"

describe("jsonLogger", () => {
  it.effect("says whose reconcile failed, and why, in one line of JSON", () =>
    Effect.gen(function* () {
      const info = {
        controller: "machine",
        request: { namespace: "default", name: "m-1" },
        trigger: { _tag: "Resync" },
        id: 7
      } as const
      yield* Effect.exit(reconcileLog.around(info, Effect.fail(new Error("no capacity"))))
      const [line] = yield* TestConsole.errorLines
      assert.deepInclude(JSON.parse(String(line)), {
        level: "error",
        msg: "Reconciler error",
        controller: "machine",
        namespace: "default",
        name: "m-1",
        reconcileID: 7,
        err: "no capacity"
      })
    }).pipe(Effect.provide(Logger.layer([jsonLogger])))
  )

  it.each([
    [0, "Info"],
    [2, "Info"],
    [4, "Debug"],
    [6, "Trace"]
  ] as const)("-v %i shows %s", (verbosity, level) => assert.strictEqual(levelOf(verbosity), level))
})
