import { apiError, CustomResourceDefinition } from "@capstan/kubernetes"
import { anObject, MemoryApi } from "@capstan/kubernetes/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { preflight } from "../../src/assembly/Preflight.ts"

/** A cluster in which only the kinds that `lacks` gives false for are served. */
const clusterWithout = (lacks: (kind: string) => boolean): MemoryApi => {
  const api = new MemoryApi()
  api.intervene = ({ kind, operation }) =>
    operation === "list" && lacks(kind)
      ? apiError("NotFound", "the server could not find the requested resource")
      : undefined
  return api
}

describe("preflight", () => {
  it.effect("is content with a cluster that has everything", () =>
    preflight().pipe(Effect.provide(new MemoryApi().layer))
  )

  it.effect("names the command to run when the kinds are missing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(preflight().pipe(Effect.provide(clusterWithout(() => true).layer)))
      assert.strictEqual(error.code, 3)
      assert.include(error.message, "it has no clusters.cluster.x-k8s.io (and 13 more)")
      assert.include(error.message, "run `capstan manager install` first")
    })
  )

  it.effect("tells kinds of another version from missing ones", () =>
    Effect.gen(function* () {
      const api = clusterWithout((kind) => kind === "Machine")
      api.put(
        CustomResourceDefinition,
        anObject(CustomResourceDefinition, "machines.cluster.x-k8s.io", {
          metadata: { namespace: "" },
          spec: {
            versions: [
              { name: "v1alpha3", served: false },
              { name: "v1beta1", served: true }
            ]
          }
        })
      )
      const error = yield* Effect.flip(preflight().pipe(Effect.provide(api.layer)))
      assert.include(error.message, "its machines.cluster.x-k8s.io serves v1beta1 but not v1beta2")
    })
  )

  it.effect.each([
    ["Unauthorized", "they are wrong or have expired"],
    ["Forbidden", "they may not do what controllers do"]
  ] as const)("gives up on %s with what to do", ([reason, words]) =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.intervene = () => apiError(reason, "no")
      const error = yield* Effect.flip(preflight().pipe(Effect.provide(api.layer)))
      assert.include(error.message, words)
    })
  )

  it.effect("waits for a server that is away for ten minutes", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.intervene = () => apiError("Unreachable", "connection refused")
      const fiber = yield* Effect.forkChild(preflight().pipe(Effect.provide(api.layer)), { startImmediately: true })
      yield* TestClock.adjust("10 minutes")
      const asked = api.calls.filter(({ operation }) => operation === "list").length
      assert.isUndefined(fiber.pollUnsafe())
      // With growing pauses: no more than twice a minute in the end, four kinds at a time.
      assert.isBelow(asked, 4 * 30)
      api.intervene = () => undefined
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(fiber)
    })
  )
})
