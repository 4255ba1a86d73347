import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { parse } from "yaml"
import { blockYaml, type YamlValue } from "../src/BlockYaml.ts"

const roundTrip = (value: { readonly [key: string]: YamlValue }): unknown => parse(blockYaml(value))

describe("blockYaml", () => {
  const cases: ReadonlyArray<{ readonly rule: string; readonly given: { readonly [key: string]: YamlValue } }> = [
    { rule: "keeps words that look like booleans as text", given: { a: "yes", b: "true", c: "null", d: "on", n: "n" } },
    { rule: "keeps numbers in text as text", given: { a: "0640", b: "1.20", c: "1e3" } },
    {
      rule: "writes literal blocks with every kind of ending",
      given: { a: "x\ny", b: "x\ny\n", c: "x\ny\n\n\n", d: "\n" }
    },
    { rule: "quotes text that begins with a space", given: { a: "  x\ny", b: " x" } },
    { rule: "keeps blank lines inside a block", given: { a: "x\n\n  y\n", list: ["a\n\nb\n"] } },
    { rule: "nests lists in lists and maps in lists", given: { a: [["b", ["c"]], { d: [{ e: 1 }] }], f: [], g: {} } },
    {
      rule: "keeps jinja and colons",
      given: { name: "{{ ds.meta_data.local_hostname }}", b: "a: b", c: "# no comment" }
    }
  ]
  it.each(cases)("$rule", ({ given }) => {
    assert.deepStrictEqual(roundTrip(given), given)
  })

  it("leaves out what is undefined", () => {
    assert.strictEqual(blockYaml({ a: undefined, b: { c: undefined } }), "b: {}\n")
  })

  it.prop("gives back any text", { text: Schema.String, other: Schema.String }, ({ other, text }) => {
    const value = { text, list: [text, { other }], other: { deep: { text: other } } }
    assert.deepStrictEqual(roundTrip(value), value)
  })
})
