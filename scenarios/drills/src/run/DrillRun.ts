/**
 * A drill: a scenario run in a real account and, if there is one, on its management cluster.
 *
 * The run itself is the engine's: the same steps, expectations and invariants as in a simulation, on a world that is shown to it every
 * few seconds. What is done outside is done by hands that know the guardrails. A broken expectation or invariant ends the drill at
 * once. However it ends (done, failed, refused, stopped, interrupted), all that it did to the account is undone; what it did to
 * objects stays.
 *
 * @source docs/guides/real-aws.md
 */
import type { AwsError, Sts } from "@capstan/aws"
import {
  holds,
  type LiveAct,
  type LiveOutcome,
  LiveWorld,
  outsideInvariants,
  type Plan,
  type PlannedAwsGuardrails,
  RealTime,
  type RunResult,
  ScenarioRun
} from "@capstan/engine"
import { Clock, Effect, Queue, Random, Result } from "effect"
import { readEstate, seenAccount } from "../account/Estate.ts"
import { patiently } from "../account/Patience.ts"
import { timestamp } from "../DrillTags.ts"
import { Journal, type JournalError } from "../journal/Journal.ts"
import { type ManagementCluster, watchCluster } from "../management/ManagementCluster.ts"
import { performOnObjects } from "../management/ObjectActs.ts"
import { DrillHands, type HandServices, Impossible } from "./DrillHands.ts"
import { type Caller, Refused, requireAllowed, requireNotStopped } from "./Guard.ts"
import { drawsOf } from "./Picking.ts"
import { storyLine } from "./StoryLine.ts"

/** How often the account is looked at, milliseconds of the world's time, and how often at most in real time. */
const lookMillis = 5000
const lookRealMillisMin = 250

export interface DrillOptions {
  readonly plan: Plan
  readonly caller: Caller
  /** 0 takes the first targets in the order of their ids; any other seed takes them by chance, the same ones each time. */
  readonly seed?: number
  /** Told of what happens, in words. */
  readonly tell?: (line: string) => Effect.Effect<void>
  /** The cluster whose objects the scenario speaks of; without it, instances are all that a drill sees. */
  readonly management?: ManagementCluster
  /** The time of the world that the drill works in; the wall's unless given. */
  readonly time?: WorldPace
}

/** A world whose clock showed what the wall's did at some moment, and goes at another pace since. */
export interface WorldPace {
  /** Seconds of the world in a real one. */
  readonly speed: number
  /** Epoch milliseconds. */
  readonly startMillis: number
}

export interface DrillReport {
  readonly drill: string
  /** `refused` by a guardrail, before or in between; `stopped` by a stop condition; `failed` by a step, an expectation or an invariant. */
  readonly verdict: "passed" | "failed" | "refused" | "stopped"
  /** Why it did not pass. */
  readonly reason: string | undefined
  /** What is violated without a message was not decided when the drill ended. */
  readonly expectations: RunResult["expectations"]
  readonly invariants: RunResult["invariants"]
  /** What the run was waiting for when it failed. */
  readonly waitingFor: ReadonlyArray<string>
  /** Ids of the instances that were hit. */
  readonly hit: ReadonlyArray<string>
  /** What could not be undone, in words: for the janitor. */
  readonly leftovers: ReadonlyArray<string>
}

export type DrillServices = HandServices | Sts

type Trouble = AwsError | JournalError | Refused

