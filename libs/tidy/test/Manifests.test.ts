import { describe, expect, it } from "vitest"
import { checkLock, checkReferences, checkVersions } from "../src/Manifests.ts"
import { project } from "./Workspace.ts"

const api = project("libs/contracts/api", "@capstan/api", "contract", { effect: "4.1.0" })

describe("checkVersions", () => {
  it.each([
    { rule: "passes an exact version", dependencies: { effect: "4.1.0" }, expected: [] },
    { rule: "passes a package of the workspace as *", dependencies: { "@capstan/api": "*" }, expected: [] },
    {
      rule: "finds a caret",
      dependencies: { yaml: "^2.9.1" },
      expected: ['yaml "^2.9.1" is a range: pin the exact version']
    },
    {
      rule: "finds a tilde",
      dependencies: { yaml: "~2.9.1" },
      expected: ['yaml "~2.9.1" is a range: pin the exact version']
    },
    {
      rule: "finds a star on a foreign package",
      dependencies: { yaml: "*" },
      expected: ['yaml "*" is a range: pin the exact version']
    },
    {
      rule: "finds a version on a package of the workspace",
      dependencies: { "@capstan/api": "0.1.0" },
      expected: ['@capstan/api stands in this workspace: ask for "*"']
    },
    {
      rule: "finds a second version of the same package",
      dependencies: { effect: "4.0.0" },
      expected: ["effect is 4.0.0 here and 4.1.0 in libs/contracts/api/package.json: one version for all"]
    }
  ])("$rule", ({ dependencies, expected }) => {
    const findings = checkVersions([api, project("simulator/aws", "@capstan/simulator-aws", "simulator", dependencies)])
    expect(findings.map((finding) => finding.message)).toEqual(expected)
  })
})

describe("checkReferences", () => {
  const aws = project("simulator/aws", "@capstan/simulator-aws", "simulator", { "@capstan/api": "*" })
  const tsconfig = (path: string, references: ReadonlyArray<string>) => ({
    path,
    text: JSON.stringify({ references: references.map((reference) => ({ path: reference })) })
  })
  const apiConfig = tsconfig("libs/contracts/api/tsconfig.json", [])

  it.each([
    { rule: "passes references that match", references: ["../../libs/contracts/api"], expected: [] },
    {
      rule: "finds a missing reference",
      references: [],
      expected: ["add a reference to libs/contracts/api, as in the dependencies in package.json"]
    },
    {
      rule: "finds one too many",
      references: ["../../libs/contracts/api", "../kernel"],
      expected: ["simulator/kernel is referred to, but is not in the dependencies in package.json"]
    }
  ])("$rule", ({ expected, references }) => {
    const findings = checkReferences([api, aws], [apiConfig, tsconfig("simulator/aws/tsconfig.json", references)])
    expect(findings.map((finding) => finding.message)).toEqual(expected)
  })

  it("finds a project that the root does not refer to", () => {
    const root = project("", "capstan", "")
    const findings = checkReferences([{ ...root, folder: "" }, api], [tsconfig("tsconfig.json", []), apiConfig])
    expect(findings.map((finding) => finding.message)).toEqual([
      "add a reference to libs/contracts/api, as in the workspace"
    ])
  })

  it("finds a project without a tsconfig.json", () => {
    expect(checkReferences([api], []).map((finding) => finding.message)).toEqual(["@capstan/api has no tsconfig.json"])
  })
})

describe("checkLock", () => {
  const lock = (packages: object) => ({ path: "package-lock.json", text: JSON.stringify({ packages }, null, 2) })

  it.each([
    { rule: "passes an entry without a place", packages: { "node_modules/a": { version: "1.0.0" } }, expected: 0 },
    {
      rule: "passes a link into the workspace",
      packages: { "node_modules/a": { resolved: "libs/a", link: true } },
      expected: 0
    },
    {
      rule: "finds the address of a registry",
      packages: { "node_modules/a": { resolved: "https://registry.example/a.tgz" } },
      expected: 1
    },
    {
      rule: "finds a platform that was left out",
      packages: { "node_modules/a": { optionalDependencies: { "a-darwin-arm64": "1.0.0" } } },
      expected: 1
    },
    {
      rule: "passes platforms that are there",
      packages: {
        "node_modules/a": { optionalDependencies: { "a-linux-x64": "1.0.0" } },
        "node_modules/a-linux-x64": {}
      },
      expected: 0
    }
  ])("$rule", ({ expected, packages }) => {
    expect(checkLock(lock(packages))).toHaveLength(expected)
  })
})
