import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { findNamed, objectLines, objectName, parseField, valueAt } from "../../src/trace/index.ts"
import { recordedTrace } from "./Recorded.ts"

const objects = objectLines(recordedTrace("worker-instance-kill").events)
const named = (wanted: string) =>
  Result.match(findNamed(objects, wanted), { onSuccess: objectName, onFailure: (message) => message })

describe("findNamed", () => {
  const machine = [...objects.values()].find(({ kind }) => kind === "Machine")?.name ?? ""

  it("finds an object by its whole name, by kind and name, whatever the case of the kind", () => {
    assert.strictEqual(named(`Machine/default/${machine}`), `Machine/default/${machine}`)
    assert.strictEqual(named(`machine/${machine}`), `Machine/default/${machine}`)
    assert.strictEqual(
      named("KubeadmControlPlane/demo-control-plane"),
      "KubeadmControlPlane/default/demo-control-plane"
    )
  })

  it("finds an object of a workload cluster", () => {
    const node = [...objects.values()].find(({ kind }) => kind === "Node")
    assert.strictEqual(named(`${node?.name}`), `Node/${node?.name}@workload/demo`)
  })

  it("does not choose between several", () => {
    assert.match(named(machine), /stands for \d objects: .*Machine\/default\/.*Choose one\./)
  })

  it("names what comes near", () => {
    assert.include(named("Machine/default/demo-contrl-plane"), "Did you mean '")
    assert.strictEqual(
      named("nothing-like-it-at-all-in-there"),
      "The trace has no object 'nothing-like-it-at-all-in-there'."
    )
  })
})

describe("parseField", () => {
  const object = {
    metadata: { labels: { "a.b/c": "x" } },
    status: { conditions: [{ type: "Ready", status: "True" }], list: ["first"] }
  }
  const cases = [
    { field: "status.conditions[Ready].status", expected: "True" },
    { field: "status.conditions[0].type", expected: "Ready" },
    { field: "status.conditions.Ready.status", expected: "True" },
    { field: 'metadata.labels["a.b/c"]', expected: "x" },
    { field: "metadata.labels[a.b/c]", expected: "x" },
    { field: "status.list[0]", expected: "first" },
    { field: "status.nothing.at.all", expected: undefined }
  ]
  it.each(cases)("reads $field", ({ expected, field }) => {
    assert.strictEqual(valueAt(object, Result.getOrThrow(parseField(field))), expected)
  })

  it.each(["", ".", "a..b", "a[b", "[]"])("refuses '%s'", (field) => {
    assert.isTrue(Result.isFailure(parseField(field)))
  })
})
