/** Versions, percentages, naming templates, pausing. */
import { assert, describe, it } from "@effect/vitest"
import {
  compareVersions,
  compareVersionsWithBuild,
  hasPausedAnnotation,
  isPaused,
  minorSkew,
  parseVersion,
  renderMachineName,
  resolveIntOrPercent,
  type Version
} from "../../src/index.ts"

const version = (text: string): Version => {
  const parsed = parseVersion(text)
  assert.isDefined(parsed, text)
  return parsed
}

describe("versions", () => {
  for (const text of ["v1.31", "1.31.0.0", "v01.2.3", "v1.2.3-", "v1.2.3-01", "", "latest"]) {
    it(`${JSON.stringify(text)} is none`, () => assert.isUndefined(parseVersion(text)))
  }

  it("are read with or without a leading v", () => {
    assert.deepStrictEqual(version("1.31.0-rc.1+build.5"), version("v1.31.0-rc.1+build.5"))
  })

  const ascending = [
    "v1.2.3-alpha",
    "v1.2.3-alpha.1",
    "v1.2.3-alpha.beta",
    "v1.2.3-rc.2",
    "v1.2.3-rc.10",
    "v1.2.3",
    "v1.2.10",
    "v1.10.0",
    "v2.0.0"
  ]
  it("are ordered as semantic versioning says", () => {
    const sorted = [...ascending].reverse().sort((a, b) => compareVersions(version(a), version(b)))
    assert.deepStrictEqual(sorted, ascending)
  })

  it("differ by build only when builds count", () => {
    assert.strictEqual(compareVersions(version("v1.2.3+a.1"), version("v1.2.3+a.2")), 0)
    assert.isBelow(compareVersionsWithBuild(version("v1.2.3+a.9"), version("v1.2.3+a.10")), 0)
  })

  it("have a skew within one major", () => {
    assert.strictEqual(minorSkew(version("v1.31.0"), version("v1.29.5")), 2)
    assert.isUndefined(minorSkew(version("v2.0.0"), version("v1.29.5")))
  })
})

describe("a number that may be a share", () => {
  for (const [value, total, up, down] of [
    [3, 10, 3, 3],
    ["25%", 10, 3, 2],
    ["100%", 7, 7, 7],
    ["0%", 7, 0, 0],
    ["3", 7, undefined, undefined],
    ["x%", 7, undefined, undefined],
    [1.5, 7, undefined, undefined]
  ] as const) {
    it(`${value} of ${total} is ${up} rounded up and ${down} rounded down`, () => {
      assert.strictEqual(resolveIntOrPercent(value, total, "up"), up)
      assert.strictEqual(resolveIntOrPercent(value, total, "down"), down)
    })
  }
})

describe("a naming template", () => {
  const values = { "cluster.name": "c1", "machineSet.name": "s1" }
  for (const [template, result] of [
    ["{{ .machineSet.name }}-{{ .random }}", { _tag: "Named", name: "s1-bcdfg" }],
    ["{{.cluster.name}} {{- .random -}} x", { _tag: "Named", name: "c1bcdfgx" }],
    [`${"x".repeat(60)}-{{ .random }}`, { _tag: "Named", name: `${"x".repeat(58)}bcdfg` }],
    ["{{ .machine.name }}", { _tag: "Refused", message: ".machine.name is nothing a name template can use" }],
    ["{{ if }}", { _tag: "Refused", message: "if is nothing a name template can use" }],
    ["{{ .random", { _tag: "Refused", message: "a brace pair is left open" }]
  ] as const) {
    it(`${template} is ${result._tag === "Named" ? result.name : "refused"}`, () =>
      assert.deepStrictEqual(renderMachineName(template, values, "bcdfg"), result))
  }
})

describe("pausing", () => {
  const object = (annotations?: { readonly [key: string]: string }) => ({
    apiVersion: "v1",
    kind: "X",
    metadata: {
      name: "x",
      uid: "u",
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...(annotations === undefined ? {} : { annotations })
    }
  })

  it("heeds the annotation whatever it says", () => {
    assert.isTrue(hasPausedAnnotation(object({ "cluster.x-k8s.io/paused": "false" })))
    assert.isFalse(hasPausedAnnotation(object({})))
  })

  it("heeds the Cluster", () => {
    assert.isTrue(isPaused({ spec: { paused: true } }, object()))
    assert.isFalse(isPaused({ spec: { paused: false } }, object()))
    assert.isFalse(isPaused(undefined, object()))
  })
})
