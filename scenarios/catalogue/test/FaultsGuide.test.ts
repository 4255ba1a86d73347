import { catalogueFolder } from "@capstan/catalogue"
import { faultCatalogue } from "@capstan/engine"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const guide = readFileSync(new URL("../../docs/guides/faults.md", catalogueFolder), "utf8")

/** Cells of the table's rows, from the row that begins with a fault's name. */
const rows = guide
  .split("\n")
  .filter((line) => /^\| `[a-z]+\.[a-z]+` \|/.test(line))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "").trim()))

const undoWords = { heals: "heals", instant: "at once", irreversible: "never" } as const
const targetWords = { instances: "instances", resources: "none", manager: "none", none: "none" } as const

describe("the table in docs/guides/faults.md", () => {
  it("has a row a fault, in the order of the catalogue", () => {
    assert.deepStrictEqual(
      rows.map(([name]) => name),
      faultCatalogue.map(({ name }) => `\`${name}\``)
    )
  })

  it.each(faultCatalogue)("says of $name what the catalogue says", (fault) => {
    const row = rows.find(([name]) => name === `\`${fault.name}\``)
    const parameters = fault.parameters.length === 0 ? "none" : fault.parameters.map((name) => `\`${name}\``).join(", ")
    assert.deepStrictEqual(row, [
      `\`${fault.name}\``,
      fault.summary,
      targetWords[fault.target],
      parameters,
      undoWords[fault.undo],
      `\`${fault.capability}\``
    ])
  })
})
