import { describe, expect, it } from "vitest"
import { checkDrawers, checkFrontDoors, checkHeaders, checkNames, checkUnfinished } from "../src/Words.ts"

const headed = "/** What this file is for, in one sentence. */\n"

describe("checkHeaders", () => {
  it.each([
    { rule: "passes a file with a header", path: "a/src/A.ts", text: headed, expected: 0 },
    {
      rule: "passes a script with a header below its interpreter",
      path: "scripts/a.mjs",
      text: `#!/usr/bin/env node\n${headed}`,
      expected: 0
    },
    { rule: "passes a test without one", path: "a/test/A.test.ts", text: "import", expected: 0 },
    { rule: "finds a file without one", path: "a/src/A.ts", text: "export const a = 1\n", expected: 1 },
    { rule: "finds a front door without one", path: "a/src/index.ts", text: 'export * from "./A.ts"\n', expected: 1 },
    { rule: "finds one that says nothing", path: "a/src/A.ts", text: "/** A. */\n", expected: 1 },
    { rule: "finds one that comes too late", path: "a/src/A.ts", text: `import "x"\n${headed}`, expected: 1 }
  ])("$rule", ({ expected, path, text }) => {
    expect(checkHeaders([{ path, text }])).toHaveLength(expected)
  })
})

describe("checkDrawers", () => {
  it.each([
    { path: "a/src/utils.ts", expected: 1 },
    { path: "a/src/Helpers.ts", expected: 1 },
    { path: "a/src/common/A.ts", expected: 1 },
    { path: "a/src/misc.test.ts", expected: 1 },
    { path: "a/src/UtilityRate.ts", expected: 0 },
    { path: "a/src/CommonName.ts", expected: 0 }
  ])("of $path says $expected", ({ expected, path }) => {
    expect(checkDrawers([{ path, text: "" }])).toHaveLength(expected)
  })
})

describe("checkNames", () => {
  it.each([
    { path: "libs/a/src/machine-set/MachineSet.ts", expected: 0 },
    { path: "libs/a/src/index.ts", expected: 0 },
    { path: "apps/a/src/main.ts", expected: 0 },
    { path: "libs/a/src/conversion/v1alpha3.ts", expected: 0 },
    { path: "libs/a/src/v2Client.ts", expected: 1 },
    { path: "libs/a/test/example.ts", expected: 0 },
    { path: "libs/a/src/page/Tree.tsx", expected: 0 },
    { path: "libs/a/src/page/tree.tsx", expected: 1 },
    { path: "libs/a/src/machineSet.ts", expected: 1 },
    { path: "libs/a/src/machine-set.ts", expected: 1 },
    { path: "libs/a/src/MachineSet/MachineSet.ts", expected: 1 }
  ])("of $path says $expected", ({ expected, path }) => {
    expect(checkNames([{ path, text: "" }])).toHaveLength(expected)
  })
})

describe("checkFrontDoors", () => {
  it.each([
    {
      rule: "passes all forms of re-export",
      text: `${headed}export * from "./A.ts"\nexport * as B from "./B.ts"\nexport { c } from "./C.ts"\nexport type {\n  D\n} from "./D.ts"\n`,
      lines: []
    },
    { rule: "finds a constant", text: `${headed}export * from "./A.ts"\nexport const b = 1\n`, lines: [3] },
    { rule: "finds an import", text: `${headed}import { a } from "./A.ts"\n`, lines: [2] }
  ])("$rule", ({ lines, text }) => {
    expect(checkFrontDoors([{ path: "a/src/index.ts", text }]).map((finding) => finding.line)).toEqual(lines)
  })
})

describe("checkUnfinished", () => {
  // Spelt in pieces: this file is judged by the rule, too.
  const later = ["TO", "DO"].join("")
  const singled = ["it", "only"].join(".")
  const skipped = ["describe", "skip"].join(".")

  it.each([
    { rule: "finds a note for later in a comment", text: `// ${later}: more`, expected: 1 },
    { rule: "finds a test that is singled out", text: `${singled}("a", () => {})`, expected: 1 },
    { rule: "finds tests that are switched off", text: `${skipped}("a", () => {})`, expected: 1 },
    { rule: "passes a word that contains one", text: `const ${later}S = 1`, expected: 0 },
    { rule: "passes a table of tests", text: 'it.each([])("a", () => {})', expected: 0 }
  ])("$rule", ({ expected, text }) => {
    expect(checkUnfinished([{ path: "a/test/A.test.ts", text }])).toHaveLength(expected)
  })
})
