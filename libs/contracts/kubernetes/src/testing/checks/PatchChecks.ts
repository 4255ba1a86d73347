/** Promises about patches: merge, JSON, on status and scale. */
import { Effect } from "effect"
import { check, claim, type ConformanceCheck, refused, same, versionOf } from "../ConformanceCheck.ts"
import { Widget } from "../Widget.ts"

export const patchChecks: ReadonlyArray<ConformanceCheck> = [
  check("merge patch", "merges objects, deletes by null, replaces lists whole", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a", { spec: { tags: ["x", "y"], names: { a: "1", b: "2" }, code: "abc" } })
      const body = { spec: { tags: ["z"], names: { b: null, c: "3" }, code: null } }
      const next = yield* api.patch(Widget, key("a"), { type: "merge", body })
      yield* same("tags", next.spec.tags, ["z"])
      yield* same("names", next.spec.names, { a: "1", c: "3" })
      yield* same("code", next.spec.code, undefined)
      yield* same("size", next.spec.size, 1)
      yield* same("generation", next.metadata.generation, 2)
    })
  ),
  check("merge patch", "writes nothing when it changes nothing", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const next = yield* api.patch(Widget, key("a"), { type: "merge", body: { spec: { size: 1, code: null } } })
      yield* same("version", next.metadata.resourceVersion, made.metadata.resourceVersion)
    })
  ),
  check("merge patch", "takes a version in it as a precondition", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const patch = (resourceVersion: string, size: number) =>
        api.patch(Widget, key("a"), { type: "merge", body: { metadata: { resourceVersion }, spec: { size } } })
      yield* patch(made.metadata.resourceVersion, 2)
      yield* refused("Conflict", patch(made.metadata.resourceVersion, 3))
    })
  ),
  check("merge patch", "cannot change the uid", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      const body = { metadata: { uid: "11111111-1111-4111-8111-111111111111" }, spec: { size: 2 } }
      const error = yield* refused("Invalid", api.patch(Widget, key("a"), { type: "merge", body }))
      yield* same("field", error.causes?.[0]?.field, "metadata.uid")
      yield* claim(error.message.includes("field is immutable"), error.message)
    })
  ),
  check("merge patch", "without a version loses no update", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      yield* Effect.forEach(
        ["p", "q", "r", "s"],
        (name) => api.patch(Widget, key("a"), { type: "merge", body: { spec: { names: { [name]: "x" } } } }),
        { concurrency: 4, discard: true }
      )
      yield* same("names", (yield* api.get(Widget, key("a"))).spec.names, { p: "x", q: "x", r: "x", s: "x" })
    })
  ),
  check("merge patch", "of what is missing is refused", ({ api, key }) =>
    Effect.gen(function* () {
      yield* refused("NotFound", api.patch(Widget, key("a"), { type: "merge", body: {} }))
    })
  ),
  check("merge patch", "cannot rename", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      yield* refused("BadRequest", api.patch(Widget, key("a"), { type: "merge", body: { metadata: { name: "b" } } }))
    })
  ),
  check("merge patch", "that breaks the schema is refused", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      yield* refused("Invalid", api.patch(Widget, key("a"), { type: "merge", body: { spec: { size: 500 } } }))
      yield* refused("Invalid", api.patch(Widget, key("a"), { type: "merge", body: { spec: null } }))
    })
  ),
  check("JSON patch", "adds, removes, replaces, moves, copies and tests", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a", { spec: { tags: ["x", "y"], names: { a: "1" } } })
      const next = yield* api.patch(Widget, key("a"), {
        type: "json",
        body: [
          { op: "test", path: "/spec/size", value: 1 },
          { op: "add", path: "/spec/tags/1", value: "between" },
          { op: "add", path: "/spec/tags/-", value: "last" },
          { op: "remove", path: "/spec/tags/0" },
          { op: "replace", path: "/spec/size", value: 2 },
          { op: "copy", from: "/spec/names/a", path: "/spec/names/b" },
          { op: "move", from: "/spec/names/a", path: "/spec/names/c~1d" }
        ]
      })
      yield* same("tags", next.spec.tags, ["between", "y", "last"])
      yield* same("names", next.spec.names, { b: "1", "c/d": "1" })
      yield* same("size", next.spec.size, 2)
    })
  ),
  check("JSON patch", "is all or nothing", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      const error = yield* refused(
        "Invalid",
        api.patch(Widget, key("a"), {
          type: "json",
          body: [
            { op: "replace", path: "/spec/size", value: 2 },
            { op: "test", path: "/spec/size", value: 3 }
          ]
        })
      )
      yield* same("message", error.message, "the server rejected our request due to an error in our request")
      yield* same("size", (yield* api.get(Widget, key("a"))).spec.size, 1)
    })
  ),
  check("JSON patch", "cannot remove what is not there", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      yield* refused(
        "Invalid",
        api.patch(Widget, key("a"), { type: "json", body: [{ op: "remove", path: "/spec/code" }] })
      )
    })
  ),
  check("JSON patch", "writes nothing when it changes nothing", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const next = yield* api.patch(Widget, key("a"), {
        type: "json",
        body: [{ op: "replace", path: "/spec/size", value: 1 }]
      })
      yield* same("version", next.metadata.resourceVersion, made.metadata.resourceVersion)
    })
  ),
  check("status patch", "changes the status alone", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      const body = { spec: { size: 9 }, status: { phase: "Ready" } }
      const next = yield* api.patch(Widget, key("a"), { type: "merge", body }, { subresource: "status" })
      yield* same("status", next.status, { phase: "Ready" })
      yield* same("size", next.spec.size, 1)
      yield* same("generation", next.metadata.generation, 1)
    })
  ),
  check("status patch", "a patch of the main resource ignores status", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const next = yield* api.patch(Widget, key("a"), { type: "merge", body: { status: { phase: "Mine" } } })
      yield* same("status", next.status, undefined)
      yield* same("version", next.metadata.resourceVersion, made.metadata.resourceVersion)
    })
  ),
  check("scale", "sets the replicas and nothing else", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      const body = { spec: { replicas: 5, size: 9 } }
      yield* api.patch(Widget, key("a"), { type: "merge", body }, { subresource: "scale" })
      const next = yield* api.get(Widget, key("a"))
      yield* same("replicas", next.spec.replicas, 5)
      yield* same("size", next.spec.size, 1)
      yield* same("generation", next.metadata.generation, 2)
    })
  ),
  check("scale", "takes a version as a precondition and refuses less than none", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const scale = (body: object) => api.patch(Widget, key("a"), { type: "merge", body }, { subresource: "scale" })
      yield* scale({ spec: { replicas: 2 } })
      yield* refused(
        "Conflict",
        scale({ metadata: { resourceVersion: made.metadata.resourceVersion }, spec: { replicas: 3 } })
      )
      yield* refused("Invalid", scale({ spec: { replicas: -1 } }))
      yield* claim(versionOf(yield* api.get(Widget, key("a"))) > versionOf(made), "the version grows")
    })
  )
]
