/** The JSON patch of RFC 6902, by the examples of its appendix. */
import type { JsonPatchOperation } from "@capstan/kubernetes"
import { RandomStream } from "@capstan/kernel"
import { Result } from "effect"
import { describe, expect, test } from "vitest"
import { applyJsonPatch, deepFreeze } from "../src/index.ts"
import { randomObject } from "./RandomJson.ts"

interface Example {
  readonly rule: string
  readonly target: unknown
  readonly operations: ReadonlyArray<JsonPatchOperation>
  readonly result: unknown
}

const examples: ReadonlyArray<Example> = [
  {
    rule: "adds a member",
    target: { foo: "bar" },
    operations: [{ op: "add", path: "/baz", value: "qux" }],
    result: { foo: "bar", baz: "qux" }
  },
  {
    rule: "adds an element",
    target: { foo: ["bar", "baz"] },
    operations: [{ op: "add", path: "/foo/1", value: "qux" }],
    result: { foo: ["bar", "qux", "baz"] }
  },
  {
    rule: "removes a member",
    target: { baz: "qux", foo: "bar" },
    operations: [{ op: "remove", path: "/baz" }],
    result: { foo: "bar" }
  },
  {
    rule: "removes an element",
    target: { foo: ["bar", "qux", "baz"] },
    operations: [{ op: "remove", path: "/foo/1" }],
    result: { foo: ["bar", "baz"] }
  },
  {
    rule: "replaces a value",
    target: { baz: "qux" },
    operations: [{ op: "replace", path: "/baz", value: "boo" }],
    result: { baz: "boo" }
  },
  {
    rule: "moves a value",
    target: { foo: { bar: "baz", waldo: "fred" }, qux: { corge: "grault" } },
    operations: [{ op: "move", from: "/foo/waldo", path: "/qux/thud" }],
    result: { foo: { bar: "baz" }, qux: { corge: "grault", thud: "fred" } }
  },
  {
    rule: "moves an element",
    target: { foo: ["all", "grass", "cows", "eat"] },
    operations: [{ op: "move", from: "/foo/1", path: "/foo/3" }],
    result: { foo: ["all", "cows", "eat", "grass"] }
  },
  {
    rule: "tests a value",
    target: { baz: "qux", foo: ["a", 2, "c"] },
    operations: [
      { op: "test", path: "/baz", value: "qux" },
      { op: "test", path: "/foo/1", value: 2 }
    ],
    result: { baz: "qux", foo: ["a", 2, "c"] }
  },
  {
    rule: "knows escapes",
    target: { "/": 9, "~1": 10 },
    operations: [{ op: "test", path: "/~01", value: 10 }],
    result: { "/": 9, "~1": 10 }
  },
  {
    rule: "appends to a list",
    target: { foo: ["bar"] },
    operations: [{ op: "add", path: "/foo/-", value: ["abc", "def"] }],
    result: { foo: ["bar", ["abc", "def"]] }
  },
  {
    rule: "replaces the whole",
    target: { foo: 1 },
    operations: [{ op: "add", path: "", value: { bar: 2 } }],
    result: { bar: 2 }
  }
]

const refusals: ReadonlyArray<{
  readonly rule: string
  readonly target: unknown
  readonly operation: JsonPatchOperation
}> = [
  { rule: "a failed test", target: { baz: "qux" }, operation: { op: "test", path: "/baz", value: "bar" } },
  { rule: "numbers and text that look alike", target: { a: 10 }, operation: { op: "test", path: "/a", value: "10" } },
  { rule: "adding below nothing", target: { foo: "bar" }, operation: { op: "add", path: "/baz/bat", value: "qux" } },
  { rule: "removing what is not there", target: {}, operation: { op: "remove", path: "/a" } },
  { rule: "replacing what is not there", target: {}, operation: { op: "replace", path: "/a", value: 1 } },
  { rule: "an index beyond the end", target: { a: [1] }, operation: { op: "add", path: "/a/2", value: 1 } },
  { rule: "an index with a leading zero", target: { a: [1, 2] }, operation: { op: "remove", path: "/a/01" } },
  { rule: "moving a value into itself", target: { a: { b: 1 } }, operation: { op: "move", from: "/a", path: "/a/b" } },
  { rule: "a path that is no pointer", target: { a: 1 }, operation: { op: "remove", path: "a" } }
]

describe("JSON patch", () => {
  test.each(examples)("$rule", ({ operations, result, target }) => {
    expect(applyJsonPatch(deepFreeze(target), operations)).toEqual(Result.succeed(result))
  })

  test.each(refusals)("refuses $rule", ({ operation, target }) => {
    expect(Result.isFailure(applyJsonPatch(target, [operation]))).toBe(true)
  })

  test("tells which operation was refused", () => {
    const result = applyJsonPatch({ a: 1 }, [
      { op: "remove", path: "/a" },
      { op: "remove", path: "/a" }
    ])
    expect(Result.isFailure(result) && result.failure.index).toBe(1)
  })

  test("adding and removing again gives the same value", () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = new RandomStream(seed, "json patch")
      const [target, value] = [deepFreeze(randomObject(random)), randomObject(random)]
      const there = applyJsonPatch(target, [
        { op: "add", path: "/new", value },
        { op: "remove", path: "/new" }
      ])
      expect(there).toEqual(Result.succeed(target))
    }
  })
})
