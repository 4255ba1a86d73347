/** Promises about watches: starts, order, selection, deletions. */
import { Effect, Stream } from "effect"
import { check, claim, type ConformanceCheck, labelOf, refused, same, versionOf, watched } from "../ConformanceCheck.ts"
import { Widget } from "../Widget.ts"

export const watchChecks: ReadonlyArray<ConformanceCheck> = [
  check("watch", "from a list's version sees every later write in order", ({ api, key, namespace, widget }) =>
    Effect.gen(function* () {
      yield* widget("before")
      const { resourceVersion } = yield* api.list(Widget, { namespace })
      const action = Effect.gen(function* () {
        yield* widget("a")
        yield* widget("b")
        yield* api.patch(Widget, key("a"), { type: "merge", body: { spec: { size: 2 } } })
        yield* api.delete(Widget, key("b"))
      })
      const events = yield* watched(api, Widget, { namespace, resourceVersion, count: 4 }, action)
      yield* same("events", events.map(labelOf), ["ADDED a", "ADDED b", "MODIFIED a", "DELETED b"])
      const versions = events.map((event) => versionOf(event.object))
      yield* claim(
        versions.every((version, i) => i === 0 || version > (versions[i - 1] ?? 0)),
        `versions grow: ${versions.join(" ")}`
      )
      yield* claim((versions[0] ?? 0) > Number(resourceVersion), "all later than the start")
    })
  ),
  check("watch", "without a version begins with what there is", ({ api, namespace, widget }) =>
    Effect.gen(function* () {
      yield* widget("b")
      yield* widget("a")
      const events = yield* watched(
        api,
        Widget,
        { namespace, count: 3 },
        Effect.andThen(Effect.sleep(2000), widget("c"))
      )
      yield* same("events", events.map(labelOf), ["ADDED a", "ADDED b", "ADDED c"])
    })
  ),
  check("watch", "from version 0 does the same", ({ api, namespace, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      const events = yield* watched(api, Widget, { namespace, resourceVersion: "0", count: 1 }, Effect.void)
      yield* same("events", events.map(labelOf), ["ADDED a"])
    })
  ),
  check("watch", "from each version in the past gives exactly what came after", ({ api, key, namespace, widget }) =>
    Effect.gen(function* () {
      const { resourceVersion } = yield* api.list(Widget, { namespace })
      yield* widget("a")
      for (const size of [2, 3, 4, 5]) yield* api.patch(Widget, key("a"), { type: "merge", body: { spec: { size } } })
      const all = yield* watched(api, Widget, { namespace, resourceVersion, count: 5 }, Effect.void)
      for (let i = 0; i < 4; i++) {
        const start = all[i]?.object.metadata.resourceVersion ?? "0"
        const rest = yield* watched(api, Widget, { namespace, resourceVersion: start, count: 4 - i }, Effect.void)
        yield* same(
          `after ${i + 1}`,
          rest.map((event) => event.object.spec.size),
          all.slice(i + 1).map((event) => event.object.spec.size)
        )
      }
    })
  ),
  check("watch", "sees nothing of a write that changes nothing", ({ api, key, namespace, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const action = Effect.gen(function* () {
        yield* api.patch(Widget, key("a"), { type: "merge", body: { spec: { size: 1 } } })
        yield* api.update(Widget, made)
        yield* widget("b")
      })
      const { resourceVersion } = made.metadata
      const events = yield* watched(api, Widget, { namespace, resourceVersion, count: 1 }, action)
      yield* same("events", events.map(labelOf), ["ADDED b"])
    })
  ),
  check(
    "watch",
    "an object that leaves a selection is DELETED, one that comes in ADDED",
    ({ api, key, namespace, widget }) =>
      Effect.gen(function* () {
        const made = yield* widget("a", { metadata: { labels: { x: "1" } } })
        const label = (x: string | null, size: number) =>
          api.patch(Widget, key("a"), { type: "merge", body: { metadata: { labels: { x } }, spec: { size } } })
        const action = Effect.gen(function* () {
          yield* label("1", 2)
          yield* label("2", 3)
          yield* label("2", 4)
          yield* label("1", 5)
          yield* api.delete(Widget, key("a"))
        })
        const where = {
          namespace,
          labels: { matchLabels: { x: "1" } },
          resourceVersion: made.metadata.resourceVersion,
          count: 4
        }
        const events = yield* watched(api, Widget, where, action)
        yield* same("events", events.map(labelOf), ["MODIFIED a", "DELETED a", "ADDED a", "DELETED a"])
        yield* same(
          "sizes",
          events.map((event) => event.object.spec.size),
          [2, 2, 5, 5]
        )
        yield* claim(
          versionOf(events[1]?.object ?? made) > versionOf(events[0]?.object ?? made),
          "leaving carries the new version"
        )
      })
  ),
  check("watch", "by name sees that object alone", ({ api, key, namespace, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      yield* widget("b")
      const action = Effect.gen(function* () {
        yield* Effect.sleep(1000)
        yield* api.patch(Widget, key("b"), { type: "merge", body: { spec: { size: 2 } } })
        yield* api.patch(Widget, key("a"), { type: "merge", body: { spec: { size: 3 } } })
      })
      const where = { namespace, fields: { "metadata.name": "a" }, resourceVersion: "0", count: 2 }
      const events = yield* watched(api, Widget, where, action)
      yield* same("events", events.map(labelOf), ["ADDED a", "MODIFIED a"])
    })
  ),
  check(
    "watch",
    "removal after finalizers is MODIFIED, then DELETED with the deletion's version",
    ({ api, key, namespace, widget }) =>
      Effect.gen(function* () {
        const made = yield* widget("a", { metadata: { finalizers: ["capstan.dev/hold"] } })
        const action = Effect.gen(function* () {
          yield* api.delete(Widget, key("a"))
          yield* api.patch(Widget, key("a"), { type: "merge", body: { metadata: { finalizers: null } } })
        })
        const where = { namespace, resourceVersion: made.metadata.resourceVersion, count: 2 }
        const events = yield* watched(api, Widget, where, action)
        yield* same("events", events.map(labelOf), ["MODIFIED a", "DELETED a"])
        yield* claim(
          versionOf(events[1]?.object ?? made) > versionOf(events[0]?.object ?? made),
          "a deletion has a version of its own"
        )
      })
  ),
  check("watch", "refuses a version that is no number", ({ api, namespace }) =>
    Effect.gen(function* () {
      yield* refused("InternalError", Stream.runDrain(api.watch(Widget, { namespace, resourceVersion: "abc" })))
    })
  )
]
