/** What becomes of recorded events: written, counted, dropped. */
import { makeKind } from "@capstan/api"
import { apiError, Event, type Event as KubernetesEvent, KubernetesApi } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Schema } from "effect"
import { makeEventRecorder } from "../src/EventRecorder.ts"
import { makeNursery } from "../src/Nursery.ts"
import { anObject, MemoryApi } from "@capstan/kubernetes/testing"
import { pass, settle } from "./TestManager.ts"

const Thing = makeKind({ group: "example.org", kind: "Thing", version: "v1", schema: Schema.Struct({}) })
const thing = anObject(Thing, "a")

const world = Effect.gen(function* () {
  const api = new MemoryApi()
  const nursery = yield* Effect.provideService(makeNursery<KubernetesApi>(), KubernetesApi, api.client)
  const recorder = makeEventRecorder({ component: "test-manager", clock: yield* Clock.Clock, nursery })
  const record = (message: string, reason = "Happened") =>
    Effect.andThen(recorder.record(thing, { type: "Normal", reason, message }), settle)
  // The fake holds what was created through it: Events.
  const events = () => api.list(Event) as ReadonlyArray<KubernetesEvent>
  return { api, record, events }
})

describe("EventRecorder", () => {
  it.effect("writes who said what of which object", () =>
    Effect.gen(function* () {
      const { events, record } = yield* world
      yield* record("created it")
      const [event] = events()
      assert.deepStrictEqual(
        [
          event?.involvedObject.kind,
          event?.involvedObject.uid,
          event?.reason,
          event?.message,
          event?.count,
          event?.source?.component,
          event?.lastTimestamp
        ],
        ["Thing", "uid-of-a", "Happened", "created it", 1, "test-manager", "1970-01-01T00:00:00Z"]
      )
    })
  )

  it.effect("counts the same event within ten minutes, and starts anew afterwards", () =>
    Effect.gen(function* () {
      const { events, record } = yield* world
      yield* record("again")
      yield* pass("9 minutes")
      yield* record("again")
      yield* record("another")
      assert.deepStrictEqual(
        events().map(({ count, lastTimestamp, message }) => `${count} ${message} ${lastTimestamp}`),
        ["2 again 1970-01-01T00:09:00Z", "1 another 1970-01-01T00:09:00Z"]
      )
      yield* pass("11 minutes")
      yield* record("again")
      assert.deepStrictEqual(
        events().map(({ count }) => count),
        [2, 1, 1]
      )
    })
  )

  it.effect("lets an object say 25 things in a row, then one in five minutes", () =>
    Effect.gen(function* () {
      const { events, record } = yield* world
      for (let n = 0; n < 40; n++) yield* record(`message ${n}`)
      assert.strictEqual(events().length, 25)
      yield* pass("11 minutes")
      for (let n = 40; n < 50; n++) yield* record(`message ${n}`)
      assert.strictEqual(events().length, 27)
    })
  )

  it.effect("is patient with an API that cannot be reached, and drops what the API refuses", () =>
    Effect.gen(function* () {
      const { api, events, record } = yield* world
      api.intervene = () => apiError("Unreachable", "refused")
      yield* record("kept")
      api.intervene = () => undefined
      yield* pass("10 seconds")
      assert.strictEqual(events().length, 1)
      api.intervene = () => apiError("Forbidden", "no")
      yield* record("dropped")
      api.intervene = () => undefined
      yield* pass("10 minutes")
      assert.strictEqual(events().length, 1)
    })
  )
})
