import { assert, describe, it } from "@effect/vitest"
import type { TraceEvent } from "@capstan/kernel"
import * as Result from "effect/Result"
import { findNamed, objectLines, parseField, whyField } from "../../src/trace/index.ts"
import { recordedTrace } from "./Recorded.ts"

const { events } = recordedTrace("worker-instance-kill")
const objects = objectLines(events)
const fault = events.find(({ kind }) => kind === "fault")
const victim = (fault?.["targets"] as ReadonlyArray<string> | undefined)?.[0] ?? ""
const noticed = events.find(({ id, kind, status }) => kind === "expectation" && id === "noticed" && status === "met")

const why = (object: string, field: string, t: number, among: ReadonlyArray<TraceEvent> = events) =>
  whyField(
    among,
    Result.getOrThrow(findNamed(among === events ? objects : objectLines(among), object)),
    Result.getOrThrow(parseField(field)),
    t
  )

/** What each link is, nearest first. */
const kindsOf = (found: ReturnType<typeof why>) =>
  found?.links.map(({ event }) =>
    event.kind === "write" ? `${String(event["actor"])} ${String(event["verb"])}` : event.kind
  )

describe("whyField", () => {
  it("leads from a Machine that is not Ready over the Node to the step that broke it", () => {
    const found = why(`Machine/${victim}`, "status.conditions[Ready].status", noticed?.t ?? 0)
    assert.deepStrictEqual([found?.before, found?.value], ["True", "False"])
    assert.deepStrictEqual(kindsOf(found), ["manager patch", "reconcile", "node-controller patch", "fault"])
    assert.deepInclude(found?.links.at(-1)?.event, { fault: "compute.terminate", t: fault?.t ?? -1 })
  })

  it("finds the write that gave the value first, not one that left it as it is", () => {
    const line = Result.getOrThrow(findNamed(objects, "Cluster/default/demo"))
    const end = events.at(-1)?.t ?? 0
    const found = why("Cluster/default/demo", "spec.clusterNetwork", end)
    assert.strictEqual(found?.links[0]?.event.seq, line.versions[0]?.seq)
    assert.isAbove(line.versions.length, 10)
  })

  it("says why a field is not there any more, and nothing of one that never was", () => {
    const removal = events.find(
      ({ kind, patch, resource }) =>
        kind === "write" &&
        String(resource).startsWith("AWSMachine.") &&
        JSON.stringify(patch ?? {}).includes('"secretPrefix":null')
    )
    assert.isDefined(removal)
    const machine = `AWSMachine/${String(removal?.["name"])}`
    const gone = why(machine, "spec.cloudInit.secretPrefix", removal?.t ?? 0)
    assert.isUndefined(gone?.value)
    assert.isString(gone?.before)
    assert.strictEqual(gone?.links[0]?.event.seq, removal?.seq)
    assert.deepStrictEqual(why(machine, "spec.nothing", removal?.t ?? 0)?.links, [])
  })

  it("has no answer for an object that is not there", () => {
    assert.isUndefined(why(`Machine/${victim}`, "status.phase", 0))
    assert.isUndefined(why(`Machine/${victim}`, "status.phase", events.at(-1)?.t ?? 0))
  })

  it("goes from a controller's own look to what the cloud did before it", () => {
    const found = why(`AWSMachine/${victim}`, "status.instanceState", fault?.t ?? 0)
    assert.strictEqual(found?.value, "running")
    assert.deepStrictEqual(kindsOf(found)?.slice(0, 4), ["manager patch", "reconcile", "aws.state", "aws"])
    assert.deepStrictEqual(
      found?.links.slice(0, 4).map(({ how }) => how),
      ["caused", "caused", "found", "caused"]
    )
  })

  it("counts looks of the same kind as one, and ends where no cause is known", () => {
    const base = { kind: "reconcile", controller: "machine", object: "default/m" }
    const made: ReadonlyArray<TraceEvent> = [
      { ...base, t: 1, seq: 1, cause: 0, trigger: "Resync" },
      { ...base, t: 2, seq: 2, cause: 1, trigger: "Requeue" },
      { ...base, t: 3, seq: 3, cause: 2, trigger: "Backoff" },
      {
        t: 3,
        seq: 4,
        cause: 3,
        kind: "write",
        api: "management",
        resource: "Machine.x",
        namespace: "default",
        name: "m",
        patch: { a: 1 }
      }
    ]
    const found = why("Machine/m", "a", 3, made)
    assert.deepStrictEqual(
      found?.links.map(({ event, times }) => [event.seq, times]),
      [
        [4, 1],
        [1, 3]
      ]
    )
  })
})
