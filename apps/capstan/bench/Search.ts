/** How fast scenarios that nobody wrote are explored, and how fast one that fails is shrunk. */
import { Choices, exploredScenario } from "@capstan/engine/explore"
import type { ScenarioDocument } from "@capstan/engine/text"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { ShrinkAnswer } from "../src/run/Messages.ts"
import { openWorkerThread } from "../src/run/WorkerThread.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** Explored scenarios an hour, with two workers: on the command line, from start to end, in a folder of its own. */
export const exploredAnHour = (runs: number): number => {
  const place = mkdtempSync(join(tmpdir(), "capstan-bench-"))
  try {
    const begin = performance.now()
    const words = ["explore", "--runs", String(runs), "--seed", "1", "--workers", "2"]
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", main, ...words],
      { cwd: place, encoding: "utf8" }
    )
    if (status !== 0) throw new Error(`capstan ${words.join(" ")} ended with ${status}:\n${stdout}${stderr}`)
    return (runs * 3_600_000) / (performance.now() - begin)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** Faults of one explored scenario after the other until there are so many, in two virtual hours. */
const manyFaults = (count: number): ScenarioDocument => {
  const scenarioOf = (seed: number): ScenarioDocument =>
    exploredScenario({
      choices: new Choices(seed),
      profile: "faults",
      name: "planted",
      seed,
      folder: "catalogue:manifests/"
    })
  const steps: Array<ScenarioDocument["spec"]["steps"][number]> = []
  for (let seed = 0; steps.length < count; seed++) {
    // Guards wait for a cluster that is whole, which so many faults at once leave no time for.
    steps.push(...scenarioOf(seed).spec.steps.filter(({ when }) => when === undefined))
  }
  const minuteOf = (at: string | undefined): number => Number(/\d+/.exec(at ?? "")?.[0] ?? 0)
  const ordered = steps
    .slice(0, count)
    .sort((a, b) => minuteOf(a.at) - minuteOf(b.at))
    .map((step, index) => ({ ...step, id: `step-${index + 1}` }))
  const { spec, ...document } = scenarioOf(0)
  const planted = { id: "nobody-is-deleted", never: "workers.exists(m, deleting(m))" }
  return { ...document, spec: { ...spec, steps: ordered, expect: [planted] } }
}

/** Shrinks a failure among twenty faults in a worker thread, as `capstan shrink` does; the thread's start counts. */
export const shrinkPlanted: Effect.Effect<{ readonly seconds: number; readonly answer: ShrinkAnswer }> = Effect.scoped(
  Effect.gen(function* () {
    const begin = performance.now()
    const scenario = { document: manyFaults(20), path: join(tmpdir(), "planted.yaml"), shown: "planted.yaml" }
    const thread = yield* openWorkerThread
    const answer = yield* Effect.orDie(thread.ask("Shrink", { scenario, seed: 1, millisMax: 300_000 }))
    return { seconds: (performance.now() - begin) / 1000, answer }
  })
)
