import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { formatFinding } from "../src/Finding.ts"
import { checkRepository, readRepository } from "../src/Repository.ts"

const root = join(import.meta.dirname, "..", "..", "..")

describe("this repository", () => {
  const files = readRepository(root)

  it("is read from where it stands", () => {
    const paths = files.map((file) => file.path)
    expect(paths).toContain("package.json")
    expect(paths).toContain("libs/tidy/src/Repository.ts")
    expect(paths.filter((path) => path.includes("node_modules"))).toEqual([])
  })

  it("is tidy", () => {
    const findings = checkRepository(files).map(formatFinding)
    if (findings.length > 0) throw new Error(`${findings.length} findings:\n${findings.join("\n")}`)
  })
})
