/** The store's indexes always answer what a scan of all objects would. */
import { type KubernetesObject, makeKind } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { clusterNameLabel, ObjectStore } from "../src/ObjectStore.ts"
import { anObject } from "@capstan/kubernetes/testing"

const Thing = makeKind({ group: "example.org", kind: "Thing", version: "v1", schema: Schema.Struct({}) })
const names = ["a", "b", "c", "d", "e"]

const Step = Schema.Struct({
  remove: Schema.Boolean,
  name: Schema.Literals(["a", "b", "c", "d", "e"]),
  namespace: Schema.Literals(["n1", "n2"]),
  cluster: Schema.Literals(["", "c1", "c2"]),
  owner: Schema.Literals(["", "o1", "o2"])
})

const objectOf = (step: typeof Step.Type): KubernetesObject =>
  anObject(Thing, step.name, {
    metadata: {
      namespace: step.namespace,
      labels: step.cluster === "" ? {} : { [clusterNameLabel]: step.cluster, x: step.owner },
      ownerReferences: step.owner === "" ? [] : [{ apiVersion: "v1", kind: "Owner", name: "o", uid: step.owner }]
    }
  })

const sorted = (objects: Iterable<KubernetesObject>): ReadonlyArray<string> =>
  [...objects].map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort()
const listed = (objects: ReadonlyArray<KubernetesObject>): ReadonlyArray<string> =>
  objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)

describe("ObjectStore", () => {
  it.effect.prop(
    "lists by every index what a scan would, in order",
    { steps: Schema.Array(Step) },
    ({ steps }) =>
      Effect.sync(() => {
        const store = new ObjectStore()
        const all = new Map<string, KubernetesObject>()
        for (const step of steps) {
          const key = { namespace: step.namespace, name: step.name }
          if (step.remove) {
            store.remove(key)
            all.delete(`${key.namespace}/${key.name}`)
          } else {
            store.put(objectOf(step))
            all.set(`${key.namespace}/${key.name}`, objectOf(step))
          }
          const scan = (wanted: (object: KubernetesObject) => boolean): ReadonlyArray<string> =>
            sorted([...all.values()].filter(wanted))
          assert.deepStrictEqual(
            listed(store.list()),
            scan(() => true)
          )
          assert.deepStrictEqual(
            listed(store.list({ namespace: "n1" })),
            scan(({ metadata }) => metadata.namespace === "n1")
          )
          assert.deepStrictEqual(
            listed(store.list({ labels: { [clusterNameLabel]: "c1" } })),
            scan(({ metadata }) => metadata.labels?.[clusterNameLabel] === "c1")
          )
          assert.deepStrictEqual(
            listed(store.list({ namespace: "n2", labels: { [clusterNameLabel]: "c1", x: "o1" } })),
            scan(
              ({ metadata }) =>
                metadata.namespace === "n2" &&
                metadata.labels?.[clusterNameLabel] === "c1" &&
                metadata.labels["x"] === "o1"
            )
          )
          assert.deepStrictEqual(
            listed(store.list({ ownedBy: "o2" })),
            scan(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === "o2") === true)
          )
          assert.deepStrictEqual(
            listed(store.list({ selector: { matchExpressions: [{ key: "x", operator: "In", values: ["o1"] }] } })),
            scan(({ metadata }) => metadata.labels?.["x"] === "o1")
          )
        }
      }),
    { arbitrary: { runs: 60, seed: 1 } }
  )

  it("gives the same array as long as nothing changes", () => {
    const store = new ObjectStore()
    for (const name of names) store.put(anObject(Thing, name))
    assert.strictEqual(store.list({ namespace: "default" }), store.list({ namespace: "default" }))
    const before = store.list()
    store.put(anObject(Thing, "f"))
    assert.strictEqual(before.length, 5)
    assert.strictEqual(store.list().length, 6)
  })
})
