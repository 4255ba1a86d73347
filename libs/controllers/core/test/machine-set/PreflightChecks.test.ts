import { assert, describe, it } from "@effect/vitest"
import { noReference } from "../../src/contract/ProviderObject.ts"
import { preflightProblems } from "../../src/machine-set/PreflightChecks.ts"
import { aMachineSet, bootstrapRef, found } from "../Specimens.ts"

const setOf = (version: string, options: { kubeadm?: boolean; skip?: string } = {}) => {
  const { template } = aMachineSet("set").spec
  const bootstrap = {
    configRef: bootstrapRef(options.kubeadm === true ? "KubeadmConfigTemplate" : "FooConfigTemplate", "workers")
  }
  return aMachineSet("set", {
    ...(options.skip === undefined
      ? {}
      : { metadata: { annotations: { "machineset.cluster.x-k8s.io/skip-preflight-checks": options.skip } } }),
    spec: { template: { ...template, spec: { ...template.spec, version, bootstrap } } }
  })
}
const controlPlane = (version: string, running: ReadonlyArray<string> = [version]) =>
  found("FooControlPlane", "prod", {
    spec: { version },
    status: { versions: running.map((each) => ({ version: each, replicas: 1 })) }
  })

const cases: ReadonlyArray<{
  rule: string
  given: Parameters<typeof preflightProblems>[0]
  expected: ReadonlyArray<RegExp>
}> = [
  {
    rule: "passes with a stable control plane of the same version",
    given: { machineSet: setOf("v1.31.0"), controlPlane: controlPlane("v1.31.0"), bootstrapTemplate: noReference },
    expected: []
  },
  {
    rule: "passes without a control-plane object",
    given: { machineSet: setOf("v1.31.0"), controlPlane: noReference, bootstrapTemplate: noReference },
    expected: []
  },
  {
    rule: "waits for the first control-plane Machine",
    given: { machineSet: setOf("v1.31.0"), controlPlane: controlPlane("v1.31.0", []), bootstrapTemplate: noReference },
    expected: [/provisioning/]
  },
  {
    rule: "waits while the control plane is upgraded",
    given: {
      machineSet: setOf("v1.31.0"),
      controlPlane: controlPlane("v1.31.1", ["v1.31.0", "v1.31.1"]),
      bootstrapTemplate: noReference
    },
    expected: [/upgrading/]
  },
  {
    rule: "refuses a version above the control plane's",
    given: { machineSet: setOf("v1.32.0"), controlPlane: controlPlane("v1.31.0"), bootstrapTemplate: noReference },
    expected: [/higher/]
  },
  {
    rule: "refuses a version too far behind",
    given: { machineSet: setOf("v1.27.0"), controlPlane: controlPlane("v1.31.0"), bootstrapTemplate: noReference },
    expected: [/more than 3 minor/]
  },
  {
    rule: "lets other bootstraps join three minors behind",
    given: { machineSet: setOf("v1.28.0"), controlPlane: controlPlane("v1.31.0"), bootstrapTemplate: noReference },
    expected: []
  },
  {
    rule: "lets kubeadm join only with the same minor",
    given: {
      machineSet: setOf("v1.30.0", { kubeadm: true }),
      controlPlane: controlPlane("v1.31.0"),
      bootstrapTemplate: noReference
    },
    expected: [/KubeadmVersionSkew/]
  },
  {
    rule: "skips the checks that are named",
    given: {
      machineSet: setOf("v1.30.0", { kubeadm: true, skip: "KubeadmVersionSkew, ControlPlaneIsStable" }),
      controlPlane: controlPlane("v1.31.0", []),
      bootstrapTemplate: noReference
    },
    expected: []
  },
  {
    rule: "skips all of them when told so on the bootstrap template",
    given: {
      machineSet: setOf("v1.32.0"),
      controlPlane: controlPlane("v1.31.0", []),
      bootstrapTemplate: found(
        "FooConfigTemplate",
        "workers",
        {},
        { metadata: { annotations: { "machineset.cluster.x-k8s.io/skip-preflight-checks": "All" } } }
      )
    },
    expected: []
  }
]

describe("preflightProblems", () => {
  it.each(cases)("$rule", ({ expected, given }) => {
    const problems = preflightProblems(given)
    assert.strictEqual(problems.length, expected.length)
    expected.forEach((pattern, index) => assert.match(problems[index] ?? "", pattern))
  })
})
