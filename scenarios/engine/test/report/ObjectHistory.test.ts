import type { TraceEvent } from "@capstan/kernel"
import { describe, expect, it } from "vitest"
import { historyDifferences, objectHistory } from "../../src/report/ObjectHistory.ts"

let seq = 0
const write = (given: {
  readonly resource?: string
  readonly name?: string
  readonly [key: string]: unknown
}): TraceEvent => ({
  t: 0,
  seq: ++seq,
  cause: 0,
  kind: "write",
  api: "management",
  verb: "patch",
  resource: "Machine.cluster.x-k8s.io",
  namespace: "default",
  name: "md-0-pb5mv-n7h4n",
  ...given
})
const ready = (status: string, reason: string) => ({ status: { conditions: [{ type: "Ready", status, reason }] } })

describe("objectHistory", () => {
  it("counts objects by kind and name, drawn suffixes left open", () => {
    const events = [
      write({ verb: "create" }),
      write({ verb: "create", name: "md-0-pb5mv-2xkcw" }),
      write({ verb: "create", name: "md-0", resource: "MachineDeployment.cluster.x-k8s.io" }),
      write({ verb: "delete", gone: true })
    ]
    expect(objectHistory(events)).toEqual({
      "Machine md-0-*-*: created": 2,
      "Machine md-0-*-*: gone": 1,
      "MachineDeployment md-0: created": 1
    })
  })

  it("counts an object once for a condition, however often it had it", () => {
    const events = [
      write({ patch: ready("False", "NotReady") }),
      write({ patch: ready("True", "Ready") }),
      write({ patch: ready("False", "NotReady") })
    ]
    expect(objectHistory(events)).toEqual({
      "Machine md-0-*-*: Ready False (NotReady)": 1,
      "Machine md-0-*-*: Ready True (Ready)": 1
    })
  })

  it("leaves Secrets, Events and workload clusters out", () => {
    const events = [
      write({ verb: "create", resource: "Secret" }),
      write({ verb: "create", resource: "Event" }),
      write({ verb: "create", resource: "Node", api: "workload/a" }),
      { t: 0, seq: 99, cause: 0, kind: "reconcile" }
    ]
    expect(objectHistory(events)).toEqual({})
  })
})

describe("historyDifferences", () => {
  it("gives what is not equally often in both, in order", () => {
    expect(historyDifferences({ b: 1, a: 2, same: 3 }, { c: 1, a: 1, same: 3 })).toEqual([
      { fact: "a", counts: [2, 1] },
      { fact: "b", counts: [1, 0] },
      { fact: "c", counts: [0, 1] }
    ])
  })
})
