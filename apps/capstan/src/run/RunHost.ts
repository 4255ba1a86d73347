/**
 * What a worker thread does: holds the engine, loads scenario files and runs their plans.
 *
 * A run is synchronous and busy from beginning to end. It keeps only the trace's hash; a run that fails is done once more with all
 * events, from which its causes are read: the same seed gives the same run. If it did not, the second hash would tell.
 */
import {
  allSteps,
  assumptionsOf,
  atItsPlace,
  describeClusters,
  type Diagnostic,
  emulatedCapabilities,
  formatPerturbation,
  loadScenarios,
  objectHistory,
  oneRunOf,
  parsePerturbation,
  type PerturbedRun,
  PlaceNotReached,
  type Plan,
  previewPlan,
  type RunResult,
  simulate,
  type SimulatedRun,
  simulatedKinds,
  capabilities as simulatorCapabilities,
  StoryTeller,
  Sweep,
  validateManifests
} from "@capstan/engine"
import type { TraceEvent } from "@capstan/kernel"
import { packTrace } from "@capstan/report"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { readerBeside } from "../files/ManifestsBeside.ts"
import { openReportFile } from "../files/ReportFile.ts"
import { causesOf } from "./Causes.ts"
import type {
  BackendName,
  Cause,
  Emulator,
  Exchanges,
  FamilySurvey,
  LoadAnswer,
  PlainResult,
  PlanName,
  ReplayAnswer,
  Request,
  RunAnswer,
  ScenarioInput,
  ShrinkAnswer,
  Tell
} from "./Messages.ts"
import { explore, shrinkLoose } from "./Search.ts"

/** What a scenario may ask of a backend. */
const capabilitiesOf: { readonly [Name in BackendName]: ReadonlyArray<string> } = {
  sim: simulatorCapabilities,
  emulated: emulatedCapabilities
}

const withoutPlan = ({ plan: _, ...rest }: RunResult): PlainResult => rest

export class RunHost {
  private readonly loaded = new Map<string, ReadonlyArray<Plan>>()
  private readonly kept = new Map<number, ReadonlyArray<TraceEvent>>()
  /** The sweep that was asked for last, with its undisturbed run. */
  private sweep: { readonly key: string; readonly sweep: Sweep } | undefined

  /** Answers one request, and tells a run's story as it goes. Throws for defects only. */
  handle(
    request: Request,
    tell: Tell
  ): Exchanges[Request["name"]]["answer"] | Promise<Exchanges[Request["name"]]["answer"]> {
    switch (request.name) {
      case "Load":
        return this.load(request.ask.input, request.ask.backend ?? "sim")
      case "Run":
        if (request.ask.emulator !== undefined) return this.emulated(request.ask, request.ask.emulator, tell)
        return request.ask.perturbation === undefined
          ? this.run(request.ask, tell)
          : this.perturbed(request.ask, request.ask.perturbation, tell)
      case "Survey":
        return this.survey(request.ask)
      case "Reach":
        return this.reach(request.ask)
      case "Replay":
        return this.replay(request.ask, tell)
      case "Explore":
        return explore(request.ask)
      case "Shrink":
        return this.shrink(request.ask)
      case "Preview":
        return this.preview(request.ask.plan)
      case "Trace":
        return (this.kept.get(request.ask.keep) ?? []).map((event) => JSON.stringify(event))
      case "Forget":
        this.kept.delete(request.ask.keep)
        return undefined
    }
  }

  /** The plans of a file, and what is wrong with it. */
  load(input: ScenarioInput, backend: BackendName): LoadAnswer {
    const able = capabilitiesOf[backend]
    const { diagnostics, manifests, plans } = this.read(input)
    return {
      diagnostics,
      manifests,
      plans: plans.map((plan, index) => ({
        plan: { input, index },
        alone: plans.every((other) => other.name === plan.name),
        name: plan.name,
        description: plan.description,
        labels: plan.labels,
        cell: plan.cell,
        seeds: plan.seeds,
        budgets: plan.budgets,
        fingerprint: fingerprintOf(plan),
        lacking: plan.capabilities.filter((capability) => !able.includes(capability))
      }))
    }
  }

  private read(input: ScenarioInput): {
    readonly plans: ReadonlyArray<Plan>
    readonly diagnostics: ReadonlyArray<Diagnostic>
    readonly manifests: ReadonlyArray<string>
  } {
    const asked = new Set<string>()
    const { diagnostics, plans } = loadScenarios({
      file: input.shown,
      text: readFileSync(input.path, "utf8"),
      manifests: readerBeside(input, (path) => asked.add(path)),
      kinds: simulatedKinds,
      variables: input.variables
    })
    const manifests = [...asked]
    if (diagnostics.length > 0) return { plans: [], diagnostics, manifests }
    const refused = plans.flatMap((plan) => validateManifests(plan).map((refusal) => atItsPlace(plan, refusal)))
    this.loaded.set(JSON.stringify(input), plans)
    // Cells repeat each other's refusals.
    return { plans, diagnostics: [...new Map(refused.map((each) => [JSON.stringify(each), each])).values()], manifests }
  }

