import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { compileEventQuery } from "../../src/language/EventQuery.ts"
import { holds } from "../../src/language/Expression.ts"
import { compileQuestion } from "../../src/language/WhyNot.ts"
import { simulate } from "../../src/simulated/Simulate.ts"
import { TimeTravel } from "../../src/simulated/TimeTravel.ts"
import { cataloguePlan } from "../sweep/CataloguePlan.ts"

const plan = cataloguePlan("instance-kill/worker.yaml", "provider=aws")
const whole = simulate({ plan, seed: 3 })
const fault = whole.events.find(({ kind }) => kind === "fault")

describe("TimeTravel", () => {
  it("is the same run, however often it is stopped and looked at", () => {
    const travel = new TimeTravel({ plan, seed: 3 })
    const questions = [
      "workers.all(m, ready(m)) && vms.all(v, v.state == 'running') && nodes.size() == 6 && machines.size() > 0",
      "etcd(kubeadmcontrolplanes[0]).healthy == 17 && calls('ec2.*') > 0.0"
    ].map((source) => Result.getOrThrow(compileQuestion(source, travel.names)))
    for (
      let until = 0;
      travel.advance({
        untilMillis: until,
        when: () => questions.every(({ expression }) => holds(expression.evaluate(travel.scene())))
      }) !== "over";
      until += 47_000
    ) {
      for (const { unmet } of questions) unmet(travel.scene())
      assert.include(travel.tree(), until === 0 ? "" : "Cluster/demo")
    }
    const result = travel.finish()
    assert.strictEqual(result.traceHash, whole.result.traceHash)
    assert.deepStrictEqual(result.expectations, whole.result.expectations)
  })

  it("stops at a time, when all of that instant has happened", () => {
    const travel = new TimeTravel({ plan, seed: 3 })
    assert.strictEqual(travel.advance({ untilMillis: fault?.t ?? 0 }), "time")
    assert.strictEqual(travel.millis, fault?.t)
    assert.isTrue(travel.events.some(({ kind }) => kind === "fault"))
    assert.isTrue(travel.events.every(({ t }) => t <= (fault?.t ?? 0)))
    travel.finish()
  })

  it("stops right after the event that makes an expression true", () => {
    const travel = new TimeTravel({ plan, seed: 3 })
    const { expression } = Result.getOrThrow(compileQuestion("workers.exists(m, deleting(m))", travel.names))
    const stopped = travel.advance({ when: () => holds(expression.evaluate(travel.scene())) })
    const deletion = whole.events.find(
      (event) =>
        event.kind === "write" && event["verb"] === "delete" && event["resource"] === "Machine.cluster.x-k8s.io"
    )
    assert.strictEqual(stopped, "when")
    assert.strictEqual(travel.millis, deletion?.t)
    const last = travel.events.findLast(({ kind }) => kind === "write")
    assert.strictEqual(last?.seq, deletion?.seq)
    travel.finish()
  })

  it("is over with the verdict, and stays so", () => {
    const travel = new TimeTravel({ plan, seed: 3 })
    assert.strictEqual(travel.advance(), "over")
    assert.strictEqual(travel.advance({ untilMillis: 1e12 }), "over")
    assert.isTrue(travel.finish().passed)
  })
})

describe("compileEventQuery", () => {
  const matching = (source: string) => {
    const matches = Result.getOrThrow(compileEventQuery(source, whole.events, whole.startMillis))
    return whole.events.filter(matches)
  }

  it("finds events by their fields", () => {
    assert.deepStrictEqual(matching("kind == 'fault'"), [fault])
    assert.deepStrictEqual(matching("has(event.targets) && targets.size() == 1"), [fault])
    assert.strictEqual(
      matching("kind == 'write' && resource.startsWith('Machine.') && verb == 'create'").length,
      whole.events.filter(
        (e) => e.kind === "write" && e["resource"] === "Machine.cluster.x-k8s.io" && e["verb"] === "create"
      ).length
    )
  })

  it("passes over events that lack the field that is asked for", () => {
    assert.isAbove(matching("code != ''").length, 0)
    assert.isTrue(matching("code != ''").every((event) => typeof event["code"] === "string"))
  })

  it("knows the time of an event", () => {
    const after = matching("now() > timestamp('2030-01-01T00:10:00Z')")
    assert.isAbove(after.length, 0)
    assert.isTrue(after.every(({ t }) => t > 600_000))
  })

  it("refuses names that no event has, and questions about runs", () => {
    const refused = (source: string) =>
      Result.match(compileEventQuery(source, whole.events, 0), { onSuccess: () => "", onFailure: (message) => message })
    assert.include(
      refused("knd == 'fault'"),
      "CEL002 'knd' is not bound in the events of this trace. Did you mean 'kind'?"
    )
    assert.include(refused("calls('ec2.*') > 1.0"), "calls() asks about a run")
    assert.include(refused("kind"), "")
  })
})
