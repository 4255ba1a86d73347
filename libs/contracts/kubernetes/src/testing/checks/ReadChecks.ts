/** Promises about reading: get, list, order, selectors, pages. */
import { type AnyKind, makeKind } from "@capstan/api"
import { Effect, Schema } from "effect"
import { ConfigMap } from "../../core/ConfigMap.ts"
import { Pod } from "../../core/Pod.ts"
import { Secret } from "../../core/Secret.ts"
import type { LabelSelector } from "@capstan/api"
import { check, claim, type ConformanceCheck, newWidget, refused, same, versionOf } from "../ConformanceCheck.ts"
import { Widget } from "../Widget.ts"

const unserved = makeKind({ group: "nobody.capstan.dev", kind: "Ghost", version: "v1", schema: Schema.Struct({}) })

const names = (list: {
  readonly items: ReadonlyArray<{ readonly metadata: { readonly name: string } }>
}): ReadonlyArray<string> => list.items.map((item) => item.metadata.name)

interface SelectorCase {
  readonly rule: string
  readonly selector: LabelSelector
  readonly found: ReadonlyArray<string>
}

const selectorCases: ReadonlyArray<SelectorCase> = [
  { rule: "an empty selector finds everything", selector: {}, found: ["a", "b", "c"] },
  { rule: "labels are compared whole", selector: { matchLabels: { tier: "front" } }, found: ["a"] },
  { rule: "all labels must match", selector: { matchLabels: { tier: "front", zone: "2" } }, found: [] },
  {
    rule: "In",
    selector: { matchExpressions: [{ key: "tier", operator: "In", values: ["front", "back"] }] },
    found: ["a", "b"]
  },
  {
    rule: "NotIn is true where the key is absent",
    selector: { matchExpressions: [{ key: "tier", operator: "NotIn", values: ["front"] }] },
    found: ["b", "c"]
  },
  { rule: "Exists", selector: { matchExpressions: [{ key: "zone", operator: "Exists" }] }, found: ["b"] },
  {
    rule: "DoesNotExist",
    selector: { matchExpressions: [{ key: "zone", operator: "DoesNotExist" }] },
    found: ["a", "c"]
  }
]

const selectorChecks = selectorCases.map(({ found, rule, selector }) =>
  check("selectors", rule, ({ api, namespace, widget }) =>
    Effect.gen(function* () {
      yield* widget("a", { metadata: { labels: { tier: "front" } } })
      yield* widget("b", { metadata: { labels: { tier: "back", zone: "2" } } })
      yield* widget("c")
      yield* same("found", names(yield* api.list(Widget, { namespace, labels: selector })), found)
    })
  )
)