  /** A plan that was loaded. */
  planOf({ index, input }: PlanName): Plan {
    const plans = this.loaded.get(JSON.stringify(input)) ?? this.read(input).plans
    const plan = plans[index]
    if (plan === undefined) throw new Error(`${input.shown} has changed since it was read`)
    return plan
  }

  private run({ history, keep, pack, plan: name, seed, story }: Exchanges["Run"]["ask"], tell: Tell): RunAnswer {
    const plan = this.planOf(name)
    const all = story || keep !== undefined || history === true || pack === true
    const begin = performance.now()
    const listen = story ? { listen: storyListener(tell) } : {}
    const first = simulate({ plan, seed, keepTrace: all ? "all" : "hash", ...listen })
    const wallMillis = performance.now() - begin
    if (keep !== undefined) this.kept.set(keep, first.events)
    if (all || first.result.passed) {
      return { ...this.answer(first.result, first.events, wallMillis, history), ...packed(first.events, pack) }
    }
    const again = simulate({ plan, seed })
    const otherHash = again.result.traceHash === first.result.traceHash ? undefined : again.result.traceHash
    return { ...this.answer(first.result, again.events, wallMillis), otherHash }
  }

  private sweepOf(name: PlanName, seed: number): Sweep {
    const key = JSON.stringify([name, seed])
    if (this.sweep?.key !== key) this.sweep = { key, sweep: new Sweep({ plan: this.planOf(name), seed }) }
    return this.sweep.sweep
  }

  private survey({ families, plan, seed }: Exchanges["Survey"]["ask"]): ReadonlyArray<FamilySurvey> {
    const survey = this.sweepOf(plan, seed).survey(families)
    if (!survey.reference.passed) return []
    return survey.families.map(({ family, perturbations, pruned }) => ({
      family,
      perturbations: perturbations.map(formatPerturbation),
      pruned
    }))
  }

  /** A run in which something goes wrong. Its causes are read from a second one, from the start: the same, to the byte. */
  private perturbed(
    { keep, pack, plan, seed, story }: Exchanges["Run"]["ask"],
    perturbation: string,
    tell: Tell
  ): RunAnswer {
    const sweep = this.sweepOf(plan, seed)
    const what = Result.getOrThrow(parsePerturbation(perturbation))
    const begin = performance.now()
    const all = story || keep !== undefined
    const listen = story ? { listen: storyListener(tell) } : {}
    const whole = { fromStart: true, keepTrace: "all", ...listen } as const
    const first = sweep.run(what, all ? whole : {})
    const wallMillis = performance.now() - begin
    if (keep !== undefined) this.kept.set(keep, first.events)
    if (all || (first.result.passed && first.differences.length === 0)) {
      return { ...this.judged(first, wallMillis), ...packed(first.events, pack) }
    }
    const again = sweep.run(what, whole)
    const otherHash = again.result.traceHash === first.result.traceHash ? undefined : again.result.traceHash
    return {
      ...this.judged({ ...first, events: again.events }, wallMillis),
      ...packed(again.events, pack),
      otherHash
    }
  }

  private judged({ differences, events, result }: PerturbedRun, wallMillis: number): RunAnswer {
    return { ...this.answer(result, events, wallMillis), differences }
  }

  private async reach({ emulator, plan }: Exchanges["Reach"]["ask"]): Promise<string | undefined> {
    const { checkEmulator } = await import("./Emulate.ts")
    const checked = await Effect.runPromise(Effect.result(checkEmulator(this.planOf(plan), emulator)))
    return Result.isFailure(checked) ? checked.failure.message : undefined
  }

  /** Against an emulator, in real time. */
  private async emulated(
    { history, pack, plan: name, seed, story }: Exchanges["Run"]["ask"],
    emulator: Emulator,
    tell: Tell
  ): Promise<RunAnswer> {
    const plan = this.planOf(name)
    const begin = performance.now()
    const listen = story ? { listen: storyListener(tell) } : {}
    const { emulate } = await import("./Emulate.ts")
    const ended = await Effect.runPromise(Effect.result(emulate({ plan, seed, emulator, ...listen })))
    const wallMillis = performance.now() - begin
    if (Result.isSuccess(ended)) {
      const { events, result } = ended.success
      return { ...this.answer(result, events, wallMillis, history), ...packed(events, pack) }
    }
    const defect = { message: ended.failure.message, stack: undefined, atMillis: undefined, outside: true } as const
    return { result: undefined, defect, otherHash: undefined, wallMillis, causes: {} }
  }

