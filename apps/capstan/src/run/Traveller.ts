/**
 * The one run that commands travel in, begun and stopped at its start. In the process's own thread, so that its world can be served.
 *
 * A run is a busy loop: it is done in slices, between which the process sees to its sockets and to Ctrl-C.
 */
import { type Stop, usage } from "@capstan/command-line"
import { formatClock, parsePerturbation } from "@capstan/engine/text"
import { type Stopped, type Stops, TimeTravel } from "@capstan/engine"
import type { TraceEvent } from "@capstan/kernel"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type OneRunFlags, parseOneRun } from "../input/OneRun.ts"
import { plansOf, runnablePlan } from "./LoadPlans.ts"
import type { PlanSummary } from "./Messages.ts"
import { RunHost } from "./RunHost.ts"

export interface TravelFlags extends OneRunFlags {
  /** The name of what goes wrong, as a sweep's report has it. */
  readonly perturb: string | undefined
}

export interface Traveller {
  readonly travel: TimeTravel
  readonly plan: PlanSummary
  readonly seed: number
  readonly perturbation: string | undefined
}

/** Real milliseconds of work without a turn for anybody else. */
const sliceMillis = 50
/** Steps between two looks at the real clock. */
const stepsPerLook = 256

const wishOf = (flags: TravelFlags) =>
  Result.gen(function* () {
    return {
      ...(yield* parseOneRun("Only one run can be looked into", flags)),
      perturbation: flags.perturb === undefined ? undefined : yield* parsePerturbation(flags.perturb)
    }
  })

/** @param listen told of every event as it happens. */
export const beginTravel = (flags: TravelFlags, listen?: (event: TraceEvent) => void): Effect.Effect<Traveller, Stop> =>
  Effect.gen(function* () {
    const { perturbation, pins, sources, variables, ...wish } = yield* Effect.mapError(
      Effect.fromResult(wishOf(flags)),
      usage
    )
    const host = new RunHost()
    const loaded = sources.map(({ path, shown }) => host.load({ path, shown, variables }, "sim"))
    const plan = yield* runnablePlan(yield* plansOf(loaded), { scenario: flags.scenario, pins })
    const seed = wish.seed ?? plan.seeds[0] ?? 0
    const travel = new TimeTravel({
      plan: host.planOf(plan.plan),
      seed,
      ...(perturbation === undefined ? {} : { perturbation }),
      ...(listen === undefined ? {} : { listen })
    })
    return { travel, plan, seed, perturbation: flags.perturb }
  })

/** Goes on to a stop, with turns for others on the way. */
export const goOn = (travel: TimeTravel, stops: Omit<Stops, "pause">): Effect.Effect<Exclude<Stopped, "pause">> =>
  Clock.clockWith((clock) => {
    const realMillis = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
    const slice: Effect.Effect<Exclude<Stopped, "pause">> = Effect.suspend(() => {
      const end = realMillis() + sliceMillis
      let steps = 0
      const pause = () => ++steps % stepsPerLook === 0 && realMillis() >= end
      const stopped = travel.advance({ ...stops, pause })
      return stopped === "pause" ? Effect.andThen(Effect.sleep(0), slice) : Effect.succeed(stopped)
    })
    return slice
  })

/** Goes to a time that must lie within the run. */
export const goTo = (travel: TimeTravel, untilMillis: number): Effect.Effect<void, Stop> =>
  Effect.flatMap(goOn(travel, { untilMillis }), (stopped) =>
    stopped === "over" && travel.millis < untilMillis
      ? Effect.fail(
          usage(
            `${formatClock(untilMillis)} is after the end of the run, which is at ${formatClock(travel.millis, { millis: true })}.`
          )
        )
      : Effect.void
  )
