import { loadScenarios, simulatedKinds, formatDiagnostic, StoryTeller } from "@capstan/engine"
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { Effect } from "effect"
import { emulate } from "./src/run/Emulate.ts"
const file = resolve(process.argv[2]!)
const { plans, diagnostics } = loadScenarios({ file, text: readFileSync(file, "utf8"), kinds: simulatedKinds, manifests: { read: (p) => { const a = resolve(dirname(file), p); return { path: a, text: readFileSync(a, "utf8") } } } })
if (diagnostics.length) console.log(diagnostics.map(formatDiagnostic).join("\n"))
const teller = new StoryTeller()
const a = performance.now()
const run = await Effect.runPromise(emulate({ plan: plans[Number(process.argv[4] ?? 0)]!, seed: 1, emulator: { endpoint: "http://127.0.0.1:15002", speed: Number(process.argv[3] ?? 60) }, listen: (e) => { for (const l of teller.tell(e)) console.log(l) } }))
console.log((performance.now() - a) / 1000, "s", run.result.passed, run.result.problem)
console.log(run.result.expectations.map((e) => `${e.id} ${e.status} ${e.message ?? ""}`).join("\n"), JSON.stringify(run.result.invariants.filter((i) => i.violations.length)), JSON.stringify(run.result.statistics.cloudErrors))
const fails = run.events.filter((e) => e.kind === "reconcile.failed" ).slice(0, 30); for (const f of fails) console.log(f.t, JSON.stringify(f).slice(0, 300))
const er = run.events.filter((e) => e.kind === "aws" && "code" in e ).slice(0, 30); for (const f of er) console.log(f.t, JSON.stringify(f).slice(0, 300))
