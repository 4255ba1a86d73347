/** What is sent for a difference, and what becomes of conditions that others write too. */
import { type Condition, type KindObject, makeKind } from "@capstan/api"
import { type ApiError, apiError, KubernetesApi } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { mergePatchOf } from "../src/MergePatch.ts"
import { openWorkingCopy } from "../src/OpenWorkingCopy.ts"
import { mergeConditions, patchObject, type PatchOptions } from "../src/Patch.ts"
import { anObject, MemoryApi } from "@capstan/kubernetes/testing"

interface Body {
  readonly spec: {
    readonly size?: number
    readonly zones?: ReadonlyArray<string>
    readonly deep?: { readonly a?: number; readonly b?: number }
  }
  readonly status?: { readonly seen?: number; readonly conditions?: ReadonlyArray<Condition> }
}
const Thing = makeKind<Body>({ group: "example.org", kind: "Thing", version: "v1", schema: Schema.Any })
type Thing = KindObject<typeof Thing>
const Plain = makeKind<Body>({
  group: "example.org",
  kind: "Plain",
  version: "v1",
  schema: Schema.Any,
  subresources: { status: false }
})

const condition = (type: string, status: Condition["status"], reason = "Because"): Condition => ({
  type,
  status,
  reason,
  message: "",
  lastTransitionTime: "2030-01-01T00:00:00Z"
})

const differences = [
  {
    rule: "equal values differ in nothing",
    before: { a: [1, { b: 2 }] },
    after: { a: [1, { b: 2 }] },
    patch: undefined
  },
  {
    rule: "only what changed is sent",
    before: { a: 1, b: { c: 1, d: 2 } },
    after: { a: 1, b: { c: 1, d: 3 } },
    patch: { b: { d: 3 } }
  },
  {
    rule: "what is gone becomes null",
    before: { a: 1, b: { c: 1 } },
    after: { b: {} },
    patch: { a: null, b: { c: null } }
  },
  { rule: "undefined is as good as gone", before: { a: 1 }, after: { a: undefined, b: undefined }, patch: { a: null } },
  {
    rule: "undefined is never sent",
    before: {},
    after: { a: { b: undefined, c: [{ d: undefined }] } },
    patch: { a: { c: [{}] } }
  },
  { rule: "a list is one value", before: { a: [1, 2] }, after: { a: [1, 2, 3] }, patch: { a: [1, 2, 3] } },
  {
    rule: "an emptied map is emptied field by field",
    before: { a: { x: "1" } },
    after: { a: {} },
    patch: { a: { x: null } }
  },
  { rule: "a value may change its shape", before: { a: { x: 1 } }, after: { a: [1] }, patch: { a: [1] } }
]

describe("mergePatchOf", () => {
  it.each(differences)("$rule", ({ after, before, patch }) => {
    assert.deepStrictEqual(mergePatchOf(before, after), patch)
  })
})

const A = condition("A", "True")
const AFalse = condition("A", "False")
const AUnknown = condition("A", "Unknown")
const B = condition("B", "True")

const merges: ReadonlyArray<{
  readonly rule: string
  readonly lists: readonly [ReadonlyArray<Condition>, ReadonlyArray<Condition>, ReadonlyArray<Condition>]
  readonly owned?: ReadonlyArray<string>
  readonly merged: ReadonlyArray<Condition> | undefined
}> = [
  { rule: "keeps what the other added", lists: [[A], [AFalse], [A, B]], merged: [AFalse, B] },
  {
    rule: "keeps what the other changed and we did not",
    lists: [
      [A, B],
      [AFalse, B],
      [A, condition("B", "False")]
    ],
    merged: [AFalse, condition("B", "False")]
  },
  { rule: "adds ours beside the other's", lists: [[], [A], [B]], merged: [B, A] },
  {
    rule: "removes what we removed",
    lists: [[A, B], [B], [A, B, condition("C", "True")]],
    merged: [B, condition("C", "True")]
  },
  { rule: "agrees when both wrote the same", lists: [[A], [AFalse], [AFalse]], merged: [AFalse] },
  { rule: "conflicts when both changed one that is not ours", lists: [[A], [AFalse], [AUnknown]], merged: undefined },
  {
    rule: "wins when both changed one that is ours",
    lists: [[A], [AFalse], [AUnknown]],
    owned: ["A"],
    merged: [AFalse]
  }
]

describe("mergeConditions", () => {
  it.each(merges)("$rule", ({ lists: [before, after, latest], merged, owned }) => {
    assert.deepStrictEqual(mergeConditions(before, after, latest, owned ?? []), merged)
  })
})

/** An API with one Thing, as read, and the bodies that are sent from then on. */
const world = (rest: object = {}) => {
  const api = new MemoryApi()
  const before = api.put(Thing, anObject(Thing, "a", { spec: { size: 1, deep: { a: 1, b: 2 } }, ...rest })) as Thing
  const sent = () => api.calls.filter(({ operation }) => operation === "patch").map(({ body }) => body)
  const patch = (after: Thing, options?: PatchOptions): Effect.Effect<Result.Result<Thing, ApiError>> =>
    Effect.result(Effect.provideService(patchObject(Thing, before, after, options), KubernetesApi, api.client))
  return { api, before, patch, sent }
}

