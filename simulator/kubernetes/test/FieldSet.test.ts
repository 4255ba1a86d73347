/** Field sets: reading them off values, telling two values apart, their written form. */
import { structuralSchema } from "@capstan/api"
import { RandomStream } from "@capstan/kernel"
import { Widget } from "@capstan/kubernetes/testing"
import { describe, expect, it } from "vitest"
import {
  differenceOf,
  fromFieldsV1,
  itemItself,
  leavesOf,
  readable,
  toFieldsV1,
  withMetadata
} from "../src/FieldSet.ts"
import { equalJson } from "../src/FrozenValue.ts"

const schema = withMetadata(structuralSchema(Widget))

const value = {
  metadata: { labels: { a: "1" }, finalizers: ["x/y"] },
  spec: { size: 1, parts: [{ name: "p", count: 2 }], tags: ["t"], names: {}, free: { deep: [1, 2] } }
}

describe("field sets", () => {
  it("take maps apart, lists by their keys, and nothing that is atomic", () => {
    expect([...leavesOf(value, schema).keys()].map(readable).sort()).toEqual([
      '.metadata.finalizers[="x/y"]',
      ".metadata.labels.a",
      ".spec.free.deep",
      ".spec.names",
      '.spec.parts[name="p"]',
      '.spec.parts[name="p"].count',
      '.spec.parts[name="p"].name',
      ".spec.size",
      '.spec.tags[="t"]'
    ])
  })

  it("are written as managed fields and read again", () => {
    const paths = new Set(leavesOf(value, schema).keys())
    const fields = toFieldsV1(paths)
    expect(fields).toMatchObject({
      "f:spec": {
        "f:size": {},
        "f:parts": { 'k:{"name":"p"}': { ".": {}, "f:name": {}, "f:count": {} } },
        "f:tags": { 'v:"t"': {} }
      }
    })
    expect(fromFieldsV1(fields)).toEqual(paths)
    for (const wrong of [5, null, { "x:y": {} }, { "f:a": 5 }, { "k:[1]": {} }, { "v:{": {} }]) {
      expect(fromFieldsV1(wrong)).toBeUndefined()
    }
  })

  it("a difference is what comparing all leaves would find", () => {
    const random = new RandomStream(7, "field-set")
    const pick = <A>(list: ReadonlyArray<A>): A => list[random.below(list.length)] as A
    const any = (): unknown =>
      JSON.parse(
        JSON.stringify({
          metadata: { labels: pick([undefined, {}, { a: "1" }, { a: "2", b: "1" }]) },
          spec: {
            size: pick([1, 2]),
            parts: pick([undefined, [], [{ name: "p" }], [{ name: "p", count: 3 }, { name: "q" }]]),
            tags: pick([undefined, [], ["a"], ["b", "a"]]),
            names: pick([undefined, {}, { x: "y" }]),
            settings: pick([undefined, { mode: "auto" }, { mode: "auto", limit: 1 }]),
            free: pick([undefined, {}, { a: [1] }, { a: { b: 1 } }, { a: 5 }]),
            amount: pick([undefined, 1, "1"])
          }
        })
      )
    for (let i = 0; i < 2000; i++) {
      const [old, next] = [any(), any()]
      const [was, is] = [leavesOf(old, schema), leavesOf(next, schema)]
      const changed = [...is].filter(([path, leaf]) => {
        const before = was.get(path)
        return !was.has(path) || (leaf !== itemItself && !equalJson(before, leaf))
      })
      const gone = [...was.keys()].filter((path) => !is.has(path))
      const found = differenceOf(old, next, schema)
      expect([...found.changed].filter((path) => is.has(path)).sort()).toEqual(changed.map(([path]) => path).sort())
      // A leaf that has become a map is still there.
      const left = gone.filter((path) => !found.changed.has(path))
      expect([...found.gone].filter((path) => was.has(path)).sort()).toEqual(left.sort())
      // Besides, only what leads to them and was not there before, or is not any more.
      const leadsTo = (path: string, leaves: Iterable<string>) => [...leaves].some((leaf) => leaf.startsWith(path))
      for (const path of found.changed) expect(is.has(path) || leadsTo(path, is.keys())).toBe(true)
      for (const path of found.gone) expect(was.has(path) || leadsTo(path, was.keys())).toBe(true)
    }
  })
})
