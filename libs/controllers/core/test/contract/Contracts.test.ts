import { assert, describe, it } from "@effect/vitest"
import { dataSecretNameOf, isDataSecretCreated } from "../../src/contract/BootstrapContract.ts"
import { controlPlaneReplicasOf, controlPlaneVersionsOf } from "../../src/contract/ControlPlaneContract.ts"
import { addressesOf, isReportedStopped } from "../../src/contract/InfrastructureMachineContract.ts"
import { mirrorCondition } from "../../src/contract/MirroredCondition.ts"
import { contractVersionOf } from "../../src/contract/ProviderKind.ts"
import { selectorLabels } from "../../src/frame/SelectorLabels.ts"
import { condition, found } from "../Specimens.ts"

describe("contractVersionOf", () => {
  const cases: ReadonlyArray<{
    rule: string
    labels: { readonly [name: string]: string }
    expected: string | undefined
  }> = [
    {
      rule: "takes the newest that both know",
      labels: { "cluster.x-k8s.io/v1beta1": "v1beta1", "cluster.x-k8s.io/v1beta2": "v1beta2" },
      expected: "v1beta2"
    },
    {
      rule: "takes the older one alone",
      labels: { "cluster.x-k8s.io/v1beta1": "v1alpha4_v1beta1" },
      expected: "v1beta1"
    },
    { rule: "does not count an empty label", labels: { "cluster.x-k8s.io/v1beta2": "" }, expected: undefined },
    { rule: "knows no older contract", labels: { "cluster.x-k8s.io/v1alpha4": "v1alpha4" }, expected: undefined }
  ]
  it.each(cases)("$rule", ({ expected, labels }) => assert.strictEqual(contractVersionOf({ labels }), expected))
})

describe("mirrorCondition", () => {
  const mirror = (body: { readonly [field: string]: unknown }, status = false) =>
    mirrorCondition(found("FooMachine", "a", body).object, {
      source: "Ready",
      target: "InfrastructureReady",
      fallback: { status, reasons: ["Ready", "NotReady"], message: "flag is false" }
    })
  const ready = (more: object) => ({ status: { conditions: [{ type: "Ready", ...more }] } })

  it("copies status, reason and message", () => {
    assert.deepStrictEqual(mirror(ready({ status: "False", reason: "Because", message: "so" })), {
      type: "InfrastructureReady",
      status: "False",
      reason: "Because",
      message: "so"
    })
  })

  it("adds the standard reason where the older contract has none", () => {
    assert.strictEqual(mirror(ready({ status: "True" })).reason, "Ready")
  })

  it("prefers conditions in the new shape where a provider has both", () => {
    const both = {
      status: { conditions: [condition("Ready", "True")], v1beta2: { conditions: [condition("Ready", "False")] } }
    }
    assert.strictEqual(mirror(both).status, "False")
  })

  it("makes one up from the flag, and says Unknown of nonsense", () => {
    assert.deepStrictEqual(
      [mirror({}).status, mirror({}).message, mirror({}, true).message],
      ["False", "flag is false", ""]
    )
    assert.strictEqual(mirror(ready({ status: "Perhaps" })).reason, "InvalidConditionReported")
  })
})

describe("the contracts' fields", () => {
  it("bootstrap: flag by contract, name without", () => {
    const { object } = found("FooConfig", "a", { status: { ready: true, dataSecretName: "x" } })
    assert.deepStrictEqual(
      [isDataSecretCreated(object, "v1beta1"), isDataSecretCreated(object, "v1beta2"), dataSecretNameOf(object)],
      [true, false, "x"]
    )
  })

  it("addresses: those of a known type", () => {
    const addresses = [
      { type: "InternalIP", address: "10.0.0.1" },
      { type: "Telegraph", address: "x" },
      { type: "Hostname" }
    ]
    assert.deepStrictEqual(addressesOf(found("FooMachine", "a", { status: { addresses } }).object), [
      { type: "InternalIP", address: "10.0.0.1" }
    ])
  })

  it("control plane: counters of either contract, versions or the one version", () => {
    const { object } = found("FooControlPlane", "prod", {
      spec: { replicas: 3 },
      status: { replicas: 3, unavailableReplicas: 1, updatedReplicas: 2, version: "v1.31.0" }
    })
    assert.deepStrictEqual(controlPlaneReplicasOf(object, "v1beta1"), {
      desiredReplicas: 3,
      replicas: 3,
      availableReplicas: 2,
      upToDateReplicas: 2,
      versions: [{ version: "v1.31.0" }]
    })
    assert.deepStrictEqual(controlPlaneVersionsOf(found("FooControlPlane", "prod").object), [])
  })

  it("infrastructure says that a machine does not run by a reason, never by a failed call", () => {
    const say = (reason: string) =>
      isReportedStopped(
        found("FooMachine", "a", { status: { conditions: [condition("Ready", "False", { reason })] } }).object,
        "v1beta2"
      )
    assert.deepStrictEqual(["InstanceStopped", "InstanceTerminated", "RequestLimitExceeded"].map(say), [
      true,
      true,
      false
    ])
  })
})

describe("selectorLabels", () => {
  it("reads exact labels and In with one value, and refuses the rest", () => {
    const one = { key: "b", operator: "In", values: ["2"] } as const
    assert.deepStrictEqual(selectorLabels({ matchLabels: { a: "1" }, matchExpressions: [one] }), {
      _tag: "Labels",
      labels: { a: "1", b: "2" }
    })
    assert.strictEqual(selectorLabels({ matchExpressions: [{ key: "b", operator: "Exists" }] })._tag, "Refused")
  })
})
