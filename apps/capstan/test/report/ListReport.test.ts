import { assert, describe, it } from "@effect/vitest"
import { listReporter } from "../../src/report/ListReport.ts"
import { plain } from "../../src/report/Paint.ts"
import { allRecords, type TestReport } from "../../src/report/TestReport.ts"
import { answer, plan, report, result, violated } from "./Canned.ts"

const groupText = (given: TestReport): string => {
  const [group] = given.groups
  assert(group !== undefined)
  return listReporter(plain).group?.(group, allRecords(given)) ?? ""
}

describe("listReporter", () => {
  it("tells a passing scenario in one line", () => {
    const text = groupText(report([plan()], [answer()]))
    assert.strictEqual(text, " ✓ zone-outage                       1 seed                         60m → 800ms\n")
  })

  it("shows what failed, where, when, what led to it and how to see it again", () => {
    const failed = answer({
      result: result({ passed: false, expectations: [violated] }),
      causes: {
        "one-at-a-time": [
          { atMillis: 3_123_000, text: "healed zone.outage is over" },
          { atMillis: 3_852_400, text: "manager: delete Machine cp-9wqzn" }
        ]
      }
    })
    assert.deepStrictEqual(groupText(report([plan()], [failed])).split("\n"), [
      " ✗ zone-outage                       1 seed, 1 failed               60m → 800ms",
      "     zone=b outage=45m seed=7",
      "       ✗ one-at-a-time   never cps.filter(m, deleting(m)).size() > 1",
      "         at 01:04:12  it is so   scenarios/zone.yaml:58:7",
      "         ├ 00:52:03  healed zone.outage is over",
      "         └ 01:04:12  manager: delete Machine cp-9wqzn",
      "       replay  npx capstan replay scenarios/zone.yaml --seed 7 --matrix zone=b --matrix outage=45m --until 1h4m13s",
      ""
    ])
  })

  it("names a violated invariant with its rule", () => {
    const invariants = [
      { id: "I01", rule: "one instance", violations: [{ atMillis: 60_000, message: "m-1 owns i-1 and i-2" }] }
    ]
    const text = groupText(report([plan()], [answer({ result: result({ passed: false, invariants }) })]))
    assert.include(text, "✗ I01   invariant: one instance\n         at 00:01:00  m-1 owns i-1 and i-2\n")
  })

  it("lists what a run that timed out was waiting for", () => {
    const problem = {
      kind: "ready",
      atMillis: 1_500_000,
      message: "'cluster' is not Available within 25m",
      waitingFor: ["Machine a", "Machine b"]
    } as const
    const text = groupText(report([plan()], [answer({ result: result({ passed: false, problem }) })]))
    assert.include(
      text,
      "✗ 'cluster' is not Available within 25m\n         at 00:25:00, waiting for\n           - Machine a\n           - Machine b\n"
    )
  })

  it("calls a defect a defect, with its stack", () => {
    const defect = { message: "boom", stack: "Error: boom\n    at x", atMillis: undefined }
    const text = groupText(report([plan()], [answer({ result: undefined, defect })]))
    assert.include(text, "a defect of Capstan, not of the scenario")
    assert.include(text, "Error: boom\n               at x\n")
    assert.include(text, "npx capstan replay scenarios/zone.yaml --seed 7 --matrix zone=b --matrix outage=45m\n")
  })

  it("blames neither the scenario nor itself for a backend that gave out", () => {
    const defect = { message: "the emulator is gone", stack: undefined, atMillis: undefined, outside: true } as const
    const text = groupText(report([plan()], [answer({ result: undefined, defect })]))
    assert.include(text, "neither the scenario nor Capstan is to blame:")
    assert.include(text, "the emulator is gone")
    assert.notInclude(text, "please report it")
  })

  it("shows the first event in which two runs of a seed differ", () => {
    const divergence = { hashes: ["a".repeat(64), "b".repeat(64)], seq: 4, events: ['{"t":1}', undefined] } as const
    const text = groupText(report([plan()], [{ answer: answer(), divergence }]))
    assert.include(
      text,
      'first difference at event 4:\n           first   {"t":1}\n           second  (the trace had ended)\n'
    )
  })

  it("tells three failing runs in full and the others by their seeds", () => {
    const failed = answer({ result: result({ passed: false, expectations: [violated] }) })
    const text = groupText(
      report(
        [plan({ seeds: [1, 2, 3, 4, 5] })],
        Array.from({ length: 5 }, () => failed)
      )
    )
    assert.strictEqual(text.match(/replay {2}npx/g)?.length, 3)
    assert.include(text, "… and 2 more failing runs: zone=b outage=45m seed=4; zone=b outage=45m seed=5")
  })

  it("reports what was seen only sometimes, and fails nothing for it", () => {
    const seen = (status: "seen" | "not-seen") =>
      answer({ result: result({ expectations: [{ ...violated, id: "saw-ice", kind: "sometimes", status }] }) })
    const text = groupText(report([plan({ seeds: [1, 2] })], [seen("seen"), seen("not-seen")]))
    assert.include(text, " ✓ zone-outage")
    assert.include(text, "? sometimes saw-ice: seen in 1 of 2 runs (zone=b outage=45m)")
  })

  it("does not call a scenario good of which not all runs were done", () => {
    assert.include(groupText(report([plan({ seeds: [1, 2] })], [answer()])), " - zone-outage")
  })

  it("sums up what was done, what was not, and one hash for all of it", () => {
    const given = report([plan({ seeds: [1, 2] })], [answer()], { interrupted: true })
    const text = listReporter(plain).end(given)
    assert.include(text, "interrupted: what was done until then is above")
    assert.include(text, " Scenarios  1 not run (1)\n")
    assert.include(text, "      Runs  1 passed | 1 not run (2)\n")
    assert.match(text, /Virtual {2}60m in 1s \(3,600×\) · 1\.2k events · trace hash [0-9a-f]{64}\n/)
  })
})
