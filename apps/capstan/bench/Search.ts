/** How fast `capstan explore` and `capstan shrink` are, as one meets them: on the command line, from start to end. */
import { Choices, exploredScenario } from "@capstan/engine/explore"
import type { ScenarioDocument } from "@capstan/engine/text"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** Runs the command line in a folder of its own; real seconds and what it printed. */
const capstan = (
  place: string,
  ...words: ReadonlyArray<string>
): { readonly seconds: number; readonly said: string } => {
  const begin = performance.now()
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", main, ...words],
    {
      cwd: place,
      encoding: "utf8"
    }
  )
  if (status !== 0) throw new Error(`capstan ${words.join(" ")} ended with ${status}:\n${stdout}${stderr}`)
  return { seconds: (performance.now() - begin) / 1000, said: stdout }
}

const inFolder = <A>(use: (place: string) => A): A => {
  const place = mkdtempSync(join(tmpdir(), "capstan-bench-"))
  try {
    return use(place)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** Explored scenarios an hour, with two workers. */
export const exploredAnHour = (runs: number): number =>
  inFolder((place) => {
    const { seconds } = capstan(place, "explore", "--runs", String(runs), "--seed", "1", "--workers", "2")
    return (runs * 3600) / seconds
  })

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

/** Seconds until a failure among twenty faults is shrunk, and how many are left of them. */
export const shrinkPlanted = (): { readonly seconds: number; readonly left: number; readonly tries: string } =>
  inFolder((place) => {
    writeFileSync(join(place, "planted.yaml"), JSON.stringify(manyFaults(20)))
    const { said, seconds } = capstan(place, "shrink", "planted.yaml", "--seed", "1", "--for", "5m")
    const [, left = "", tries = ""] = /to (\d+) in ([\d,]+ tr\w+)/.exec(said) ?? []
    return { seconds, left: Number(left), tries }
  })
