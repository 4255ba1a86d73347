/** `capstan why` and `capstan why-not` as processes of their own, over a trace and over a run that is done again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { folder, run } from "../CommandLine.ts"

const scenario = ["catalogue:instance-kill/worker", "--matrix", "provider=dev", "--seed", "1"]
const again = ["--file", ...scenario]

describe("capstan why and why-not", () => {
  it.live("answer the same from a trace and from the run itself", () =>
    Effect.gen(function* () {
      const home = yield* folder
      yield* run(home, "replay", ...scenario, "--trace", "run.ndjson")
      const text = readFileSync(join(home, "run.ndjson"), "utf8")
      const events = text
        .trimEnd()
        .split("\n")
        .slice(1)
        .map(
          (line) =>
            JSON.parse(line) as {
              readonly kind: string
              readonly id?: string
              readonly t: number
              readonly targets?: ReadonlyArray<string>
            }
        )
      const victim = events.find(({ kind }) => kind === "fault")?.targets?.[0] ?? ""
      const noticed = events.find(({ id, kind }) => kind === "expectation" && id === "noticed")
      const at = ["--at", `${noticed?.t}ms`]
      const ready = ["why", `Machine/${victim}`, "status.conditions[Ready].status"]

      const why = yield* run(home, ...ready, ...at, "--trace", "run.ndjson")
      assert.strictEqual(why.code, 0, why.err)
      assert.match(
        why.out,
        new RegExp(
          String.raw`before: "True"\n\n +\d.* manager patch Machine .*status\.conditions\n([←⇠] .*\n)*← .*fault compute\.terminate of ${victim}\n$`
        )
      )
      assert.strictEqual((yield* run(home, ...ready, ...at, ...again)).out, why.out)

      const expression = ["why-not", "machines.all(m, ready(m))"]
      const whyNot = yield* run(home, ...expression, ...at, "--trace", "run.ndjson")
      assert.strictEqual(whyNot.code, 0, whyNot.err)
      assert.match(
        whyNot.out,
        new RegExp(`^It does not hold at .*\\n  machines.all.*\\n    Machine/default/${victim}\\n`)
      )
      const ofRun = yield* run(home, ...expression, ...at, ...again)
      assert.isTrue(ofRun.out.startsWith(whyNot.out), ofRun.out)
      assert.match(ofRun.out, /\nIt holds first at \d\d:\d\d:\d\d\.\d{3}, after\n {2}\d\d:.*\n$/)
      const bound = yield* run(home, "why-not", "workers.size() == vars.workers + 1", ...at, ...again)
      assert.include(bound.out, "workers.size() == vars.workers + 1: 3 against 4\n")
      assert.include(bound.out, "It does not hold until the end of the run")
      const holds = yield* run(home, "why-not", "clusters.size() == 1", "--trace", "run.ndjson")
      assert.match(holds.out, /^It holds at \d\d:/)

      const lines = text.split("\n")
      writeFileSync(join(home, "cut.ndjson"), lines.slice(0, 500).join("\n"))
      const cut = yield* run(home, "why", "Cluster/demo", "spec.clusterNetwork", "--trace", "cut.ndjson")
      assert.strictEqual(cut.code, 3)
      assert.include(cut.err, "is cut short after event 499")

      const trace = ["--trace", "run.ndjson"]
      const wrongs = [
        { args: [...ready, "--at", "1s", ...trace], says: "is not there at 00:00:01: it is made at" },
        { args: [...ready, "--at", "20h", ...trace], says: "20:00:00 is after the end of the trace" },
        { args: [...ready, "--at", "20h", ...again], says: "20:00:00 is after the end of the run" },
        { args: ["why", "Cluster/demo", "status.condition", ...trace], says: "Did you mean 'conditions'?" },
        { args: ["why", "Cluster/demos", "status", ...trace], says: "Did you mean 'Cluster/default/demo'?" },
        { args: ["why", "Cluster/demo", "a..b", ...trace], says: "'a..b' is no field" },
        { args: ["why", "Cluster/demo", "status"], says: "Give a trace with --trace FILE" },
        { args: ["why", "Cluster/demo", "status", ...trace, ...again], says: "Give either --trace or --file" },
        { args: ["why-not", "workers.size() == 1", ...trace], says: "'workers' is not bound in a trace" },
        { args: ["why-not", "calls('x') == 1.0", ...trace], says: "calls" },
        { args: ["why-not", "machines.all(m, redy(m))", ...again], says: "Did you mean 'ready'?" },
        { args: ["why-not", "machines.size() ==", ...again], says: "CEL001" }
      ]
      for (const { args, says } of wrongs) {
        const ended = yield* run(home, ...args)
        assert.strictEqual(ended.code, 2, args.join(" "))
        assert.include(ended.err, says)
        assert.strictEqual(ended.out, "")
      }
    })
  )
})
