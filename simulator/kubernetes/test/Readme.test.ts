import { readFileSync } from "node:fs"
import { expect, it, vi } from "vitest"

it("the README shows a program that runs, and what it really prints", async () => {
  const printed: Array<string> = []
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line))
  await import("./example.ts")
  log.mockRestore()
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  expect(printed).toHaveLength(3)
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(new URL("./example.ts", import.meta.url), "utf8")}\`\`\``)
  expect(readme).toContain(`\`\`\`\n${printed.join("\n")}\n\`\`\``)
})
