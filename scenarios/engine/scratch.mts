import { readFileSync } from "node:fs"
import { loadScenarios, simulate, simulatedKinds, formatDiagnostic, tellStory, describeClusters, validateManifests } from "./src/index.ts"
const file = process.argv[2]!, seed = Number(process.argv[3] ?? 0), until = process.argv[4]
const dir = file.replace(/\/[^/]*$/, "")
const { plans, diagnostics } = loadScenarios({ file, text: readFileSync(file, "utf8"), kinds: simulatedKinds, manifests: { read: (p) => { try { return { path: dir + "/" + p, text: readFileSync(dir + "/" + p, "utf8") } } catch { return undefined } } } })
for (const d of diagnostics) console.log(formatDiagnostic(d))
const idx = Number(process.env.CELL ?? 0)
const plan = plans[idx]
if (plan) {
  for (const d of validateManifests(plan)) console.log(formatDiagnostic(d))
  const t0 = process.hrtime.bigint()
  const run = simulate({ plan, seed, ...(until ? { untilMillis: Number(until) * 60000 } : {}) })
  console.log("wall ms", Number(process.hrtime.bigint() - t0) / 1e6)
  const kinds: Record<string, number> = {}
  for (const e of run.events) kinds[e.kind] = (kinds[e.kind] ?? 0) + 1
  console.log(kinds)
  for (const l of tellStory(run.events)) console.log(l)
  if (process.env.GREP) { const re = new RegExp(process.env.GREP); for (const e of run.events) { const s = JSON.stringify(e); if (re.test(s)) console.log(s.slice(0, Number(process.env.W ?? 400))) } }
  const failed: Record<string, number> = {}
  for (const e of run.events) if (e.kind === "reconcile.failed") { const k = e["controller"] + ": " + String(e["message"]).slice(0, 200); failed[k] = (failed[k] ?? 0) + 1 }
  console.log(failed)
  const { plan: _p, ...rest } = run.result
  console.log(JSON.stringify({ ...rest, expectations: rest.expectations.filter(e => e.status !== "met"), invariants: rest.invariants.filter(i => i.violations.length) }, null, 1))
  console.log(describeClusters(run.objectsAt(run.startMillis + run.result.virtualMillis), run.startMillis + run.result.virtualMillis))
  if (process.env.OBJ) for (const o of run.objectsAt(run.startMillis + run.result.virtualMillis)) if (o.kind === process.env.OBJ) console.log(JSON.stringify(o, null, 1))
}
