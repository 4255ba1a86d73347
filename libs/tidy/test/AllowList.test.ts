import { describe, expect, it } from "vitest"
import { allowList, withoutAllowed } from "../src/AllowList.ts"
import { formatFinding } from "../src/Finding.ts"

const finding = { path: "a/src/A.ts", line: 3, rule: "clock", message: "no" }
const exception = { path: "a/src/A.ts", rule: "clock", reason: "because" }

describe("withoutAllowed", () => {
  it.each([
    { rule: "keeps what no exception covers", findings: [finding], allowed: [], expected: ["a/src/A.ts:3  clock"] },
    { rule: "drops what an exception covers", findings: [finding], allowed: [exception], expected: [] },
    {
      rule: "keeps the same rule in another file",
      findings: [{ ...finding, path: "b.ts" }, finding],
      allowed: [exception],
      expected: ["b.ts:3  clock"]
    },
    {
      rule: "reports an exception that covers nothing",
      findings: [],
      allowed: [exception],
      expected: ["a/src/A.ts:1  allow-list"]
    }
  ])("$rule", ({ allowed, expected, findings }) => {
    expect(withoutAllowed(findings, allowed).map((one) => formatFinding(one).split(":").slice(0, 2).join(":"))).toEqual(
      expected
    )
  })
})

describe("allowList", () => {
  it("gives a reason in a sentence for every exception", () => {
    expect(allowList.filter((entry) => entry.reason.length < 30)).toEqual([])
  })
})
