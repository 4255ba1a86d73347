import { describe, expect, it } from "vitest"
import { parseAllDocuments } from "yaml"
import { RandomStream } from "@capstan/kernel"
import { readYaml } from "../../src/user-data/YamlReader.ts"

const byLibrary = (text: string): ReadonlyArray<unknown> => {
  const documents = parseAllDocuments(text)
  return Array.isArray(documents) ? documents.map((document) => document.toJS()) : []
}

describe("YAML is read as the library reads it", () => {
  const cases: ReadonlyArray<readonly [what: string, text: string]> = [
    ["a mapping of scalars", "a: 1\nb: two\nc: true\nd: null\ne: ~\nf: 1.5\ng: v1.2.3\nh: 1.2.3\ni:\n"],
    ["quoted scalars", `a: "x\\ny # no"\nb: 'it''s'\nc: "1" # yes\n"d e": 1\n'f': 2\n`],
    ["nested mappings", "a:\n  b:\n    c: 1\n  d: 2\ne: 3\n"],
    ["items as far left as their key", "a:\n- 1\n- b: 2\n  c: 3\nd: 4\n"],
    ["items further in", "a:\n  - x\n  -\n    y: 1\n  - - 1\n    - 2\n"],
    ["a sequence at the top", "- a\n- b: 1\n  c:\n    - d\n"],
    ["literal blocks", "a: |\n  one\n\n    two\n  three\nb: |-\n  x\n\nc: |+\n  y\n\nd: 1\n"],
    ["a literal block at the very end, with and without a line break", "a: |\n  one\n  two"],
    ["a kept literal block at the very end", "a: |+\n  one"],
    ["a kept literal block with empty lines at the very end", "a: |+\n  one\n\n\n"],
    ["a clipped literal block with empty lines at the very end", "a: |\n  one\n\n\n"],
    ["an empty literal block", "a: |\nb: 1\n"],
    [
      "a literal block inside an item",
      "files:\n  - path: /a\n    content: |\n      x: y\n      - z\n  - path: /b\n    content: ok\n"
    ],
    ["comments and empty lines", "# c\n\na: 1 # one\n\n# d\nb:\n  # e\n  c: 2\n"],
    ["several documents", "---\na: 1\n---\nb: 2\n"],
    ["an empty document", ""],
    ["only a comment", "# nothing\n"],
    ["flow collections", "a: [1, 2]\nb: {c: d}\ne: []\nf: {}\n"],
    ["folded text", "a: >\n  one\n  two\nb: >-\n  three\n"],
    ["anchors and aliases", "a: &x\n  b: 1\nc: *x\n"],
    ["plain text over several lines", "a: one\n  two\nb: 1\n"],
    ["numbers of other kinds", "a: 0x1f\nb: 1e3\nc: .5\nd: -7\ne: 0o17\nf: .inf\ng: 012\n"],
    ["text that looks like something else", "a: -x\nb: ab:c\nc: a#b\nd: https://x:1\ne: yes\n"],
    ["Windows line ends", "a: 1\r\nb: 2\r\n"],
    ["a document end", "a: 1\n...\n"],
    ["keys with dots and slashes", "/etc/x: 1\na.b/c: 2\n1: 3\n"],
    ["quoted text over two lines", 'a: "one\n  two"\nb: 1\n']
  ]
  for (const [what, text] of cases) it(what, () => expect(readYaml(text)).toEqual(byLibrary(text)))

  it("and what is no YAML is an error of the library's", () => {
    expect(() => readYaml("a: b: c\n")).toThrow()
    expect(() => readYaml("a: [1\n")).toThrow()
  })

  it("whatever documents are made of the pieces", () => {
    const random = new RandomStream(1, "yaml")
    const scalars = [
      "x",
      "1",
      "true",
      '"q: \\" #"',
      "'s''s'",
      "|\n",
      "v1.2",
      "[]",
      "{}",
      "~",
      "a b",
      "-1",
      "[1]",
      ">-\n"
    ]
    const write = (depth: number, indent: number): string => {
      const pad = " ".repeat(indent)
      const leaf = (): string => {
        const scalar = random.pick(scalars)
        return scalar.endsWith("\n") ? ` ${scalar}${pad}    line\n\n${pad}    more: 1` : ` ${scalar}`
      }
      const entries = random.between(1, 3)
      const isList = random.below(2) === 0
      return Array.from({ length: entries }, (_, index) => {
        const key = isList ? "-" : `k${index}:`
        if (depth === 0 || random.below(3) === 0) return `${pad}${key}${leaf()}`
        return `${pad}${key}\n${write(depth - 1, indent + 2)}`
      }).join("\n")
    }
    for (let round = 0; round < 400; round++) {
      const text = `${write(random.below(4), 0)}\n`
      expect(readYaml(text), text).toEqual(byLibrary(text))
    }
  })
})
