/** Summaries and aggregates of conditions: which weight wins, and what the message tells. */
import { assert, describe, it } from "@effect/vitest"
import { aggregateCondition, type Condition, summaryCondition, type WithConditions } from "../../src/index.ts"

const condition = (type: string, status: Condition["status"], message = "", reason = "Why"): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: "2026-01-01T00:00:00Z"
})

const reasons = { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" }

const summary = (conditions: ReadonlyArray<Condition>) =>
  summaryCondition({
    conditions,
    type: "Ready",
    of: ["Deleting", "Infra", "Node", "Health"],
    negative: ["Deleting"],
    ignoreIfMissing: ["Health"],
    reasons
  })

describe("a summary", () => {
  const fine = [condition("Deleting", "False"), condition("Infra", "True"), condition("Node", "True")]
  const rows: ReadonlyArray<readonly [string, ReadonlyArray<Condition>, Condition["status"], string, string]> = [
    ["is True when nothing is at issue", fine, "True", "Ready", ""],
    [
      "tells information only then",
      [...fine.slice(0, 2), condition("Node", "True", "warm")],
      "True",
      "Ready",
      "* Node: warm"
    ],
    [
      "counts a negative condition as an issue while it is True",
      [condition("Deleting", "True", "draining"), ...fine.slice(1)],
      "False",
      "NotReady",
      "* Deleting: draining"
    ],
    [
      "puts issues before what is unknown and drops information",
      [
        condition("Deleting", "False", "told to nobody"),
        condition("Infra", "Unknown", "no answer"),
        condition("Node", "False", "down")
      ],
      "False",
      "NotReady",
      "* Node: down\n* Infra: no answer"
    ],
    [
      "is Unknown when a condition is missing that may not be",
      fine.slice(0, 2),
      "Unknown",
      "ReadyUnknown",
      "* Node: Condition Node not yet reported"
    ],
    [
      "names the reason where there is no message",
      [...fine.slice(0, 2), condition("Node", "False", "", "NodeDeleted")],
      "False",
      "NotReady",
      "* Node: NodeDeleted"
    ],
    [
      "indents messages of several lines",
      [...fine.slice(0, 2), condition("Node", "False", "* a\n* b")],
      "False",
      "NotReady",
      "* Node:\n  * a\n  * b"
    ]
  ]
  for (const [sentence, conditions, status, reason, message] of rows) {
    it(sentence, () => assert.deepStrictEqual(summary(conditions), { type: "Ready", status, reason, message }))
  }

  it("takes overrides and weights", () => {
    const result = summaryCondition({
      conditions: fine,
      type: "Available",
      of: ["Infra", "Node"],
      overrides: [{ type: "Node", status: "False", reason: "Gone", message: "gone" }],
      weigh: (source, byPolarity) => (source.reason === "Gone" ? "info" : byPolarity),
      reasons
    })
    assert.deepStrictEqual(result, { type: "Available", status: "True", reason: "Ready", message: "* Node: gone" })
  })
})

const machines = (statuses: ReadonlyArray<readonly [Condition["status"], string]>): ReadonlyArray<WithConditions> =>
  statuses.map(([status, message], index) => ({
    kind: "Machine",
    metadata: { name: `m${index + 1}` },
    status: { conditions: [condition("Ready", status, message)] }
  }))

const aggregate = (objects: ReadonlyArray<WithConditions>) =>
  aggregateCondition({ objects, type: "MachinesReady", of: "Ready", reasons })

describe("an aggregate", () => {
  it("is True while all are", () => {
    assert.deepStrictEqual(
      aggregate(
        machines([
          ["True", ""],
          ["True", ""]
        ])
      ),
      {
        type: "MachinesReady",
        status: "True",
        reason: "Ready",
        message: ""
      }
    )
  })

  it("tells equal messages once, with three names", () => {
    const result = aggregate(
      machines([
        ["False", "down"],
        ["False", "down"],
        ["True", ""],
        ["False", "down"],
        ["False", "down"]
      ])
    )
    assert.strictEqual(result.status, "False")
    assert.strictEqual(result.message, "* Machines m1, m2, m4, ... (1 more): down")
  })

  it("tells three messages, the most frequent first, and counts the others", () => {
    const result = aggregate(
      machines([
        ["False", "a"],
        ["False", "b"],
        ["False", "b"],
        ["False", "c"],
        ["False", "d"],
        ["Unknown", "e"]
      ])
    )
    assert.strictEqual(
      result.message,
      [
        "* Machines m2, m3: b",
        "* Machine m1: a",
        "* Machine m4: c",
        "And 1 Machine with other issues",
        "And 1 Machine with status unknown"
      ].join("\n")
    )
  })

  it("calls a missing condition unknown", () => {
    const result = aggregate([{ kind: "Machine", metadata: { name: "m1" } }])
    assert.strictEqual(result.status, "Unknown")
    assert.strictEqual(result.message, "* Machine m1: Condition Ready not yet reported")
  })

  it("is True for a negative condition while one is", () => {
    const objects: ReadonlyArray<WithConditions> = [
      {
        kind: "MachineSet",
        metadata: { name: "s" },
        status: { conditions: [condition("ScalingUp", "True", "from 1 to 2")] }
      }
    ]
    const result = aggregateCondition({
      objects,
      type: "ScalingUp",
      of: "ScalingUp",
      negative: true,
      reasons: { issue: "ScalingUp", unknown: "ScalingUpUnknown", info: "NotScalingUp" }
    })
    assert.deepStrictEqual(result, {
      type: "ScalingUp",
      status: "True",
      reason: "ScalingUp",
      message: "* MachineSet s: from 1 to 2"
    })
  })
})
