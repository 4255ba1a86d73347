import { describe, expect, it } from "vitest"
import { checkFileCircles, checkProjectCircles, circlesOf } from "../src/Circles.ts"
import { project } from "./Workspace.ts"

const graph = (edges: Readonly<Record<string, string>>) =>
  new Map(Object.entries(edges).map(([from, to]) => [from, to.split("")] as const))

describe("circlesOf", () => {
  it.each([
    { rule: "sees none in a diamond", edges: { a: "bc", b: "d", c: "d", d: "" }, expected: [] },
    { rule: "sees a pair", edges: { a: "b", b: "a" }, expected: ["ab"] },
    { rule: "leaves out the way that leads to it", edges: { a: "b", b: "c", c: "b" }, expected: ["bc"] },
    { rule: "sees a node that names itself", edges: { a: "a" }, expected: ["a"] },
    { rule: "sees two apart", edges: { a: "b", b: "a", c: "d", d: "c" }, expected: ["ab", "cd"] }
  ])("$rule", ({ edges, expected }) => {
    expect(circlesOf(graph(edges)).map((circle) => circle.join(""))).toEqual(expected)
  })
})

describe("checkFileCircles", () => {
  const files = (kind: string) => [
    { path: "p/src/A.ts", text: '\nimport { b } from "./B.ts"' },
    { path: "p/src/B.ts", text: `import ${kind}{ a } from "./A.ts"` }
  ]

  it("finds two files that import each other, at the line of the import", () => {
    const [finding, ...more] = checkFileCircles(files(""))
    expect(more).toEqual([])
    expect(finding).toMatchObject({ path: "p/src/A.ts", line: 2, rule: "circles" })
    expect(finding?.message).toContain("p/src/A.ts → p/src/B.ts → p/src/A.ts")
  })

  it("lets two types name each other", () => {
    expect(checkFileCircles(files("type "))).toEqual([])
  })
})

describe("checkProjectCircles", () => {
  it("finds projects that depend on each other", () => {
    const projects = [
      project("x", "@capstan/x", "contract", { "@capstan/y": "*" }),
      project("y", "@capstan/y", "contract", { "@capstan/x": "*" })
    ]
    expect(checkProjectCircles(projects).map((finding) => finding.message)).toEqual([
      "@capstan/x → @capstan/y → @capstan/x: move what they share into a contract"
    ])
  })
})
