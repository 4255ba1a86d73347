import { describe, expect, it } from "vitest"
import { importsOf, packageOf } from "../src/Import.ts"

describe("importsOf", () => {
  it.each([
    { rule: "a static import", text: 'import { a } from "x"', expected: [["x", 1, false]] },
    { rule: "an import over several lines", text: 'import {\n  a\n} from "x"', expected: [["x", 3, false]] },
    { rule: "an import for its effects", text: 'import "x"', expected: [["x", 1, false]] },
    { rule: "a dynamic import", text: 'const a = await import("x")', expected: [["x", 1, false]] },
    { rule: "a re-export", text: 'export * from "./A.ts"', expected: [["./A.ts", 1, false]] },
    {
      rule: "a type import",
      text: 'import type { A } from "x"\nimport { b } from "y"',
      expected: [
        ["x", 1, true],
        ["y", 2, false]
      ]
    },
    {
      rule: "a type re-export after code",
      text: 'const a = 1\nexport type { B } from "y"',
      expected: [["y", 2, true]]
    },
    { rule: "nothing in a comment", text: '// import { a } from "x"', expected: [] },
    { rule: "nothing in a string", text: "const a = 'import \"x\"'", expected: [] },
    { rule: "nothing in a call that ends in from", text: 'Array.from("abc".split(""))\nBuffer.from(a)', expected: [] }
  ])("finds $rule", ({ expected, text }) => {
    const found = importsOf({ path: "a.ts", text }).map(({ line, specifier, typeOnly }) => [specifier, line, typeOnly])
    expect(found).toEqual(expected)
  })
})

describe("packageOf", () => {
  it.each([
    { specifier: "@capstan/api/testing", expected: "@capstan/api" },
    { specifier: "effect/Effect", expected: "effect" },
    { specifier: "./A.ts", expected: undefined },
    { specifier: "node:fs", expected: undefined }
  ])("of $specifier is $expected", ({ expected, specifier }) => {
    expect(packageOf(specifier)).toBe(expected)
  })
})
