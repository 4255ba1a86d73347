/** Promises about replacing: versions, conflicts, writes that change nothing, generation, status. */
import { Effect, Result } from "effect"
import type { ApiError } from "../../ApiError.ts"
import { ConfigMap } from "../../core/ConfigMap.ts"
import { Lease } from "../../core/Lease.ts"
import { check, claim, type ConformanceCheck, refused, same, versionOf } from "../ConformanceCheck.ts"
import { Plant, Widget } from "../Widget.ts"

const letters = "abcdefghijklmnopqrst"

export const updateChecks: ReadonlyArray<ConformanceCheck> = [
  check("update", "gives a higher version and the next generation", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const next = yield* api.update(Widget, { ...made, spec: { ...made.spec, size: 2 } })
      yield* claim(versionOf(next) > versionOf(made), "the version grows")
      yield* same("generation", next.metadata.generation, 2)
      yield* same("uid", next.metadata.uid, made.metadata.uid)
    })
  ),
  check("update", "writes nothing when nothing changes", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a", { metadata: { labels: { x: "y" } } })
      const again = yield* api.update(Widget, {
        ...made,
        spec: { ...made.spec },
        metadata: { ...made.metadata, finalizers: [] }
      })
      yield* same("version", again.metadata.resourceVersion, made.metadata.resourceVersion)
    })
  ),
  check("update", "refuses a stale version with other content", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      yield* api.update(Widget, { ...made, spec: { ...made.spec, size: 2 } })
      const error = yield* refused("Conflict", api.update(Widget, { ...made, spec: { ...made.spec, size: 3 } }))
      yield* same(
        "message",
        error.message,
        'Operation cannot be fulfilled on widgets.conformance.capstan.dev "a": the object has been modified; please apply your changes to the latest version and try again'
      )
      yield* same("kind in details", error.kind, "widgets")
    })
  ),
  check("update", "refuses a stale version even if the content is what is there", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      yield* api.update(Widget, { ...made, spec: { ...made.spec, size: 2 } })
      yield* refused("Conflict", api.update(Widget, { ...made, spec: { ...made.spec, size: 2 } }))
    })
  ),
  check("update", "needs a version for custom resources and Leases", ({ api, namespace, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const error = yield* refused(
        "Invalid",
        api.update(Widget, { ...made, metadata: { ...made.metadata, resourceVersion: "" } })
      )
      yield* claim(error.message.includes("must be specified for an update"), error.message)
      const lease = yield* api.create(Lease, { metadata: { name: "l", namespace }, spec: { holderIdentity: "x" } })
      yield* refused(
        "Invalid",
        api.update(Lease, { ...lease, metadata: { ...lease.metadata, resourceVersion: "" }, spec: {} })
      )
    })
  ),
  check("update", "overwrites a ConfigMap when no version is given", ({ api, namespace }) =>
    Effect.gen(function* () {
      const made = yield* api.create(ConfigMap, { metadata: { name: "a", namespace }, data: { x: "1" } })
      const next = yield* api.update(ConfigMap, {
        ...made,
        metadata: { ...made.metadata, resourceVersion: "" },
        data: { x: "2" }
      })
      yield* same("data", next.data, { x: "2" })
    })
  ),
  check("update", "refuses what is missing, but creates a missing Lease", ({ api, namespace, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      yield* refused("NotFound", api.update(Widget, { ...made, metadata: { ...made.metadata, name: "b" } }))
      const lease = yield* api.create(Lease, { metadata: { name: "l", namespace }, spec: { holderIdentity: "x" } })
      const { uid: _, ...metadata } = lease.metadata
      const other = yield* api.update(Lease, {
        ...lease,
        metadata: { ...metadata, uid: "", resourceVersion: "", name: "m" }
      })
      yield* same("holder", other.spec?.holderIdentity, "x")
    })
  ),
  check("update", "takes a differing uid as a precondition", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const other = {
        ...made,
        metadata: { ...made.metadata, uid: "11111111-1111-4111-8111-111111111111" },
        spec: { size: 2 }
      }
      yield* refused("Conflict", api.update(Widget, other))
    })
  ),
  check("update", "loses no increment of twenty racing writers", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a", { spec: { replicas: 0 } })
      // Each writer leaves its name: equal content would pass with a stale version.
      const increment = (writer: number): Effect.Effect<void, ApiError> =>
        Effect.gen(function* () {
          for (;;) {
            const now = yield* api.get(Widget, key("a"))
            const wanted = {
              ...now,
              spec: { ...now.spec, replicas: (now.spec.replicas ?? 0) + 1, code: letters[writer] ?? "" }
            }
            const written = yield* Effect.result(api.update(Widget, wanted))
            if (Result.isSuccess(written)) return
            if (written.failure.reason !== "Conflict") return yield* Effect.fail(written.failure)
          }
        })
      yield* Effect.forEach(
        Array.from({ length: 20 }, (_, i) => i),
        increment,
        { concurrency: 20, discard: true }
      )
      yield* same("sum", (yield* api.get(Widget, key("a"))).spec.replicas, 20)
      yield* same(
        "generation",
        (yield* api.get(Widget, key("a"))).metadata.generation,
        (made.metadata.generation ?? 0) + 20
      )
    })
  ),
  check("update", "leaves the status alone", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const ready = yield* api.updateStatus(Widget, { ...made, status: { phase: "Ready" } })
      yield* api.update(Widget, { ...ready, spec: { ...ready.spec, size: 2 }, status: { phase: "Mine" } })
      yield* same("status", (yield* api.get(Widget, key("a"))).status, { phase: "Ready" })
    })
  ),
  check("update", "does not clear what is the server's", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const metadata = {
        name: "a",
        namespace: made.metadata.namespace ?? "",
        resourceVersion: made.metadata.resourceVersion,
        labels: { x: "y" }
      }
      // What the caller leaves out is the server's to keep: `uid` and `creationTimestamp` are not sent.
      const next = yield* api.update(Widget, { ...made, metadata } as unknown as Widget)
      yield* same("uid", next.metadata.uid, made.metadata.uid)
      yield* same("creation", next.metadata.creationTimestamp, made.metadata.creationTimestamp)
      yield* same("generation", next.metadata.generation, 1)
    })
  ),
  check("update", "stores nothing on a dry run", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const dry = yield* api.update(Widget, { ...made, spec: { ...made.spec, size: 9 } }, { dryRun: true })
      yield* same("size in the answer", dry.spec.size, 9)
      yield* same("size", (yield* api.get(Widget, key("a"))).spec.size, 1)
    })
  ),
  check("status", "changes the status alone, without a new generation", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const wanted = {
        ...made,
        metadata: { ...made.metadata, labels: { x: "y" } },
        spec: { ...made.spec, size: 50 },
        status: { phase: "Ready" }
      }
      const next = yield* api.updateStatus(Widget, wanted)
      yield* same("status", next.status, { phase: "Ready" })
      yield* same("spec", next.spec, made.spec)
      yield* same("labels", next.metadata.labels, undefined)
      yield* same("generation", next.metadata.generation, 1)
      yield* claim(versionOf(next) > versionOf(made), "the version grows")
    })
  ),
  check("status", "refuses a stale version", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      yield* api.updateStatus(Widget, { ...made, status: { phase: "One" } })
      yield* refused("Conflict", api.updateStatus(Widget, { ...made, status: { phase: "Two" } }))
    })
  ),
  check("status", "is checked by the schema", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const status = { replicas: "many" }
      const error = yield* refused(
        "Invalid",
        api.patch(
          Widget,
          { namespace: made.metadata.namespace ?? "", name: "a" },
          { type: "merge", body: { status } },
          { subresource: "status" }
        )
      )
      yield* same("field", error.causes?.[0]?.field, "status.replicas")
    })
  ),
  check("generation", "counts changes of the body, not of metadata", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      const labelled = yield* api.update(Widget, { ...made, metadata: { ...made.metadata, labels: { x: "y" } } })
      yield* same("after a label", labelled.metadata.generation, 1)
      const sized = yield* api.update(Widget, { ...labelled, spec: { ...labelled.spec, size: 2 } })
      yield* same("after a change of spec", sized.metadata.generation, 2)
    })
  ),
  check("generation", "counts the status where it is no subresource", ({ api, namespace }) =>
    Effect.gen(function* () {
      const name = `${namespace}-plant`
      const made = yield* api.create(Plant, { metadata: { name }, spec: { height: 1 } })
      const next = yield* api.update(Plant, { ...made, status: { phase: "Green" } })
      yield* same("generation", next.metadata.generation, 2)
      yield* api.delete(Plant, { namespace: "", name })
    })
  ),
  check("versions", "an object in another served version is stored in the storage version", ({ api, key, namespace }) =>
    Effect.gen(function* () {
      const old = {
        apiVersion: "conformance.capstan.dev/v1alpha1",
        kind: "Widget",
        metadata: { name: "a", namespace },
        spec: { size: 3 }
      }
      yield* api.create(Widget, old)
      const stored = yield* api.get(Widget, key("a"))
      yield* same("apiVersion", stored.apiVersion, "conformance.capstan.dev/v1")
      yield* same("spec", stored.spec.size, 3)
    })
  ),
  check("versions", "an unknown version is refused", ({ api, namespace }) =>
    Effect.gen(function* () {
      const odd = {
        apiVersion: "conformance.capstan.dev/v9",
        kind: "Widget",
        metadata: { name: "a", namespace },
        spec: { size: 3 }
      }
      yield* refused("BadRequest", api.create(Widget, odd))
    })
  )
]
