/** The action for GitHub: its script as a runner calls it, and what its files say. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parse } from "yaml"
import { folder } from "../CommandLine.ts"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const action = join(root, ".github/actions/capstan")
const main = join(root, "apps/capstan/src/main.ts")

const scenario = JSON.stringify({
  apiVersion: "scenario.capstan.dev/v1alpha1",
  kind: "Scenario",
  metadata: { name: "empty" },
  spec: {
    seeds: { from: 1, count: 2 },
    vars: { machines: { type: "integer", default: 0 } },
    given: { world: { provider: "dev" }, manifests: [] },
    let: { machines: { kind: "Machine" } },
    steps: [{ hold: "1s" }],
    expect: [{ id: "machines", finally: "machines.size() == vars.machines" }]
  }
})

/** Runs the script as the action does, and reads what it hands to the next step. */
const script = (home: string, inputs: { readonly [name: string]: string }) =>
  Effect.callback<{ readonly code: number | null; readonly out: string; readonly outputs: Record<string, string> }>(
    (resume) => {
      const places = { RUNNER_TEMP: home, GITHUB_OUTPUT: join(home, "outputs"), GITHUB_WORKSPACE: home }
      writeFileSync(places.GITHUB_OUTPUT, "")
      const command = `${process.execPath} --disable-warning=ExperimentalWarning ${main}`
      const env = { ...process.env, ...places, GITHUB_STEP_SUMMARY: "", INPUT_COMMAND: command, ...inputs }
      const child = spawn(join(action, "run.sh"), [], { cwd: home, env })
      let out = ""
      child.stdout.on("data", (data: Buffer) => (out += String(data)))
      child.stderr.on("data", (data: Buffer) => (out += String(data)))
      child.on("close", (code) => {
        const lines = readFileSync(places.GITHUB_OUTPUT, "utf8").split("\n")
        const outputs = Object.fromEntries(lines.map((line) => line.split("=", 2) as [string, string]))
        resume(Effect.succeed({ code, out, outputs }))
      })
    }
  )

describe("the action's script", () => {
  it.live("runs shards with all reports in one folder each, and merges them", () =>
    Effect.gen(function* () {
      const home = yield* folder
      writeFileSync(join(home, "a b.yaml"), scenario)
      mkdirSync(join(home, "shards"))
      for (const shard of ["1/2", "2/2"]) {
        const { code, out, outputs } = yield* script(home, { INPUT_SCENARIOS: "a b.yaml\n", INPUT_SHARD: shard })
        assert.strictEqual(code, 0, out)
        const name = shard.replace("/", "-of-")
        assert.strictEqual(outputs["artifact"], `capstan-${name}`)
        const reports = outputs["reports"] ?? ""
        assert.deepStrictEqual(readdirSync(reports).sort(), [`capstan-blob-${name}.ndjson`, "junit.xml", "report.html"])
        writeFileSync(join(home, `shards/${name}.ndjson`), readFileSync(join(reports, `capstan-blob-${name}.ndjson`)))
      }
      const { code, out, outputs } = yield* script(home, { INPUT_MERGE: "shards", INPUT_ARTIFACT: "whole" })
      assert.strictEqual(code, 0, out)
      assert.include(out, "2 passed (2)")
      assert.strictEqual(outputs["artifact"], "whole")
    })
  )

  it.live("annotates what fails, ends with its code, and takes no input for code", () =>
    Effect.gen(function* () {
      const home = yield* folder
      writeFileSync(join(home, "a.yaml"), scenario)
      const failing = yield* script(home, { INPUT_SCENARIOS: "a.yaml", INPUT_ARGS: "--var\nmachines=1\n--seed=1" })
      assert.strictEqual(failing.code, 1)
      assert.strictEqual(failing.outputs["exit-code"], "1")
      assert.match(failing.out, /^::error file=a\.yaml,line=1,/m)
      const nasty = yield* script(home, { INPUT_SCENARIOS: "$(touch broken); `touch broken`" })
      assert.strictEqual(nasty.code, 2)
      assert.notInclude(readdirSync(home), "broken")
    })
  )
})

describe("the action's files", () => {
  const example = join(root, ".github/workflows-examples/capstan.yml")

  it.each([join(action, "action.yml"), example])("%s uses others by commit alone", (file) => {
    const text = readFileSync(file, "utf8")
    assert.isObject(parse(text))
    const used = [...text.matchAll(/uses: (\S+)@(\S+)(.*)/g)].filter(([, name = ""]) => name.startsWith("actions/"))
    assert.isAbove(used.length, 0)
    for (const [line, , reference = "", comment = ""] of used) {
      assert.match(reference, /^[0-9a-f]{40}$/, line)
      assert.match(comment, /^ # v\d+\.\d+\.\d+$/, line)
    }
  })

  it("gives the example's inputs a meaning, and hands every input to the script", () => {
    const { inputs, runs } = parse(readFileSync(join(action, "action.yml"), "utf8")) as {
      readonly inputs: { readonly [name: string]: object }
      readonly runs: { readonly steps: ReadonlyArray<{ readonly run?: string; readonly env?: object }> }
    }
    const { jobs } = parse(readFileSync(example, "utf8")) as {
      readonly jobs: {
        readonly [name: string]: {
          readonly steps: ReadonlyArray<{ readonly uses?: string; readonly with?: object }>
        }
      }
    }
    const given = Object.values(jobs).flatMap(({ steps }) =>
      steps.flatMap((step) => (step.uses?.includes("/capstan@") === true ? Object.keys(step.with ?? {}) : []))
    )
    assert.isAbove(given.length, 2)
    for (const name of given) assert.property(inputs, name)
    assert.notInclude(runs.steps.map(({ run = "" }) => run).join("\n"), "${{")
    const handed = Object.keys(runs.steps[0]?.env ?? {})
    const text = readFileSync(join(action, "run.sh"), "utf8")
    for (const name of handed) assert.include(text, `\${${name}`)
  })
})
