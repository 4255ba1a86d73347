/** Promises about deletion: finalizers, grace, preconditions, namespaces. */
import { Effect } from "effect"
import { ConfigMap } from "../../core/ConfigMap.ts"
import { Namespace } from "../../core/Namespace.ts"
import { Pod } from "../../core/Pod.ts"
import {
  check,
  claim,
  type ConformanceCheck,
  eventually,
  isGone,
  newWidget,
  refused,
  same
} from "../ConformanceCheck.ts"
import { Widget } from "../Widget.ts"

const held = { metadata: { finalizers: ["capstan.dev/hold"] } }

export const deletionChecks: ReadonlyArray<ConformanceCheck> = [
  check("delete", "removes at once what nothing holds", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      yield* api.delete(Widget, key("a"))
      yield* refused("NotFound", api.get(Widget, key("a")))
      yield* refused("NotFound", api.delete(Widget, key("a")))
    })
  ),
  check("delete", "a name can be used again, with another uid", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const first = yield* widget("a")
      yield* api.delete(Widget, key("a"))
      yield* claim((yield* widget("a")).metadata.uid !== first.metadata.uid, "uids differ")
    })
  ),
  check("delete", "marks what a finalizer holds, with one more generation", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a", held)
      yield* api.delete(Widget, key("a"))
      const { metadata } = yield* api.get(Widget, key("a"))
      yield* claim(metadata.deletionTimestamp !== undefined, "it is marked")
      yield* same("grace", metadata.deletionGracePeriodSeconds, 0)
      yield* same("generation", metadata.generation, 2)
    })
  ),
  check("delete", "a second time changes nothing", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a", held)
      yield* api.delete(Widget, key("a"))
      const once = yield* api.get(Widget, key("a"))
      yield* api.delete(Widget, key("a"))
      yield* same("version", (yield* api.get(Widget, key("a"))).metadata.resourceVersion, once.metadata.resourceVersion)
    })
  ),
  check("delete", "a marked object can still change, and an update does not unmark it", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a", held)
      yield* api.delete(Widget, key("a"))
      const { metadata, ...body } = yield* api.get(Widget, key("a"))
      const { deletionTimestamp, ...unmarked } = metadata
      const next = yield* api.update(Widget, { ...body, metadata: unmarked, spec: { ...body.spec, size: 2 } })
      yield* same("deletionTimestamp", next.metadata.deletionTimestamp, deletionTimestamp)
      yield* same("size", next.spec.size, 2)
    })
  ),
  check("delete", "a marked object takes no new finalizers", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a", held)
      yield* api.delete(Widget, key("a"))
      const body = { metadata: { finalizers: ["capstan.dev/hold", "capstan.dev/more"] } }
      const error = yield* refused("Invalid", api.patch(Widget, key("a"), { type: "merge", body }))
      yield* claim(
        error.message.includes(
          'no new finalizers can be added if the object is being deleted, found new finalizers []string{"capstan.dev/more"}'
        ),
        error.message
      )
    })
  ),
  check("delete", "goes with its last finalizer, not before", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a", { metadata: { finalizers: ["capstan.dev/one", "capstan.dev/two"] } })
      yield* api.delete(Widget, key("a"))
      const keep = (finalizers: ReadonlyArray<string>) =>
        api.patch(Widget, key("a"), { type: "merge", body: { metadata: { finalizers } } })
      yield* keep(["capstan.dev/two"])
      const before = yield* api.get(Widget, key("a"))
      const last = yield* keep([])
      yield* same("version in the answer", last.metadata.resourceVersion, before.metadata.resourceVersion)
      yield* claim(yield* isGone(api, Widget, key("a")), "it is gone")
    })
  ),
  check("delete", "removing a finalizer from what is not being deleted keeps it", ({ api, key, widget }) =>
    Effect.gen(function* () {
      yield* widget("a", held)
      yield* api.patch(Widget, key("a"), { type: "merge", body: { metadata: { finalizers: null } } })
      yield* same("finalizers", (yield* api.get(Widget, key("a"))).metadata.finalizers, undefined)
    })
  ),
  check("delete", "takes uid and version as preconditions", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const { metadata } = yield* widget("a")
      const uid = "11111111-1111-4111-8111-111111111111"
      yield* refused("Conflict", api.delete(Widget, key("a"), { preconditions: { uid } }))
      yield* refused("Conflict", api.delete(Widget, key("a"), { preconditions: { resourceVersion: "1" } }))
      yield* api.delete(Widget, key("a"), {
        preconditions: { uid: metadata.uid, resourceVersion: metadata.resourceVersion }
      })
    })
  ),
  check("delete", "a Pod on a node gets its grace; a delete without grace ends it", ({ api, key, namespace }) =>
    Effect.gen(function* () {
      const spec = {
        nodeName: "conformance-no-such-node",
        terminationGracePeriodSeconds: 600,
        containers: [{ name: "c", image: "x" }]
      }
      yield* api.create(Pod, { metadata: { name: "a", namespace }, spec })
      yield* api.delete(Pod, key("a"))
      const { metadata } = yield* api.get(Pod, key("a"))
      yield* same("grace", metadata.deletionGracePeriodSeconds, 600)
      yield* api.delete(Pod, key("a"), { gracePeriodSeconds: 0 })
      yield* claim(yield* isGone(api, Pod, key("a")), "it is gone")
    })
  ),
  check("delete", "a Pod without a node goes at once", ({ api, key, namespace }) =>
    Effect.gen(function* () {
      const spec = { schedulerName: "nobody", containers: [{ name: "c", image: "x" }] }
      yield* api.create(Pod, { metadata: { name: "a", namespace }, spec })
      yield* api.delete(Pod, key("a"))
      yield* claim(yield* isGone(api, Pod, key("a")), "it is gone")
    })
  ),
  check("namespaces", "carry their name as a label, a finalizer and a phase", ({ api, namespace }) =>
    Effect.gen(function* () {
      const made = yield* api.get(Namespace, { namespace: "", name: namespace })
      yield* same("label", made.metadata.labels?.["kubernetes.io/metadata.name"], namespace)
      yield* same("finalizers", made.spec?.finalizers, ["kubernetes"])
      yield* same("phase", made.status?.phase, "Active")
    })
  ),
  check("namespaces", "default cannot be deleted", ({ api }) =>
    Effect.gen(function* () {
      yield* refused("Forbidden", api.delete(Namespace, { namespace: "", name: "default" }))
    })
  ),
  check(
    "namespaces",
    "deletion takes the content along, and waits for what is held",
    ({ api, key, namespace, widget }) =>
      Effect.gen(function* () {
        yield* api.create(ConfigMap, { metadata: { name: "a", namespace } })
        yield* widget("a", held)
        yield* api.delete(Namespace, { namespace: "", name: namespace })
        const going = yield* api.get(Namespace, { namespace: "", name: namespace })
        yield* same("phase", going.status?.phase, "Terminating")
        const error = yield* refused("Forbidden", api.create(Widget, newWidget(namespace, "b")))
        yield* same("cause", error.causes?.[0]?.reason, "NamespaceTerminating")
        yield* eventually("the ConfigMap goes", isGone(api, ConfigMap, key("a")))
        yield* eventually(
          "the held Widget is marked",
          Effect.map(api.get(Widget, key("a")), (held) => held.metadata.deletionTimestamp !== undefined)
        )
        yield* claim(!(yield* isGone(api, Namespace, { namespace: "", name: namespace })), "the namespace waits")
        yield* api.patch(Widget, key("a"), { type: "merge", body: { metadata: { finalizers: null } } })
        yield* eventually("the namespace goes", isGone(api, Namespace, { namespace: "", name: namespace }))
      })
  )
]
