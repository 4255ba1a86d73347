import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { builtInInvariants } from "../../src/invariants/BuiltInInvariants.ts"

const table = readFileSync(new URL("../../../../docs/reference/invariants.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => /^\| I\d+ /.test(line))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim())
  )

describe("the built-in invariants", () => {
  it("are those of the reference, in its order and words", () => {
    assert.deepStrictEqual(
      table.map(([id, rule]) => ({ id, rule })),
      builtInInvariants.map(({ id, rule }) => ({ id, rule }))
    )
  })
  it("are described in full there", () => {
    for (const row of table) assert.isTrue(row.length === 5 && row.every((cell) => cell !== ""), row.join(" | "))
  })
  it("remember data only, so that a run can be saved", () => {
    for (const { id, start } of builtInInvariants) {
      for (const value of Object.values(start() as object)) {
        const isData = value === undefined || typeof value === "number" || value instanceof Map || value instanceof Set
        assert.isTrue(isData, id)
      }
    }
  })
  it("begin every run anew", () => {
    for (const { start } of builtInInvariants) assert.notStrictEqual(start(), start())
  })
})
