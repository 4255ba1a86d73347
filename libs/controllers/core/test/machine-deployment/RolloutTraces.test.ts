/**
 * Compares the planner with Cluster API's own golden traces of rollouts, step by step, where they are at hand:
 * `CAPSTAN_UPSTREAM_DIR` names the folder that holds `rollout-traces`. Without it only the reading of traces is tested.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinedeployment/testdata
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { resolveUnavailableMax, rolloutStep, type SetCounts } from "../../src/machine-deployment/RolloutStep.ts"

const directory =
  process.env["CAPSTAN_UPSTREAM_DIR"] === undefined
    ? undefined
    : join(process.env["CAPSTAN_UPSTREAM_DIR"], "rollout-traces")
const files =
  directory !== undefined && existsSync(directory)
    ? readdirSync(directory).filter((file) => file.endsWith(".golden"))
    : []

interface Step {
  readonly desired: number
  readonly sets: ReadonlyArray<SetCounts & { readonly next: number }>
}

const deployment = /^ {4}md: (?:md: )?(\d+)\/(\d+) replicas/
const scaled = /^ {4}(ms\d+): from (\d+)\/(\d+) to \d+\/(\d+) replicas, (\d+) available/
const kept = /^ {4}(ms\d+): (\d+)\/(\d+) replicas, (\d+) available/

/** What the planner saw and decided, one step for each of its results. A set that was created in a step began with nothing. */
const readSteps = (text: string): ReadonlyArray<Step> =>
  text
    .split("Result of rollout planner")
    .slice(1)
    .map((block) => {
      const result = block.split(/^\[/m)[0] ?? ""
      const created = new Set([...result.matchAll(/MachineSet (ms\d+) created/g)].map((match) => match[1]))
      const lines = result.split("\n")
      const sets = lines.flatMap((line) => {
        const change = scaled.exec(line)
        if (change !== null) {
          const [, name = "", existing, wanted, next, available] = change
          return [
            {
              name,
              existing: Number(existing),
              wanted: Number(wanted),
              next: Number(next),
              available: Number(available)
            }
          ]
        }
        const same = kept.exec(line)
        if (same === null) return []
        const [, name = "", existing, wanted, available] = same
        const next = Number(wanted)
        return [
          { name, existing: Number(existing), wanted: created.has(name) ? 0 : next, next, available: Number(available) }
        ]
      })
      const desired = Number(lines.map((line) => deployment.exec(line)).find((match) => match !== null)?.[2])
      return { desired, sets }
    })

describe("upstream's rollout traces", () => {
  it("are read as what the planner saw and decided", () => {
    const trace = `[MD controller] - Result of rollout planner
    md: md: 6/6 replicas, 6 available, 0 upToDate
    ms1: from 6/6 to 6/3 replicas, 6 available, 0 upToDate (m1,m2,m3,m4,m5,m6)
      - Scaled down old MachineSet ms1 from 6 to 3 replicas (-3)
    ms2: 0/1 replicas, 0 available, 0 upToDate ()
      - MachineSet ms2 created, it is now the current MachineSet
[MS controller] Iteration 1, Reconcile ms1: 6/3 replicas, 6 available, 0 upToDate (m1,m2,m3,m4,m5,m6)`
    const sets = [
      { name: "ms1", existing: 6, wanted: 6, next: 3, available: 6 },
      { name: "ms2", existing: 0, wanted: 0, next: 1, available: 0 }
    ]
    assert.deepStrictEqual(readSteps(trace), [{ desired: 6, sets }])
  })

  it.each(files)("%s", (file) => {
    const surgeMax = Number(/maxsurge (\d+)/.exec(file)?.[1])
    const unavailableMax = Number(/maxunavailable (\d+)/.exec(file)?.[1])
    const text = readFileSync(join(directory ?? "", file), "utf8")
    const steps = readSteps(text)
    assert.isAbove(steps.length, 2)
    const last = /changing|change spec/.test(file) ? "ms3" : "ms2"
    for (const { desired, sets } of steps) {
      const current = sets.find((set) => set.name === last)
      assert.isDefined(current)
      const outdated = sets.filter((set) => set.name !== last)
      const leeway = resolveUnavailableMax({ desired, surgeMax, unavailableMax })
      const intents = rolloutStep({ desired, surgeMax, unavailableMax: leeway, current, outdated })
      assert.deepStrictEqual(
        intents.map(({ name, to }) => [name, to]),
        [current, ...outdated].map(({ name, next }) => [name, next])
      )
    }
  })
})
