/** What is made from a template. */
import { type KubernetesObject, makeKind } from "@capstan/api"
import { anObject } from "@capstan/kubernetes/testing"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { clonedKindName, cloneTemplate } from "../src/CloneTemplate.ts"

const FooMachineTemplate = makeKind({
  group: "infrastructure.cluster.x-k8s.io",
  kind: "FooMachineTemplate",
  version: "v1",
  schema: Schema.Unknown
})

describe("cloneTemplate", () => {
  const template = anObject(FooMachineTemplate, "workers", {
    spec: {
      template: {
        metadata: { labels: { a: "template", b: "template" }, annotations: { x: "template" } },
        spec: { size: 3 }
      }
    }
  })
  const owner = { apiVersion: "cluster.x-k8s.io/v1beta2", kind: "MachineSet", name: "set", uid: "u" }
  const clone = (of: KubernetesObject) =>
    cloneTemplate({
      template: of,
      templateKind: FooMachineTemplate,
      metadata: {
        name: "set-x",
        namespace: "default",
        labels: { b: "passed" },
        annotations: { y: "passed" },
        ownerReferences: [owner]
      }
    })

  it("lays what is passed over what the template says, and names the template", () => {
    assert.deepStrictEqual(clone(template), {
      metadata: {
        name: "set-x",
        namespace: "default",
        labels: { a: "template", b: "passed" },
        annotations: {
          x: "template",
          y: "passed",
          "cluster.x-k8s.io/cloned-from-name": "workers",
          "cluster.x-k8s.io/cloned-from-groupkind": "FooMachineTemplate.infrastructure.cluster.x-k8s.io"
        },
        ownerReferences: [owner]
      },
      spec: { size: 3 }
    })
  })

  it("makes an empty object of an empty template", () => {
    assert.deepStrictEqual(Object.keys(clone(anObject(FooMachineTemplate, "bare"))), ["metadata"])
  })

  it("finds the kind by the template's name", () => {
    assert.strictEqual(clonedKindName("FooMachineTemplate"), "FooMachine")
    assert.strictEqual(clonedKindName("FooMachine"), undefined)
  })
})
