import { assert, describe, it } from "@effect/vitest"
import { element, escapeAttribute, escapeText } from "../../src/report/Xml.ts"

describe("escapeText", () => {
  it.each([
    { rule: "escapes markup", given: "a < b && c > d", expected: "a &lt; b &amp;&amp; c &gt; d" },
    { rule: "keeps a CDATA end from ending anything", given: "]]>", expected: "]]&gt;" },
    { rule: "keeps line ends and tabs", given: "a\n\tb", expected: "a\n\tb" },
    { rule: "replaces what XML cannot hold", given: "a\u0000\u001b[31m\ufffe", expected: "a\ufffd\ufffd[31m\ufffd" },
    { rule: "replaces half of a surrogate pair and keeps whole ones", given: "\ud83d x 😀", expected: "\ufffd x 😀" }
  ])("$rule", ({ expected, given }) => {
    assert.strictEqual(escapeText(given), expected)
  })
})

describe("escapeAttribute", () => {
  it("escapes quotes and keeps line ends by reference", () => {
    assert.strictEqual(escapeAttribute('say "a"\nb\t'), "say &quot;a&quot;&#10;b&#9;")
  })
})

describe("element", () => {
  it("writes attributes in order and closes what is empty", () => {
    assert.strictEqual(element("a", { x: 1, y: '"' }), '<a x="1" y="&quot;"/>')
    assert.strictEqual(element("a", {}, ["b", "c"]), "<a>bc</a>")
  })
})
