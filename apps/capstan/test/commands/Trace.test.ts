/** `capstan trace` as processes of its own, over traces that `capstan replay` wrote. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { folder, run } from "../CommandLine.ts"

const scenario = ["catalogue:instance-kill/worker", "--matrix", "provider=dev"]

/** A folder with `a.ndjson`, seed 1, and `b.ndjson`, seed 2. */
const traces = Effect.gen(function* () {
  const home = yield* folder
  for (const [name, seed] of [
    ["a", "1"],
    ["b", "2"]
  ] as const) {
    const { code, err } = yield* run(home, "replay", ...scenario, "--seed", seed, "--trace", `${name}.ndjson`)
    assert.strictEqual(code, 0, err)
  }
  return home
})

describe("capstan trace", () => {
  it.live("shows, finds, compares and exports", () =>
    Effect.gen(function* () {
      const home = yield* traces
      const fault = yield* run(home, "trace", "show", "a.ndjson", "--type", "fault,fault.healed")
      assert.strictEqual(fault.code, 0, fault.err)
      assert.match(
        fault.out,
        /^\d\d:\d\d:\d\d\.\d{3} {2}#\d+ +<\d+ +fault +fault compute\.terminate of demo-md-0-\S+\n$/
      )

      const json = yield* run(home, "trace", "query", "a.ndjson", "kind == 'fault' && has(event.targets)", "-o", "json")
      const [event] = json.out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { t: number; targets: [string] })
      assert.include(fault.out, event?.targets[0] ?? "no target")

      const about = yield* run(
        home,
        "trace",
        "show",
        "a.ndjson",
        "--object",
        `Machine/${event?.targets[0]}`,
        "--from",
        "5m"
      )
      assert.include(about.out, `machine reconciles default/${event?.targets[0]}`)

      const same = yield* run(home, "trace", "diff", "a.ndjson", "a.ndjson")
      assert.strictEqual(same.code, 0)
      assert.match(same.out, /^The same: [\d,]+ events, hash [0-9a-f]{64}\.\n$/)
      const other = yield* run(home, "trace", "diff", "a.ndjson", "b.ndjson")
      assert.strictEqual(other.code, 1)
      assert.match(other.out, /The same for [\d,]+ events?, then:\n/)
      assert.match(other.out, /\n- \d\d:.*\n(?:.*\n)*\+ \d\d:/)

      const otlp = yield* run(home, "trace", "export", "a.ndjson", "--format", "otlp")
      assert.property(JSON.parse(otlp.out), "resourceSpans")
      const perfetto = yield* run(home, "trace", "export", "a.ndjson", "--format", "perfetto", "--to", "p.json")
      assert.deepStrictEqual([perfetto.code, perfetto.out], [0, ""])
      assert.property(JSON.parse(readFileSync(join(home, "p.json"), "utf8")), "traceEvents")

      const text = readFileSync(join(home, "a.ndjson"))
      writeFileSync(join(home, "a.ndjson.gz"), gzipSync(text))
      assert.strictEqual((yield* run(home, "trace", "diff", "a.ndjson", "a.ndjson.gz")).code, 0)

      writeFileSync(join(home, "cut.ndjson"), text.subarray(0, text.length / 2))
      const cut = yield* run(home, "trace", "show", "cut.ndjson", "--type", "process.started")
      assert.strictEqual(cut.code, 3)
      assert.include(cut.out, "manager starts")
      assert.match(cut.err, /'cut\.ndjson' is cut short after event \d+/)

      writeFileSync(join(home, "plain.yaml"), "kind: Scenario\n")
      const wrongs = [
        { args: ["show", "a.ndjsn"], code: 2, says: "There is no file 'a.ndjsn'. Did you mean 'a.ndjson'?" },
        { args: ["show", "plain.yaml"], code: 2, says: "'plain.yaml' cannot be read: it is not a trace" },
        { args: ["show", "a.ndjson", "--type", "wrte"], code: 2, says: "Did you mean 'write'?" },
        {
          args: ["show", "a.ndjson", "--object", "Machine/demo-md"],
          code: 2,
          says: "The trace has no object 'Machine/demo-md'"
        },
        { args: ["show", "a.ndjson", "--from", "20h"], code: 2, says: "20:00:00 is after the end of the trace" },
        {
          args: ["show", "a.ndjson", "--from", "5m", "--until", "4m"],
          code: 2,
          says: "--until 4m comes before --from 5m"
        },
        { args: ["query", "a.ndjson", "knd == 'fault'"], code: 2, says: "at column 1: CEL002 'knd'" },
        { args: ["query", "a.ndjson", "victim('kill') == kind"], code: 2, says: "victim() asks about a run" },
        { args: ["query", "a.ndjson", "kind == 'nothing'"], code: 5, says: "No event of the trace matches." },
        { args: ["export", "a.ndjson", "--format", "csv"], code: 2, says: "csv" },
        { args: ["export", "a.ndjson", "--format", "otlp", "--to", "no/such/f"], code: 3, says: "there is no folder" }
      ]
      for (const { args, code, says } of wrongs) {
        const ended = yield* run(home, "trace", ...args)
        assert.strictEqual(ended.code, code, args.join(" "))
        assert.include(ended.err, says)
        assert.strictEqual(ended.out, "")
      }
    })
  )
})