/** Runs a plan with guardrails to its end, and undoes it. Fails only when the account or the journal cannot be used at all. */
export const runDrill = (options: DrillOptions): Effect.Effect<DrillReport, Trouble, DrillServices> =>
  Effect.gen(function* () {
    const { plan } = options
    const guardrails = plan.guardrails.aws
    if (guardrails === undefined) return yield* new Refused({ message: "the scenario has no guardrails.aws" })
    const begun = yield* begin(options, guardrails)
    const { drill, estate, expiresMillis, speed, worldMillis } = begun
    const tell = options.tell ?? (() => Effect.void)

    const handed = yield* Queue.unbounded<Handed>()
    const world = new LiveWorld({
      plan,
      epochMillis: worldMillis,
      draw: drawsOf(options.seed ?? 0),
      perform: (act, done) => void Queue.offerUnsafe(handed, { act, done }),
      objects: options.management !== undefined
    })
    const driver = new RealTime(world.kernel, speed)
    const lines: Array<string> = []
    world.kernel.trace.subscribe((event) => lines.push(...storyLine(event)))
    const flush = Effect.suspend(() => Effect.forEach(lines.splice(0), tell, { discard: true }))
    /** Does something between two steps of the world, and waits until it is done. */
    const inWorld = (act: () => void): Effect.Effect<void> => driver.within(Effect.sync(act))

    let takeObjects: () => () => void = () => () => {}
    /** Objects as they were before the account was looked at are shown after it. */
    const see = Effect.gen(function* () {
      const showObjects = takeObjects()
      const seen = yield* patiently(readEstate(guardrails.clusters))
      yield* inWorld(() => {
        world.showAccount(seenAccount(seen))
        showObjects()
      })
      return seen
    })
    const stopReason = () => guardrails.stopWhen.find((stop) => holds(stop.evaluate(run.scene())))?.text
    const { caller } = options
    const hands = new DrillHands({ guardrails, caller, drill, expiresMillis, speed, tell, see, stopReason }, estate)
    world.showAccount(seenAccount(estate))
    const run = new ScenarioRun({
      plan,
      seed: options.seed ?? 0,
      simulation: world,
      invariants: options.management === undefined ? [] : outsideInvariants
    })

    const watch = Effect.gen(function* () {
      for (;;) {
        yield* hands.look()
        yield* flush
        if (run.isOver() || run.broken !== undefined) return
        yield* Effect.sleep(Math.max(lookRealMillisMin, lookMillis / speed))
      }
    })
    /** One act after the other, in the order in which they were handed over. */
    const work = Effect.gen(function* () {
      for (;;) {
        const { act, done } = yield* Queue.take(handed)
        const outcome = yield* performed(act, hands, options)
        yield* inWorld(() => done(outcome))
      }
    })
    const story = Effect.gen(function* () {
      const { management } = options
      if (management !== undefined) {
        const watched = yield* watchCluster({ management, plan, world, inWorld, pauseMillis: lookMillis / speed })
        takeObjects = watched.take
        takeObjects()()
      }
      if (run.begin()) yield* Effect.raceAllFirst([driver.run, work, watch])
    }).pipe(Effect.scoped)
    // Whatever happens to the steps, an interruption included, what they did is undone.
    const ended = yield* Effect.result(story).pipe(
      Effect.onExit((exit) => (exit._tag === "Success" ? Effect.void : Effect.asVoid(hands.undoAll())))
    )
    const leftovers = yield* hands.undoAll()
    const result = Result.isSuccess(ended) && run.isOver() ? run.finish() : run.end()
    yield* flush
    const failure = Result.isFailure(ended) ? ended.failure : undefined
    return yield* concluded({
      drill,
      ...verdictOf(hands.stopped, failure, result, run.broken),
      expectations: result.expectations,
      invariants: result.invariants,
      waitingFor: result.problem?.waitingFor ?? [],
      hit: hands.hit,
      leftovers
    })
  })

/** Asks the guardrails that can be asked beforehand, looks at the account, and writes down that a drill begins. */
const begin = Effect.fnUntraced(function* ({ caller, plan, time }: DrillOptions, guardrails: PlannedAwsGuardrails) {
  yield* requireAllowed(guardrails, caller)
  yield* requireNotStopped(guardrails.clusters)
  const startMillis = yield* Clock.currentTimeMillis
  const estate = yield* readEstate(guardrails.clusters)
  const number = yield* Random.nextIntBetween(0, 36 ** 4)
  const drill = `${plan.name}-${startMillis.toString(36)}${number.toString(36).padStart(4, "0")}`
  const speed = time?.speed ?? 1
  const expiresMillis = Math.ceil(startMillis + guardrails.maxDurationMillis / speed)
  const journal = yield* Journal
  yield* journal.append({
    _tag: "Begun",
    version: 1,
    drill,
    at: timestamp(startMillis),
    expires: timestamp(expiresMillis),
    scenario: plan.name,
    account: caller.account,
    region: caller.region,
    clusters: guardrails.clusters
  })
  const worldMillis = time === undefined ? startMillis : time.startMillis + (startMillis - time.startMillis) * speed
  return { drill, estate, expiresMillis, speed, worldMillis }
})

/** Writes the end down. The last word is for people: a drill that has told its end is over without it too. */
const concluded = Effect.fnUntraced(function* (report: DrillReport) {
  const journal = yield* Journal
  const at = timestamp(yield* Clock.currentTimeMillis)
  const why = report.reason ?? report.verdict
  yield* Effect.ignore(journal.append({ _tag: "Ended", version: 1, drill: report.drill, at, why }))
  return report
})

interface Handed {
  readonly act: LiveAct
  readonly done: (outcome: LiveOutcome) => void
}

/** Does an act. What is merely impossible fails the step; what is forbidden, or cannot be known any more, ends the drill. */
const performed = (
  act: LiveAct,
  hands: DrillHands,
  { management, plan }: DrillOptions
): Effect.Effect<LiveOutcome, Trouble, DrillServices> => {
  switch (act._tag) {
    case "Fault":
      return hands.fault(act).pipe(
        Effect.map((hit): LiveOutcome => ({ refusal: undefined, hit })),
        Effect.catchIf(
          (error) => error instanceof Impossible,
          ({ message }) => Effect.succeed<LiveOutcome>({ refusal: message })
        )
      )
    case "Heal":
      return Effect.as(hands.heal(act.step), { refusal: undefined })
    default:
      return management === undefined
        ? Effect.succeed({ refusal: "there is no management cluster" })
        : Effect.map(performOnObjects(act, plan, management), (refusal) => ({ refusal }))
  }
}

const verdictOf = (
  stopped: string | undefined,
  failure: Trouble | { readonly message: string } | undefined,
  result: RunResult,
  broken: string | undefined
): Pick<DrillReport, "verdict" | "reason"> => {
  if (stopped !== undefined) return { verdict: "stopped", reason: stopped }
  if (failure instanceof Refused) return { verdict: "refused", reason: failure.message }
  if (failure !== undefined) return { verdict: "failed", reason: failure.message }
  if (result.passed) return { verdict: "passed", reason: undefined }
  return { verdict: "failed", reason: result.problem?.message ?? broken ?? "an expectation is violated" }
}
