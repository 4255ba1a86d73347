import { assert, describe, it } from "@effect/vitest"
import { isNamespaceAllowed } from "../../src/aws-cluster/Identity.ts"

describe("isNamespaceAllowed", () => {
  const cases = [
    { rule: "nobody, when nothing is said", allowed: undefined, expected: false },
    { rule: "nobody, when null is said", allowed: null, expected: false },
    { rule: "everybody, when it is empty", allowed: {}, expected: true },
    { rule: "those on the list", allowed: { list: ["ns"] }, expected: true },
    { rule: "nobody else", allowed: { list: ["other"] }, expected: false },
    { rule: "those that the selector finds", allowed: { selector: { matchLabels: { team: "a" } } }, expected: true },
    { rule: "nobody, by an empty selector", allowed: { selector: {} }, expected: false }
  ]
  it.each(cases)("allows $rule", ({ allowed, expected }) =>
    assert.strictEqual(isNamespaceAllowed(allowed, "ns", { team: "a" }), expected)
  )
})