describe("patchObject", () => {
  it.effect("sends nothing when nothing differs", () =>
    Effect.gen(function* () {
      const { before, patch, sent } = world()
      const after = {
        ...before,
        spec: { ...before.spec, deep: { b: 2, a: 1 } },
        metadata: { ...before.metadata, resourceVersion: "9", uid: "other", generation: 7 }
      }
      assert.deepStrictEqual(yield* patch(after), Result.succeed(after))
      assert.deepStrictEqual(sent(), [])
    })
  )

  it.effect("sends metadata and spec in one patch, status in another", () =>
    Effect.gen(function* () {
      const { api, before, patch, sent } = world()
      const metadata = { ...before.metadata, labels: { x: "1" }, finalizers: ["f"] }
      yield* patch({ ...before, metadata, spec: { ...before.spec, size: 2 }, status: { seen: 1 } })
      assert.deepStrictEqual(sent(), [
        { metadata: { labels: { x: "1" }, finalizers: ["f"] }, spec: { size: 2 } },
        { status: { seen: 1 } }
      ])
      assert.deepStrictEqual((api.find(Thing, { namespace: "default", name: "a" }) as Thing).status, { seen: 1 })
    })
  )

  it.effect("sends status with the rest where it is no subresource", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const before = api.put(Plain, anObject(Plain, "p", { spec: { size: 1 } })) as KindObject<typeof Plain>
      yield* Effect.provideService(
        patchObject(Plain, before, { ...before, status: { seen: 1 } }),
        KubernetesApi,
        api.client
      )
      assert.deepStrictEqual(
        api.calls.map(({ body }) => body),
        [{ status: { seen: 1 } }]
      )
    })
  )

  it.effect("fails with Conflict on request when the object has changed", () =>
    Effect.gen(function* () {
      const { api, before, patch } = world()
      api.put(Thing, { ...before })
      const result = yield* patch({ ...before, spec: { ...before.spec, size: 2 } }, { optimisticLock: true })
      assert.strictEqual(Result.isFailure(result) && result.failure.reason, "Conflict")
    })
  )

  it.effect("does not miss the status of an object that went with its last finalizer", () =>
    Effect.gen(function* () {
      const { before, patch, sent } = world({
        metadata: { finalizers: ["f"], deletionTimestamp: "2030-01-01T00:00:00Z" }
      })
      const { finalizers: _, ...metadata } = before.metadata
      const result = yield* patch({ ...before, metadata: { ...metadata, finalizers: [] }, status: { seen: 2 } })
      assert.isTrue(Result.isSuccess(result))
      assert.strictEqual(sent().length, 2)
    })
  )

  it.effect("keeps conditions that somebody else wrote since", () =>
    Effect.gen(function* () {
      const { api, before, patch, sent } = world({ status: { conditions: [A] } })
      api.put(Thing, { ...before, status: { conditions: [A, B] } } as Thing)
      const result = yield* patch({ ...before, status: { seen: 1, conditions: [AFalse] } })
      assert.deepStrictEqual(Result.getOrThrow(result).status, { seen: 1, conditions: [AFalse, B] })
      assert.strictEqual(sent().length, 2)
    })
  )

  it.effect("gives up a condition that somebody else changed, unless it is its own", () =>
    Effect.gen(function* () {
      const first = world({ status: { conditions: [A] } })
      first.api.put(Thing, { ...first.before, status: { conditions: [AUnknown] } } as Thing)
      const foreign = yield* first.patch({ ...first.before, status: { conditions: [AFalse] } })
      assert.strictEqual(Result.isFailure(foreign) && foreign.failure.reason, "Conflict")
      const own = yield* first.patch({ ...first.before, status: { conditions: [AFalse] } }, { ownedConditions: ["A"] })
      assert.deepStrictEqual(Result.getOrThrow(own).status?.conditions, [AFalse])
    })
  )

  it.effect("stops after five conflicts", () =>
    Effect.gen(function* () {
      const { api, before, patch, sent } = world()
      api.intervene = ({ operation }) => (operation === "patch" ? apiError("Conflict", "again") : undefined)
      const fiber = yield* Effect.forkChild(patch({ ...before, status: { conditions: [A] } }))
      yield* TestClock.adjust("10 seconds")
      const result = yield* Fiber.join(fiber)
      assert.strictEqual(Result.isFailure(result) && result.failure.reason, "Conflict")
      assert.strictEqual(sent().length, 5)
    })
  )
})

describe("openWorkingCopy", () => {
  it.effect("writes what changed since the last write, once", () =>
    Effect.gen(function* () {
      const { api, before, sent } = world()
      const copy = yield* Effect.provideService(openWorkingCopy(Thing, before), KubernetesApi, api.client)
      yield* copy.persist
      copy.change((object) => ({ ...object, spec: { ...object.spec, size: 2 } }))
      yield* copy.persist
      copy.change((object) => ({ ...object, status: { seen: 3 } }))
      yield* copy.persist
      yield* copy.persist
      assert.deepStrictEqual(sent(), [{ spec: { size: 2 } }, { status: { seen: 3 } }])
      assert.strictEqual(copy.get().metadata.resourceVersion, "3")
    })
  )
})
