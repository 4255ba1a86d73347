import { assert, describe, it } from "@effect/vitest"
import {
  instanceLifecycle,
  type LifecycleTable,
  natGatewayLifecycle,
  networkLifecycle,
  nextState,
  targetLifecycle
} from "../src/index.ts"

/** Every state, and for every event the state after it or `-` where it means nothing. */
const drawn = <S extends string, E extends string>(
  table: LifecycleTable<S, E>,
  states: ReadonlyArray<S>,
  events: ReadonlyArray<E>
) => states.map((state) => [state, ...events.map((event) => nextState(table, state, event) ?? "-")].join(" "))

describe("lifecycles, every state and every event", () => {
  it("an instance: booted, stop, halted, start, reboot, terminate, gone", () => {
    const states = ["pending", "running", "stopping", "stopped", "shutting-down", "terminated"] as const
    const events = ["booted", "stop", "halted", "start", "reboot", "terminate", "gone"] as const
    assert.deepStrictEqual(drawn(instanceLifecycle, states, events), [
      "pending running - - - - shutting-down -",
      "running - stopping - running running shutting-down -",
      "stopping - stopping stopped - - shutting-down -",
      "stopped - stopped - pending - shutting-down -",
      "shutting-down - - - - - shutting-down terminated",
      "terminated - - - - - terminated -"
    ])
  })

  it("a NAT gateway: ready, fail, delete, gone", () => {
    const states = ["pending", "available", "failed", "deleting", "deleted"] as const
    assert.deepStrictEqual(drawn(natGatewayLifecycle, states, ["ready", "fail", "delete", "gone"]), [
      "pending available failed deleting -",
      "available - - deleting -",
      "failed - - deleted -",
      "deleting - - deleting deleted",
      "deleted - - deleted -"
    ])
  })

  it("a VPC or subnet: ready", () => {
    assert.deepStrictEqual(drawn(networkLifecycle, ["pending", "available"], ["ready"]), [
      "pending available",
      "available -"
    ])
  })

  it("an instance behind a load balancer: passed, failed, halted", () => {
    assert.deepStrictEqual(drawn(targetLifecycle, ["OutOfService", "InService"], ["passed", "failed", "halted"]), [
      "OutOfService InService - -",
      "InService - OutOfService OutOfService"
    ])
  })
})
