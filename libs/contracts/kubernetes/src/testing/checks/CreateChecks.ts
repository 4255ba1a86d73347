/** Promises about creating: names, metadata that is the server's, namespaces, status. */
import { Effect } from "effect"
import { ConfigMap } from "../../core/ConfigMap.ts"
import { check, claim, type ConformanceCheck, newWidget, refused, same } from "../ConformanceCheck.ts"
import { Plant, Widget } from "../Widget.ts"

export const createChecks: ReadonlyArray<ConformanceCheck> = [
  check("create", "fills uid, generation 1, creation time and a version", ({ widget }) =>
    Effect.gen(function* () {
      const { metadata } = yield* widget("a")
      yield* claim(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(metadata.uid),
        "uid is a random UUID"
      )
      yield* same("generation", metadata.generation, 1)
      yield* claim(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(metadata.creationTimestamp),
        "creation time has whole seconds in UTC"
      )
      yield* claim(/^[1-9]\d*$/.test(metadata.resourceVersion), "the version is a decimal")
    })
  ),
  check("create", "ignores uid, generation, times and status of the caller", ({ api, namespace }) =>
    Effect.gen(function* () {
      const metadata = {
        uid: "mine",
        generation: 7,
        creationTimestamp: "2001-01-01T00:00:00Z",
        deletionTimestamp: "2001-01-01T00:00:00Z"
      }
      const made = yield* api.create(Widget, newWidget(namespace, "a", { metadata, status: { phase: "Mine" } }))
      yield* claim(made.metadata.uid !== "mine", "uid is the server's")
      yield* same("generation", made.metadata.generation, 1)
      yield* claim(made.metadata.creationTimestamp > "2001-01-02", "creation time is the server's")
      yield* same("deletionTimestamp", made.metadata.deletionTimestamp, undefined)
      yield* same("status", made.status, undefined)
    })
  ),
  check("create", "keeps the status of a kind without the subresource", ({ api, namespace }) =>
    Effect.gen(function* () {
      const name = `${namespace}-plant`
      const made = yield* api.create(Plant, { metadata: { name }, spec: { height: 1 }, status: { phase: "Green" } })
      yield* same("status", made.status, { phase: "Green" })
      yield* api.delete(Plant, { namespace: "", name })
    })
  ),
  check("create", "refuses a name that is taken", ({ key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      const error = yield* refused("AlreadyExists", widget("a"))
      yield* same("message", error.message, `widgets.conformance.capstan.dev "${key("a").name}" already exists`)
      yield* same("kind in details", error.kind, "widgets")
    })
  ),
  check("create", "lets one of twenty racing creators win", ({ widget }) =>
    Effect.gen(function* () {
      const results = yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.result(widget("a")), {
        concurrency: 20
      })
      yield* same("winners", results.filter((result) => result._tag === "Success").length, 1)
      const reasons = results.flatMap((result) => (result._tag === "Failure" ? [result.failure.reason] : []))
      yield* same("losers", new Set(reasons).size, 1)
      yield* same("reason", reasons[0], "AlreadyExists")
    })
  ),
  check("create", "makes a name from generateName", ({ api, namespace }) =>
    Effect.gen(function* () {
      const make = api.create(Widget, { metadata: { generateName: "made-", namespace }, spec: { size: 1 } })
      const [a, b] = [yield* make, yield* make]
      yield* claim(
        /^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(a.metadata.name),
        `five characters of the alphabet: ${a.metadata.name}`
      )
      yield* claim(a.metadata.name !== b.metadata.name, "names differ")
    })
  ),
  check("create", "cuts a long generateName so that the name has 63 characters", ({ api, namespace }) =>
    Effect.gen(function* () {
      const made = yield* api.create(Widget, {
        metadata: { generateName: "x".repeat(80), namespace },
        spec: { size: 1 }
      })
      yield* same("length", made.metadata.name.length, 63)
    })
  ),
  check("create", "needs a name", ({ api, namespace }) =>
    Effect.gen(function* () {
      yield* refused("Invalid", api.create(Widget, { metadata: { namespace }, spec: { size: 1 } }))
    })
  ),
  check("create", "refuses a name that is no DNS subdomain", ({ widget }) =>
    Effect.gen(function* () {
      const error = yield* refused("Invalid", widget("Bad_Name"))
      yield* same("field", error.causes?.[0]?.field, "metadata.name")
      yield* claim(error.message.includes("a lowercase RFC 1123 subdomain must consist of"), error.message)
    })
  ),
  check("create", "refuses a missing namespace", ({ api }) =>
    Effect.gen(function* () {
      const error = yield* refused("NotFound", api.create(Widget, newWidget("no-such-namespace", "a")))
      yield* same("message", error.message, 'namespaces "no-such-namespace" not found')
    })
  ),
  check("create", "refuses labels that are no labels", ({ widget }) =>
    Effect.gen(function* () {
      yield* refused("Invalid", widget("a", { metadata: { labels: { "bad key!": "x" } } }))
      yield* refused("Invalid", widget("a", { metadata: { labels: { good: "not a value" } } }))
      yield* refused("Invalid", widget("a", { metadata: { labels: { good: "x".repeat(64) } } }))
    })
  ),
  check("create", "takes a finalizer without a domain on a custom kind, as Cluster API's own are", ({ widget }) =>
    Effect.gen(function* () {
      const created = yield* widget("a", { metadata: { finalizers: ["widget.example.dev"] } })
      yield* same("finalizers", created.metadata.finalizers, ["widget.example.dev"])
      yield* refused("Invalid", widget("b", { metadata: { finalizers: ["not a name"] } }))
    })
  ),
  check("create", "refuses a finalizer without a domain on a built-in kind", ({ api, namespace }) =>
    Effect.gen(function* () {
      const error = yield* refused(
        "Invalid",
        api.create(ConfigMap, { metadata: { namespace, name: "a", finalizers: ["mine"] } })
      )
      yield* claim(
        error.message.includes("name is neither a standard finalizer name nor is it fully qualified"),
        error.message
      )
    })
  ),
  check("create", "refuses two controllers", ({ widget }) =>
    Effect.gen(function* () {
      const owner = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", name, uid: name, controller: true })
      const error = yield* refused("Invalid", widget("a", { metadata: { ownerReferences: [owner("x"), owner("y")] } }))
      yield* claim(error.message.includes("Only one reference can have Controller set to true"), error.message)
    })
  ),
  check("create", "stores nothing on a dry run", ({ api, key, namespace }) =>
    Effect.gen(function* () {
      const made = yield* api.create(Widget, newWidget(namespace, "a"), { dryRun: true })
      yield* same("default", made.spec.replicas, 1)
      yield* refused("NotFound", api.get(Widget, key("a")))
    })
  ),
  check("create", "gives ConfigMaps no generation", ({ api, namespace }) =>
    Effect.gen(function* () {
      const made = yield* api.create(ConfigMap, { metadata: { name: "a", namespace }, data: { x: "y" } })
      yield* same("generation", made.metadata.generation, undefined)
    })
  )
]
