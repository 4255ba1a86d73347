import { assert, describe, it } from "@effect/vitest"
import { familyOf } from "../../src/model/EventText.ts"
import { causesOf, effectsOf, parseEvents, readRun } from "../../src/model/Run.ts"
import { readRecorded, recordedRun, summaryOf } from "../RecordedRun.ts"

const run = readRecorded("worker-instance-kill")

describe("lanes", () => {
  it("has one for every Machine that ever was, each in a zone, with its instance and its Node", () => {
    const machines = [...run.objects.values()].filter(({ kind }) => kind === "Machine")
    assert.strictEqual(run.lanes.length, machines.length)
    for (const { instance, machine, node, zone } of run.lanes) {
      assert.match(zone, /^[a-z]+-[a-z]+-\d[a-z]$/)
      assert.match(instance.id, /^i-[0-9a-f]{17}$/)
      assert.isAbove(instance.bars.length, 0)
      assert.isTrue(machine.bars.some(({ tone }) => tone === "good"))
      assert.match(node.name, /^ip-/)
    }
  })

  it("draws no two bars of one thing over each other", () => {
    for (const { instance, machine, node } of run.lanes) {
      for (const { bars } of [instance, machine, node]) {
        for (const [index, bar] of bars.entries()) {
          assert.isAtLeast(bar.to, bar.from)
          assert.isAtMost(bars[index - 1]?.to ?? 0, bar.from)
        }
      }
    }
  })

  it("shows the killed worker's instance ending at the fault and its Machine being replaced", () => {
    const [fault] = run.faults
    const victim = run.lanes.find(({ machine }) => machine.key === run.about.get(fault?.seq ?? 0))
    assert.isDefined(victim)
    assert.isBelow((victim?.machine.bars.at(-1)?.to ?? Infinity) - (fault?.from ?? 0), 30 * 60_000)
    assert.strictEqual(victim?.machine.bars.at(-1)?.tone, "leaving")
  })
})

describe("curves", () => {
  it("counts every call and every write exactly once", () => {
    const sum = (name: string) =>
      run.curves.curves.find((curve) => curve.name === name)?.values.reduce((total, value) => total + value, 0)
    assert.strictEqual(sum("API writes"), run.events.filter((event) => familyOf(event) === "write").length)
    assert.strictEqual(sum("Cloud calls"), run.events.filter((event) => familyOf(event) === "call").length)
  })

  it("ends with all machines ready", () => {
    const last = (name: string) => run.curves.curves.find((curve) => curve.name === name)?.values.at(-1)
    assert.isAbove(last("Machines") ?? 0, 1)
    assert.strictEqual(last("Machines ready"), last("Machines"))
    assert.strictEqual(last("Nodes ready"), last("Machines"))
  })
})

describe("causes", () => {
  it("lead from any event to one without a cause, each before what it caused", () => {
    for (const { seq } of run.events) {
      const chain = causesOf(run, seq)
      assert.strictEqual(chain.at(-1)?.seq, seq)
      assert.strictEqual(chain[0]?.cause, 0)
      for (const [index, event] of chain.entries()) assert.strictEqual(event.cause, chain[index - 1]?.seq ?? 0)
    }
  })

  it("and effects are each other's reverse", () => {
    for (const { seq } of run.events) {
      for (const effect of effectsOf(run, seq)) assert.strictEqual(effect.cause, seq)
    }
    const caused = run.events.filter(({ cause }) => cause !== 0).length
    assert.strictEqual(
      run.events.reduce((sum, { seq }) => sum + effectsOf(run, seq).length, 0),
      caused
    )
  })

  it("end where a damaged trace goes round in circles", () => {
    const circle = [
      { t: 0, seq: 1, cause: 2, kind: "mark", text: "a" },
      { t: 0, seq: 2, cause: 1, kind: "mark", text: "b" }
    ]
    const damaged = readRun(summaryOf(recordedRun("worker-instance-kill")), circle)
    assert.isAtMost(causesOf(damaged, 1).length, 2)
  })
})

describe("parseEvents", () => {
  it("reads what the trace's lines say", () => {
    const { events } = recordedRun("worker-instance-kill")
    const lines = events.map((event) => JSON.stringify(event)).join("\n")
    assert.deepStrictEqual(parseEvents(lines), JSON.parse(JSON.stringify(events)))
    assert.deepStrictEqual(parseEvents(""), [])
  })
})
