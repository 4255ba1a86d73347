import { assert, describe, it } from "@effect/vitest"
import { replayLine } from "../../src/report/ReplayLine.ts"
import { plan } from "./Canned.ts"

const input = (shown: string, variables: { readonly [name: string]: string } = {}) => ({
  plan: { input: { path: "/x", shown, variables }, index: 0 }
})

describe("replayLine", () => {
  it.each([
    {
      rule: "names file, seed and cell",
      given: plan(),
      until: undefined,
      expected: "scenarios/zone.yaml --seed 7 --matrix zone=b --matrix outage=45m"
    },
    {
      rule: "rounds the time up, so that the failure is seen",
      given: plan({ cell: {} }),
      until: 3_852_400,
      expected: "scenarios/zone.yaml --seed 7 --until 1h4m13s"
    },
    {
      rule: "gives variables back",
      given: plan({ cell: {}, ...input("a.yaml", { workers: "5" }) }),
      until: undefined,
      expected: "a.yaml --seed 7 --var workers=5"
    },
    {
      rule: "names the scenario where a file holds several",
      given: plan({ cell: {}, alone: false }),
      until: undefined,
      expected: "scenarios/zone.yaml --scenario zone-outage --seed 7"
    },
    {
      rule: "quotes for a shell",
      given: plan({ cell: {}, ...input("it's here.yaml") }),
      until: undefined,
      expected: String.raw`'it'\''s here.yaml' --seed 7`
    }
  ])("$rule", ({ expected, given, until }) => {
    assert.strictEqual(replayLine({ plan: given, seed: 7 }, until), `npx capstan replay ${expected}`)
  })

  it("does the like again against an emulator, where nothing can be replayed", () => {
    const emulator = { endpoint: "http://127.0.0.1:5000", speed: 60 }
    const job = { plan: plan({ cell: {} }), seed: 7, emulator }
    const expected = "scenarios/zone.yaml --seed 7 --backend emulated --endpoint http://127.0.0.1:5000 --speed 60x"
    assert.strictEqual(replayLine(job, 1500), `npx capstan test ${expected}`)
  })

  it("names what goes wrong, before the time", () => {
    const job = { plan: plan({ cell: {} }), seed: 7, perturbation: "crash@after:ec2.RunInstances:1" }
    assert.strictEqual(
      replayLine(job, 61_000),
      "npx capstan replay scenarios/zone.yaml --seed 7 --perturb crash@after:ec2.RunInstances:1 --until 1m1s"
    )
  })
})
