import { describe, expect, it } from "vitest"
import { checkArrows, resolveRelative } from "../src/Arrows.ts"
import { workspace } from "./Workspace.ts"

const rootTools = new Set(["vitest"])

const rulesOf = (path: string, specifier: string): ReadonlyArray<string> =>
  checkArrows([{ path, text: `\nimport { a } from "${specifier}"\n` }], workspace, rootTools).map(
    (finding) => `${finding.line} ${finding.rule}`
  )

describe("checkArrows lets pass", () => {
  it.each([
    {
      rule: "a contract that imports a contract",
      path: "libs/contracts/kubernetes/src/A.ts",
      specifier: "@capstan/api"
    },
    { rule: "a controller that imports a contract", path: "libs/controllers/core/src/A.ts", specifier: "@capstan/api" },
    {
      rule: "a controller that imports the runtime",
      path: "libs/controllers/core/src/A.ts",
      specifier: "@capstan/runtime"
    },
    { rule: "a simulator that imports a simulator", path: "simulator/aws/src/A.ts", specifier: "@capstan/kernel" },
    { rule: "a scenario that imports a controller", path: "scenarios/engine/src/A.ts", specifier: "@capstan/core" },
    { rule: "an app that imports a scenario", path: "apps/capstan/src/A.ts", specifier: "@capstan/engine" },
    { rule: "a file of the same project", path: "simulator/aws/src/ec2/A.ts", specifier: "../B.ts" },
    {
      rule: "a subpath that the other package exports",
      path: "simulator/aws/test/A.test.ts",
      specifier: "@capstan/kubernetes/testing"
    },
    { rule: "a test that uses a tool of the root", path: "simulator/aws/test/A.test.ts", specifier: "vitest" },
    {
      rule: "a conformance suite that uses a tool of the root",
      path: "libs/contracts/kubernetes/src/testing/A.ts",
      specifier: "vitest"
    },
    {
      rule: "a test that shows its package by name",
      path: "simulator/aws/test/A.test.ts",
      specifier: "@capstan/simulator-aws"
    },
    { rule: "what belongs to Node", path: "simulator/aws/src/A.ts", specifier: "node:fs" }
  ])("$rule", ({ path, specifier }) => {
    expect(rulesOf(path, specifier)).toEqual([])
  })
})

describe("checkArrows finds", () => {
  it.each([
    {
      rule: "a contract that imports a controller",
      path: "libs/contracts/kubernetes/src/A.ts",
      specifier: "@capstan/core",
      expected: "arrows"
    },
    {
      rule: "a controller that imports another controller",
      path: "libs/controllers/runtime/src/A.ts",
      specifier: "@capstan/core",
      expected: "arrows"
    },
    {
      rule: "a controller that imports a simulator, even in a test",
      path: "libs/controllers/core/test/A.test.ts",
      specifier: "@capstan/kernel",
      expected: "arrows"
    },
    {
      rule: "a backend that imports a simulator",
      path: "libs/backends/aws-live/src/A.ts",
      specifier: "@capstan/kernel",
      expected: "arrows"
    },
    {
      rule: "a simulator that imports a controller",
      path: "simulator/aws/src/A.ts",
      specifier: "@capstan/core",
      expected: "arrows"
    },
    {
      rule: "a simulator that imports the controllers' runtime",
      path: "simulator/aws/src/A.ts",
      specifier: "@capstan/runtime",
      expected: "arrows"
    },
    {
      rule: "a scenario that imports an app",
      path: "scenarios/engine/src/A.ts",
      specifier: "@capstan/cli",
      expected: "arrows"
    },
    {
      rule: "an app that imports another app",
      path: "apps/manager/src/A.ts",
      specifier: "@capstan/cli",
      expected: "arrows"
    },
    {
      rule: "a kernel that imports anything of ours",
      path: "simulator/kernel/src/A.ts",
      specifier: "@capstan/api",
      expected: "arrows"
    },
    {
      rule: "Cluster API's kinds that import anything of ours",
      path: "libs/contracts/api/src/A.ts",
      specifier: "@capstan/kubernetes",
      expected: "arrows"
    },
    {
      rule: "a relative import that leaves its project",
      path: "simulator/aws/src/A.ts",
      specifier: "../../kernel/src/Kernel.ts",
      expected: "arrows"
    },
    {
      rule: "a package that imports itself by name",
      path: "simulator/aws/src/A.ts",
      specifier: "@capstan/simulator-aws",
      expected: "arrows"
    },
    {
      rule: "a deep import",
      path: "simulator/aws/src/A.ts",
      specifier: "@capstan/kernel/src/Kernel.ts",
      expected: "deep-import"
    },
    {
      rule: "a package that is not declared",
      path: "simulator/aws/src/A.ts",
      specifier: "yaml",
      expected: "undeclared"
    },
    {
      rule: "a tool of the root in shipped code",
      path: "simulator/aws/src/A.ts",
      specifier: "vitest",
      expected: "undeclared"
    },
    {
      rule: "a devDependency in shipped code",
      path: "libs/controllers/core/src/A.ts",
      specifier: "yaml",
      expected: "undeclared"
    }
  ])("$rule", ({ expected, path, specifier }) => {
    expect(rulesOf(path, specifier)).toEqual([`2 ${expected}`])
  })
})

describe("resolveRelative", () => {
  it.each([
    { path: "a/b/C.ts", specifier: "./D.ts", expected: "a/b/D.ts" },
    { path: "a/b/C.ts", specifier: "../../e/F.ts", expected: "e/F.ts" }
  ])("$specifier from $path is $expected", ({ expected, path, specifier }) => {
    expect(resolveRelative(path, specifier)).toBe(expected)
  })
})
