import { describe, expect, it } from "vitest"
import { codeOf, lineAt } from "../src/SourceFile.ts"

describe("codeOf", () => {
  it.each([
    { rule: "blanks a line comment", text: "a // Date.now\nb", expected: "a            \nb" },
    { rule: "blanks a block comment and keeps its lines", text: "/* a\nb */c", expected: "    \n    c" },
    { rule: "blanks a string and keeps its quotes", text: 'f("// no")', expected: 'f("     ")' },
    { rule: "is not led astray by an escaped quote", text: "'it\\'s' + x", expected: "'     ' + x" },
    {
      rule: "keeps the code inside a template",
      text: "`a ${b + `c${d}`} e` + f",
      expected: "`  ${b + ` ${d}`}  ` + f"
    },
    { rule: "knows an object inside a template", text: "`${{ a: 1 }.a}!` + b", expected: "`${{ a: 1 }.a} ` + b" },
    {
      rule: "blanks a regular expression with a quote in it",
      text: 'x.match(/["/]/) + y',
      expected: "x.match(/    /) + y"
    },
    { rule: "takes a slash after an operand for a division", text: "a / b / c // d", expected: "a / b / c     " },
    { rule: "sees a regular expression after return", text: "return /'/.test(a)", expected: "return / /.test(a)" },
    {
      rule: "blanks the line that names the interpreter",
      text: "#!/usr/bin/env node\na",
      expected: "                   \na"
    }
  ])("$rule", ({ expected, text }) => {
    expect(codeOf(text)).toBe(expected)
  })
})

describe("lineAt", () => {
  it.each([
    { rule: "counts from one", offset: 0, expected: 1 },
    { rule: "counts the newline itself to the line that it ends", offset: 1, expected: 1 },
    { rule: "counts the character after it to the next", offset: 2, expected: 2 }
  ])("$rule", ({ expected, offset }) => {
    expect(lineAt("a\nb\n", offset)).toBe(expected)
  })
})
