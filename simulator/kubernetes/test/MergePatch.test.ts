/** The merge patch of RFC 7386, forwards and backwards. */
import { RandomStream } from "@capstan/kernel"
import { describe, expect, test } from "vitest"
import { applyMergePatch, deepFreeze, diffMergePatch, equalJson } from "../src/index.ts"
import { randomObject } from "./RandomJson.ts"

const examples: ReadonlyArray<readonly [unknown, unknown, unknown]> = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"]
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [undefined, { a: { b: null } }, { a: {} }],
  [{ a: "text" }, { a: { b: 1 } }, { a: { b: 1 } }]
]

describe("merge patch", () => {
  test.each(examples)("%j patched with %j is %j", (target, patch, result) => {
    expect(applyMergePatch(target, patch)).toEqual(result)
  })

  test("the difference of two values leads from one to the other", () => {
    for (let seed = 0; seed < 500; seed++) {
      const random = new RandomStream(seed, "merge patch")
      const [a, b] = [deepFreeze(randomObject(random)), deepFreeze(randomObject(random))]
      const patch = diffMergePatch(a, b)
      expect(applyMergePatch(a, patch ?? {})).toEqual(b)
      expect(patch === undefined).toBe(equalJson(a, b))
    }
  })

  test("what a patch leaves alone stays the same reference", () => {
    const target = { kept: { deep: [1] }, changed: { a: 1 } }
    const next = applyMergePatch(target, { changed: { a: 2 } })
    expect(next).toEqual({ kept: { deep: [1] }, changed: { a: 2 } })
    expect((next as typeof target).kept).toBe(target.kept)
    expect(applyMergePatch(target, { changed: { a: 1 } })).toBe(target)
  })
  test("a field named like the prototype is a field like any other", () => {
    const named: unknown = JSON.parse('{"__proto__":{"polluted":true}}')
    for (const value of [applyMergePatch({}, named), diffMergePatch({}, named)]) {
      expect(value).not.toHaveProperty("polluted")
      expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":true}}')
    }
    expect({}).not.toHaveProperty("polluted")
    const gone = diffMergePatch(named, {})
    expect(JSON.stringify(gone)).toBe('{"__proto__":null}')
    expect(JSON.stringify(applyMergePatch(named, gone))).toBe("{}")
    expect(applyMergePatch({ a: 1 }, JSON.parse('{"__proto__":null}'))).toEqual({ a: 1 })
  })
})
