import { describe, expect, it } from "vitest"
import { Health } from "../../src/http/Health.ts"

const snapshot = (starting: ReadonlyArray<string>) => () => ({ manager: "test", starting, controllers: [] })

describe("Health", () => {
  it.each([
    { stage: "starting", status: 500, text: "has not answered yet" },
    { stage: "waiting", status: 200, text: "waiting for the Lease" },
    { stage: "leading", status: 500, text: "have not started yet" },
    {
      stage: "leading",
      starting: ["Machine.cluster.x-k8s.io"],
      status: 500,
      text: "nothing has been listed yet of Machine"
    },
    { stage: "leading", starting: [], status: 200, text: "leading" },
    { stage: "stopping", status: 500, text: "stopping" }
  ] as const)("$stage: $text", ({ stage, status, text, ...rest }) => {
    const health = new Health()
    health.stage = stage
    if ("starting" in rest) health.snapshot = snapshot(rest.starting)
    expect(health.readyz().status).toBe(status)
    expect(health.readyz().text).toContain(text)
    expect(health.healthz().status).toBe(200)
  })
})
