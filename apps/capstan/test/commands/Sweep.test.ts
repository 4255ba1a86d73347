import { catalogueFolder } from "@capstan/catalogue"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { folder, run } from "../CommandLine.ts"

/** A cluster that comes up, and an expectation that a lost answer of a launch breaks, and nothing else. */
const scenario = `apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: comes-up }
spec:
  given:
    world: { provider: dev }
    manifests:
      - file: dev-cluster.yaml
        substitute: { CLUSTER_NAME: demo, WORKER_MACHINE_COUNT: 1, KUBERNETES_VERSION: v1.33.4 }
    ready: { let: cluster, is: Available, within: 40m }
  let:
    cluster: { kind: Cluster, name: demo, one: true }
  steps: []
  expect:
    - { id: no-time-out, finally: "calls('dev.createMachine:RequestTimeout') == 0.0" }
`

const opened = Effect.map(folder, (place) => {
  const manifest = fileURLToPath(new URL("manifests/dev-cluster.yaml", catalogueFolder))
  writeFileSync(join(place, "dev-cluster.yaml"), readFileSync(manifest))
  writeFileSync(join(place, "up.yaml"), scenario)
  return place
})

interface Run {
  readonly perturbation?: string
  readonly passed: boolean
  readonly replay: string
  readonly traceHash: string
}

describe("capstan test --sweep", () => {
  it.live("tries what there is, reports what failed everywhere, and replays it", () =>
    Effect.gen(function* () {
      const place = yield* opened
      const reporters = ["list", "json=sweep.json", "junit=sweep.xml"].flatMap((name) => ["--reporter", name])
      const swept = yield* run(place, "test", "up.yaml", "--sweep", "lost", "--workers", "2", ...reporters)
      assert.strictEqual(swept.code, 1, swept.err)
      const [, tried = ""] = /lost: (\d+) tried, (\d+) cannot matter/.exec(swept.out) ?? []

      const report = JSON.parse(readFileSync(join(place, "sweep.json"), "utf8")) as {
        readonly scenarios: ReadonlyArray<{ readonly sweep: ReadonlyArray<unknown>; readonly runs: ReadonlyArray<Run> }>
      }
      const [only] = report.scenarios
      const perturbed = (only?.runs ?? []).filter(({ perturbation }) => perturbation !== undefined)
      assert.strictEqual(String(perturbed.length), tried)
      assert.lengthOf(only?.runs ?? [], perturbed.length + 1)
      const failed = perturbed.filter(({ passed }) => !passed)
      assert.deepStrictEqual(
        failed.map(({ perturbation }) => perturbation),
        perturbed.map(({ perturbation }) => perturbation).filter((name) => name?.startsWith("lost@dev.createMachine:"))
      )
      assert.isAbove(failed.length, 0)
      assert.isBelow(failed.length, perturbed.length)

      const [first] = failed
      assert.isDefined(first)
      assert.include(swept.out, first.replay)
      assert.include(readFileSync(join(place, "sweep.xml"), "utf8"), `comes-up seed 0 ${first.perturbation}`)
      const replayed = yield* run(place, ...first.replay.replace("npx capstan ", "").split(" "))
      assert.strictEqual(replayed.code, 1, replayed.err)
      assert.include(replayed.out, first.traceHash)
      assert.include(replayed.out, `disturbed ${first.perturbation}`)
    })
  )

  it.live.each([
    { args: ["test", "up.yaml", "--sweep", "crush"], says: "There is nothing to sweep named 'crush'" },
    { args: ["test", "up.yaml", "--sweep", "all", "--backend", "aws"], says: "--sweep is for simulations" },
    { args: ["replay", "up.yaml", "--perturb", "lost@now"], says: "names no place of a run" },
    { args: ["replay", "up.yaml", "--perturb", "lost@dev.createMachine:99"], says: "the run never comes to" }
  ])("refuses $args.2 $args.3 $args.4", ({ args, says }) =>
    Effect.gen(function* () {
      const { code, err } = yield* run(yield* opened, ...args)
      assert.strictEqual(code, 2, err)
      assert.include(err, says)
    })
  )
})
