/** Promises about owners and what they own. */
import { type KubernetesObject, ownerReference } from "@capstan/api"
import { Effect } from "effect"
import { ConfigMap } from "../../core/ConfigMap.ts"
import {
  check,
  type CheckContext,
  claim,
  type ConformanceCheck,
  eventually,
  isGone,
  same
} from "../ConformanceCheck.ts"
import { Widget } from "../Widget.ts"

const ownedBy = (owner: KubernetesObject, more: object = {}) => ({
  metadata: { ownerReferences: [{ ...ownerReference(owner), ...more }] }
})

const marker = ({ api, namespace }: CheckContext, name: string, owners: ReadonlyArray<KubernetesObject>) =>
  api.create(ConfigMap, {
    metadata: { name, namespace, ownerReferences: owners.map((owner) => ownerReference(owner)) }
  })

/** Long enough for any collector to have come by. */
const aWhile = Effect.sleep("5 seconds")

export const garbageCollectionChecks: ReadonlyArray<ConformanceCheck> = [
  check("garbage", "background deletion takes grandchildren along", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const root = yield* widget("root")
      const child = yield* widget("child", ownedBy(root))
      yield* widget("grandchild", ownedBy(child))
      yield* api.delete(Widget, key("root"), { propagationPolicy: "Background" })
      yield* claim(yield* isGone(api, Widget, key("root")), "the owner goes at once")
      yield* eventually("the grandchild goes", isGone(api, Widget, key("grandchild")))
      yield* claim(yield* isGone(api, Widget, key("child")), "the child went before")
    })
  ),
  check("garbage", "foreground deletion keeps the owner until blocking dependents are gone", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const root = yield* widget("root")
      const owned = ownedBy(root, { blockOwnerDeletion: true })
      yield* widget("child", { metadata: { ...owned.metadata, finalizers: ["capstan.dev/hold"] } })
      yield* api.delete(Widget, key("root"), { propagationPolicy: "Foreground" })
      const waiting = yield* api.get(Widget, key("root"))
      yield* same("finalizers", waiting.metadata.finalizers, ["foregroundDeletion"])
      yield* eventually(
        "the child is marked",
        Effect.map(api.get(Widget, key("child")), (child) => child.metadata.deletionTimestamp !== undefined)
      )
      yield* aWhile
      yield* claim(!(yield* isGone(api, Widget, key("root"))), "the owner waits")
      yield* api.patch(Widget, key("child"), { type: "merge", body: { metadata: { finalizers: null } } })
      yield* eventually("the owner goes", isGone(api, Widget, key("root")))
    })
  ),
  check("garbage", "foreground deletion does not wait for dependents that do not block", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const root = yield* widget("root")
      yield* widget("child", { metadata: { ...ownedBy(root).metadata, finalizers: ["capstan.dev/hold"] } })
      yield* api.delete(Widget, key("root"), { propagationPolicy: "Foreground" })
      yield* eventually("the owner goes", isGone(api, Widget, key("root")))
      yield* api.patch(Widget, key("child"), { type: "merge", body: { metadata: { finalizers: null } } })
      yield* eventually("the child goes", isGone(api, Widget, key("child")))
    })
  ),
  check("garbage", "orphaning strips the reference and keeps the dependent", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const root = yield* widget("root")
      yield* widget("child", ownedBy(root))
      yield* api.delete(Widget, key("root"), { propagationPolicy: "Orphan" })
      yield* eventually("the owner goes", isGone(api, Widget, key("root")))
      yield* aWhile
      yield* same("owners", (yield* api.get(Widget, key("child"))).metadata.ownerReferences, undefined)
    })
  ),
  check("garbage", "a dependent of two stays with the other, and loses the dead reference", (context) =>
    Effect.gen(function* () {
      const { api, key, widget } = context
      const [one, two] = [yield* widget("one"), yield* widget("two")]
      yield* marker(context, "child", [one, two])
      yield* api.delete(Widget, key("one"))
      yield* eventually(
        "the dead reference goes",
        Effect.map(api.get(ConfigMap, key("child")), (child) => child.metadata.ownerReferences?.length === 1)
      )
      yield* same(
        "owner left",
        (yield* api.get(ConfigMap, key("child"))).metadata.ownerReferences?.[0]?.uid,
        two.metadata.uid
      )
      yield* api.delete(Widget, key("two"))
      yield* eventually("the child goes", isGone(api, ConfigMap, key("child")))
    })
  ),
  check("garbage", "an owner with the wrong uid is no owner", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const root = yield* widget("root")
      yield* widget("child", ownedBy(root, { uid: "11111111-1111-4111-8111-111111111111" }))
      yield* eventually("the child goes", isGone(api, Widget, key("child")))
      yield* claim(!(yield* isGone(api, Widget, key("root"))), "the namesake stays")
    })
  ),
  check("garbage", "an owner in another namespace is no owner", ({ api, key, namespace, widget }) =>
    Effect.gen(function* () {
      const far = yield* api.create(ConfigMap, { metadata: { generateName: "conformance-far-", namespace: "default" } })
      yield* widget("child", ownedBy(far))
      yield* eventually("the child goes", isGone(api, Widget, key("child")))
      yield* api.delete(ConfigMap, { namespace: "default", name: far.metadata.name })
      yield* claim(namespace !== "default", "the check works in a namespace of its own")
    })
  ),
  check("garbage", "respects the finalizers of what it collects", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const root = yield* widget("root")
      yield* widget("child", { metadata: { ...ownedBy(root).metadata, finalizers: ["capstan.dev/hold"] } })
      yield* api.delete(Widget, key("root"))
      yield* eventually(
        "the child is marked",
        Effect.map(api.get(Widget, key("child")), (child) => child.metadata.deletionTimestamp !== undefined)
      )
      yield* api.patch(Widget, key("child"), { type: "merge", body: { metadata: { finalizers: null } } })
      yield* claim(yield* isGone(api, Widget, key("child")), "the child goes with its finalizer")
    })
  )
]
