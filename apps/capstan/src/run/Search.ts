/**
 * Scenarios that no file holds, in a worker thread: run once while exploring, or many times while being shrunk.
 *
 * Only whether and why they fail is asked, so a run ends at its first violation and keeps no events.
 */
import {
  Coverage,
  failureReasons,
  loadScenarios,
  type Plan,
  type RunResult,
  type ScenarioDocument,
  shrink,
  simulate,
  simulatedKinds
} from "@capstan/engine"
import { readerBeside } from "../files/ManifestsBeside.ts"
import type { ExploreAnswer, Exchanges, LooseScenario, ShrinkAnswer } from "./Messages.ts"

/** The plan of a loose scenario; undefined when it is none, for instance for want of a step that something else names. */
const planOf = ({ document, path, shown }: LooseScenario): Plan | undefined =>
  // JSON is YAML.
  loadScenarios({
    file: shown,
    text: JSON.stringify(document),
    manifests: readerBeside({ path, shown }),
    kinds: simulatedKinds
  }).plans[0]

type Verdict = Pick<RunResult, "problem" | "invariants" | "expectations" | "virtualMillis">

/** A run that throws has found a defect of ours, like one that ends with it. */
const verdictOf = (plan: Plan, seed: number, coverage?: Coverage): Verdict => {
  try {
    const listen = coverage === undefined ? {} : { listen: coverage.listen }
    return simulate({ plan, seed, keepTrace: "hash", failFast: true, ...listen }).result
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    const problem = { kind: "defect", atMillis: 0, message, waitingFor: [] } as const
    return { problem, invariants: [], expectations: [], virtualMillis: 0 }
  }
}

/** What the gravest reason came from. */
const detailOf = ({ expectations, invariants, problem }: Verdict): string | undefined => {
  if (problem?.kind === "defect") return problem.message
  const [violation] = invariants.flatMap(({ violations }) => violations)
  const expectation = expectations.find(({ atMillis, status }) => status === "violated" && atMillis !== undefined)
  return violation?.message ?? expectation?.text ?? problem?.message
}

/** Runs a made-up scenario once. */
export const explore = ({ scenario, seed }: Exchanges["Explore"]["ask"]): ExploreAnswer => {
  const plan = planOf(scenario)
  if (plan === undefined) throw new Error(`an explored scenario is none: ${JSON.stringify(scenario.document)}`)
  const coverage = new Coverage()
  const verdict = verdictOf(plan, seed, coverage)
  return {
    reasons: failureReasons(verdict),
    detail: detailOf(verdict),
    states: coverage.states,
    virtualMillis: verdict.virtualMillis
  }
}

/** Shrinks a scenario for as long as it may take. */
export const shrinkLoose = ({
  millisMax,
  reason: wanted,
  scenario,
  seed
}: Omit<Exchanges["Shrink"]["ask"], "scenario"> & { readonly scenario: LooseScenario }): ShrinkAnswer => {
  const begin = performance.now()
  const judge = (document: ScenarioDocument, seedOfTry: number): Verdict | undefined => {
    const plan = planOf({ ...scenario, document })
    return plan === undefined ? undefined : verdictOf(plan, seedOfTry)
  }
  const failsBy = (document: ScenarioDocument, seedOfTry: number): ReadonlyArray<string> => {
    const verdict = judge(document, seedOfTry)
    return verdict === undefined ? [] : failureReasons(verdict)
  }
  const reasons = failsBy(scenario.document, seed)
  const reason = wanted ?? reasons[0]
  const steps = scenario.document.spec.steps.length
  if (reason === undefined || !reasons.includes(reason)) {
    return { shrunk: undefined, reason, detail: undefined, tries: 1, steps, wallMillis: performance.now() - begin }
  }
  const mayGoOn = (): boolean => performance.now() - begin < millisMax
  const { tries, ...shrunk } = shrink({ document: scenario.document, seed, reason, failsBy, mayGoOn })
  const verdict = judge(shrunk.document, shrunk.seed)
  return {
    shrunk,
    reason,
    detail: verdict === undefined ? undefined : detailOf(verdict),
    tries: tries + 1,
    steps,
    wallMillis: performance.now() - begin
  }
}
