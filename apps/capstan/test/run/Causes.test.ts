import type { TraceEvent } from "@capstan/kernel"
import { assert, describe, it } from "@effect/vitest"
import { causesOf } from "../../src/run/Causes.ts"

const events: ReadonlyArray<TraceEvent> = [
  { t: 1000, seq: 1, cause: 0, kind: "fault", step: "kill", fault: "compute.terminate", targets: ["m-1"] },
  {
    t: 2000,
    seq: 2,
    cause: 1,
    kind: "aws.state",
    resource: "instance",
    id: "i-1",
    from: "running",
    to: "shutting-down"
  },
  { t: 3000, seq: 3, cause: 2, kind: "reconcile", controller: "machine", object: "default/m-1", trigger: "Change" },
  {
    t: 3000,
    seq: 4,
    cause: 3,
    kind: "write",
    api: "management",
    verb: "patch",
    resource: "AWSMachine.x",
    name: "m-1",
    actor: "capa"
  },
  { t: 3000, seq: 5, cause: 4, kind: "expectation", id: "steady", expects: "always", status: "violated" },
  { t: 9000, seq: 6, cause: 0, kind: "mark", text: "later" }
]

describe("causesOf", () => {
  it("follows the chain of causes and names the faults before it, oldest first", () => {
    assert.deepStrictEqual(causesOf(events, "steady"), [
      { atMillis: 1000, text: "fault compute.terminate of m-1" },
      { atMillis: 2000, text: "instance i-1 becomes shutting-down" },
      { atMillis: 3000, text: "machine reconciles default/m-1" },
      { atMillis: 3000, text: "capa: patch AWSMachine m-1" }
    ])
  })

  it("looks at the end of the trace for what was judged there", () => {
    assert.deepStrictEqual(causesOf(events, "finally-judged").at(-1), { atMillis: 9000, text: "mark later" })
  })
})