  private answer(result: RunResult, events: ReadonlyArray<TraceEvent>, wallMillis: number, history = false): RunAnswer {
    const { problem } = result
    return {
      result: withoutPlan(result),
      defect:
        problem?.kind === "defect"
          ? { message: problem.message, stack: undefined, atMillis: problem.atMillis }
          : undefined,
      otherHash: undefined,
      ...(history ? { history: objectHistory(events) } : {}),
      wallMillis,
      causes: result.passed ? {} : failuresOf(result, events)
    }
  }

  private replay(asked: Exchanges["Replay"]["ask"], tell: Tell): ReplayAnswer {
    const { pack, traceFile, untilMillis } = asked
    const begin = performance.now()
    try {
      const run = this.again(asked, storyListener(tell, untilMillis))
      const wallMillis = performance.now() - begin
      return {
        ...this.answer(run.result, run.events, wallMillis),
        ...packed(run.events, pack),
        ...(run.differences === undefined ? {} : { differences: run.differences }),
        tree: untilMillis === undefined ? undefined : treeAt(run, untilMillis),
        traceProblem: traceFile === undefined ? undefined : writeTrace(traceFile, run)
      }
    } catch (thrown) {
      if (!(thrown instanceof PlaceNotReached)) throw thrown
      const nothing = { result: undefined, defect: undefined, otherHash: undefined, causes: {} }
      return { ...nothing, wallMillis: 0, tree: undefined, traceProblem: undefined, notReached: thrown.message }
    }
  }

  private shrink({ scenario, ...ask }: Exchanges["Shrink"]["ask"]): ShrinkAnswer {
    if ("document" in scenario) return shrinkLoose({ ...ask, scenario })
    const { path, shown } = scenario.input
    return shrinkLoose({ ...ask, scenario: { document: oneRunOf(this.planOf(scenario)), path, shown } })
  }

  private again(
    { perturbation, plan, seed }: Exchanges["Replay"]["ask"],
    listen: (event: TraceEvent) => void
  ): SimulatedRun & Partial<PerturbedRun> {
    if (perturbation === undefined) return simulate({ plan: this.planOf(plan), seed, listen })
    const what = Result.getOrThrow(parsePerturbation(perturbation))
    return this.sweepOf(plan, seed).run(what, { fromStart: true, keepTrace: "all", listen })
  }

  private preview(name: PlanName): ReadonlyArray<string> {
    const plan = this.planOf(name)
    return previewPlan(plan, assumptionsOf(plan))
  }
}

/** Seeds and where the file stands are no part of it. */
const fingerprintOf = ({ document, objects, steps, variables }: Plan): string => {
  const { seeds: _, ...spec } = document.spec
  const applied = allSteps(steps).flatMap(({ action }) => (action._tag === "Apply" ? action.objects : []))
  const manifests = [...objects, ...applied].map(({ object }) => object)
  return createHash("sha256")
    .update(JSON.stringify([document.metadata, spec, variables, manifests]))
    .digest("hex")
}

/** Tells what the events mean while they happen, up to a virtual time. */
const storyListener = (tell: Tell, untilMillis = Number.POSITIVE_INFINITY): ((event: TraceEvent) => void) => {
  const teller = new StoryTeller()
  return (event) => {
    const lines = event.t > untilMillis ? [] : teller.tell(event)
    if (lines.length > 0) tell(lines)
  }
}

const treeAt = (run: SimulatedRun, untilMillis: number): string => {
  const epochMillis = run.startMillis + untilMillis
  return describeClusters(run.objectsAt(epochMillis), epochMillis)
}

const failuresOf = (
  result: RunResult,
  events: ReadonlyArray<TraceEvent>
): { readonly [id: string]: ReadonlyArray<Cause> } => {
  const expectations = result.expectations.filter(({ status }) => status === "violated").map(({ id }) => id)
  const invariants = result.invariants.filter(({ violations }) => violations.length > 0).map(({ id }) => id)
  const failed = [...expectations, ...invariants, ...(result.problem === undefined ? [] : ["problem"])]
  return Object.fromEntries(failed.map((id) => [id, causesOf(events, id)]))
}

const packed = (events: ReadonlyArray<TraceEvent>, wanted: boolean | undefined): Pick<RunAnswer, "packedTrace"> =>
  wanted === true ? { packedTrace: packTrace(events) } : {}

const writeTrace = (file: string, run: SimulatedRun): string | undefined => {
  const opened = openReportFile(process.cwd(), file)
  if (Result.isFailure(opened)) return opened.failure
  const header = JSON.stringify({ trace: 1, epochMillis: run.startMillis })
  // Up to the verdict, which the hash covers: so the file's SHA-256 is the trace's hash.
  const events = run.events.slice(0, run.result.statistics.events)
  const lines = [header, ...events.map((event) => JSON.stringify(event))]
  const written = opened.success.write(`${lines.join("\n")}\n`)
  return Result.isFailure(written) ? written.failure : undefined
}
