import { Coverage, statesIn } from "@capstan/engine"
import type { TraceEvent } from "@capstan/kernel"
import { assert, describe, it } from "@effect/vitest"

const event = (kind: string, data: object): TraceEvent => ({ t: 0, seq: 1, cause: 0, kind, ...data })

const table: ReadonlyArray<{ readonly given: TraceEvent; readonly expected: ReadonlyArray<string> }> = [
  {
    given: event("write", {
      resource: "Machine.cluster.x-k8s.io",
      patch: {
        status: {
          conditions: [
            { type: "Ready", status: "False", reason: "NotReady" },
            { type: "X", status: "True" }
          ]
        }
      }
    }),
    expected: ["condition Machine Ready=False NotReady", "condition Machine X=True "]
  },
  {
    given: event("write", { resource: "Event", patch: { reason: "SuccessfulCreate" } }),
    expected: ["event SuccessfulCreate"]
  },
  { given: event("write", { resource: "Secret", patch: { data: {} } }), expected: [] },
  { given: event("aws", { service: "ec2", operation: "RunInstances" }), expected: [] },
  {
    given: event("aws", { service: "ec2", operation: "RunInstances", code: "InsufficientInstanceCapacity" }),
    expected: ["error ec2.RunInstances InsufficientInstanceCapacity"]
  },
  {
    given: event("aws.state", { resource: "instance", id: "i-1", from: "pending", to: "running" }),
    expected: ["life instance pending to running"]
  },
  { given: event("world", { what: "node-ready", node: "a" }), expected: ["world node-ready"] },
  { given: event("etcd", { cluster: "demo", step: "leader" }), expected: ["etcd leader"] },
  { given: event("fault", { step: "s", fault: "zone.outage" }), expected: ["fault zone.outage"] },
  { given: event("reconcile", { controller: "machine" }), expected: [] }
]

describe("states of a run", () => {
  it.each(table)("$given.kind: $expected", ({ expected, given }) => assert.deepStrictEqual(statesIn(given), expected))

  it("are each told once, in order", () => {
    const coverage = new Coverage()
    for (const { given } of [...table, ...table]) coverage.listen(given)
    const all = table.flatMap(({ expected }) => expected).sort()
    assert.deepStrictEqual(coverage.states, all)
  })
})
