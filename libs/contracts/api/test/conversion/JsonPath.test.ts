/** Plain JSON: what equals what, and what a text or a map holds. */
import { assert, describe, it } from "@effect/vitest"
import { parseJsonObject, sameJson, stringsOf } from "../../src/index.ts"

const show = (value: unknown): string =>
  value === undefined
    ? "nothing"
    : JSON.stringify(value, (_, part: unknown) => (part === undefined ? "(undefined)" : part))

describe("two JSON values", () => {
  for (const [a, b] of [
    [
      { a: 1, b: [1, { c: null }] },
      { b: [1, { c: null }], a: 1 }
    ],
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: undefined }, {}],
    [undefined, undefined]
  ]) {
    it(`${show(a)} and ${show(b)} are the same`, () => assert.isTrue(sameJson(a, b) && sameJson(b, a)))
  }
  for (const [a, b] of [
    [{ a: 1 }, { a: 1, b: null }],
    [{ a: 1 }, { a: "1" }],
    [
      [1, 2],
      [2, 1]
    ],
    [[1], [1, 2]],
    [[], {}],
    [{ 0: 1 }, [1]],
    [null, {}],
    [null, undefined]
  ]) {
    it(`${show(a)} and ${show(b)} differ`, () => assert.isFalse(sameJson(a, b) || sameJson(b, a)))
  }
})

describe("the object in a text", () => {
  it("is what the JSON says", () => assert.deepStrictEqual(parseJsonObject('{"a":[1]}'), { a: [1] }))
  for (const text of [undefined, "", "{", "[1]", "null", "1", '"{}"']) {
    it(`is not there in ${show(text)}`, () => assert.isUndefined(parseJsonObject(text)))
  }
})

describe("the strings of a map", () => {
  it("are those of its values that are strings", () =>
    assert.deepStrictEqual(stringsOf({ a: "x", b: 1, c: null, d: "" }), { a: "x", d: "" }))
  for (const value of [undefined, null, "text", ["x"]]) {
    it(`are none in ${show(value)}`, () => assert.deepStrictEqual(stringsOf(value), {}))
  }
})
