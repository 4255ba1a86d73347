import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseLabelSelector } from "../../src/index.ts"

const labels = { tier: "smoke", "example.com/size": "3" }

describe("parseLabelSelector", () => {
  it.each([
    { text: "", selects: true },
    { text: "tier=smoke", selects: true },
    { text: "tier == smoke , example.com/size>2", selects: true },
    { text: "tier!=smoke", selects: false },
    { text: "absent!=smoke,!absent,tier", selects: true },
    { text: "tier in (nightly, smoke)", selects: true },
    { text: "tier notin (nightly,smoke)", selects: false },
    { text: "absent", selects: false }
  ])("reads '$text'", ({ selects, text }) => {
    assert.strictEqual(Result.getOrThrow(parseLabelSelector(text))(labels), selects)
  })

  it.each([
    { text: "tier in smoke", why: "found 'smoke' expected: '('" },
    { text: "tier=smoke,", why: "found '', expected: !, identifier, or 'end of string'" },
    { text: "a b", why: "found 'a b', expected: a key, an operator and values" },
    { text: "a".repeat(20_000), why: "the selector is too long" }
  ])("refuses what is none", ({ text, why }) => {
    assert.deepStrictEqual(parseLabelSelector(text), Result.fail(why))
  })
})