export const readChecks: ReadonlyArray<ConformanceCheck> = [
  check("get", "gives what was written last", ({ api, key, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a")
      yield* same("object", yield* api.get(Widget, key("a")), made)
    })
  ),
  check("get", "of what is missing says so with plural and group", ({ api, key }) =>
    Effect.gen(function* () {
      const error = yield* refused("NotFound", api.get(Widget, key("a")))
      yield* same("message", error.message, 'widgets.conformance.capstan.dev "a" not found')
      yield* same(
        "details",
        [error.kind, error.group, error.objectName, error.code],
        ["widgets", "conformance.capstan.dev", "a", 404]
      )
    })
  ),
  check("get", "in the core group names the bare plural", ({ api, key }) =>
    Effect.gen(function* () {
      const error = yield* refused("NotFound", api.get(ConfigMap, key("a")))
      yield* same("message", error.message, 'configmaps "a" not found')
    })
  ),
  check("get", "of a kind that is not served is refused", ({ api, key }) =>
    Effect.gen(function* () {
      const kind: AnyKind = unserved
      yield* refused("NotFound", api.get(kind, key("a")))
      yield* refused("NotFound", api.list(kind))
    })
  ),
  check("list", "is ordered by name and carries a version not older than any item", ({ api, namespace, widget }) =>
    Effect.gen(function* () {
      for (const name of ["c", "a", "b-2", "b"]) yield* widget(name)
      const list = yield* api.list(Widget, { namespace })
      yield* same("names", names(list), ["a", "b", "b-2", "c"])
      yield* claim(
        list.items.every((item) => versionOf(item) <= Number(list.resourceVersion)),
        "the list's version is the newest"
      )
      yield* claim(
        list.items.every((item) => item.kind === "Widget" && item.apiVersion === "conformance.capstan.dev/v1"),
        "items carry their type"
      )
    })
  ),
  check("list", "over all namespaces finds ours", ({ api, namespace, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      const all = yield* api.list(Widget)
      yield* same("ours", all.items.filter((item) => item.metadata.namespace === namespace).length, 1)
    })
  ),
  check("list", "of nothing is empty", ({ api, namespace }) =>
    Effect.gen(function* () {
      yield* same("items", (yield* api.list(Widget, { namespace })).items, [])
    })
  ),
  ...selectorChecks,
  check("selectors", "a field selects by name", ({ api, namespace, widget }) =>
    Effect.gen(function* () {
      yield* widget("a")
      yield* widget("b")
      yield* same("found", names(yield* api.list(Widget, { namespace, fields: { "metadata.name": "b" } })), ["b"])
    })
  ),
  check("selectors", "a field selects Pods by node and Secrets by type", ({ api, namespace }) =>
    Effect.gen(function* () {
      const pod = (name: string, nodeName: string) =>
        api.create(Pod, { metadata: { name, namespace }, spec: { nodeName, containers: [{ name: "c", image: "x" }] } })
      yield* pod("a", "n1")
      yield* pod("b", "n2")
      yield* same("pods", names(yield* api.list(Pod, { namespace, fields: { "spec.nodeName": "n2" } })), ["b"])
      yield* api.create(Secret, { metadata: { name: "s", namespace }, type: "cluster.x-k8s.io/secret" })
      const secrets = yield* api.list(Secret, { namespace, fields: { type: "cluster.x-k8s.io/secret" } })
      yield* same("secrets", names(secrets), ["s"])
    })
  ),
  check("selectors", "a field that cannot be selected is refused", ({ api, namespace }) =>
    Effect.gen(function* () {
      const error = yield* refused("BadRequest", api.list(Widget, { namespace, fields: { "spec.size": "1" } }))
      yield* claim(error.message.includes("field label not supported: spec.size"), error.message)
    })
  ),
  check("pages", "show the state of the first page", ({ api, key, namespace, widget }) =>
    Effect.gen(function* () {
      for (const name of ["a", "b", "c", "d", "e"]) yield* widget(name)
      const first = yield* api.list(Widget, { namespace, limit: 2 })
      yield* same("first", names(first), ["a", "b"])
      yield* api.delete(Widget, key("c"))
      yield* widget("bb")
      const second = yield* api.list(Widget, { namespace, limit: 2, continue: first.continue ?? "" })
      const third = yield* api.list(Widget, { namespace, limit: 2, continue: second.continue ?? "" })
      yield* same("rest", [...names(second), ...names(third)], ["c", "d", "e"])
      yield* same("end", third.continue, undefined)
      yield* same(
        "versions",
        [second.resourceVersion, third.resourceVersion],
        [first.resourceVersion, first.resourceVersion]
      )
    })
  ),
  check("pages", "refuse a token that is none", ({ api, namespace }) =>
    Effect.gen(function* () {
      const error = yield* refused("BadRequest", api.list(Widget, { namespace, limit: 2, continue: "junk" }))
      yield* claim(error.message.startsWith("invalid continue token"), error.message)
    })
  ),
  check("pages", "count what matches", ({ api, namespace }) =>
    Effect.gen(function* () {
      for (const name of ["a", "b", "c", "d"]) {
        const labels = { odd: name === "a" || name === "c" ? "yes" : "no" }
        yield* api.create(Widget, newWidget(namespace, name, { metadata: { labels } }))
      }
      const page = yield* api.list(Widget, { namespace, limit: 2, labels: { matchLabels: { odd: "no" } } })
      yield* same("page", names(page), ["b", "d"])
    })
  )
]
