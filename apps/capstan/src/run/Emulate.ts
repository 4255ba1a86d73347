/**
 * Runs a plan against an emulator of AWS: the controllers' calls go out through the real SDK, the world animates the instances.
 *
 * Controllers, world and steps share one clock, which goes a number of times as fast as the one on the wall; signing, sockets and
 * repetitions keep real time. A run is as long as its virtual time divided by the speed, and no two are the same. The
 * emulator's account is emptied first.
 *
 * @source https://docs.getmoto.org/en/latest/docs/server_mode.html
 */
import { AwsError, Ec2 } from "@capstan/aws"
import { awsLive, resetEmulator, seedEmulator } from "@capstan/aws-live"
import {
  builtInInvariants,
  type EmulatedAws,
  makeEmulatedAws,
  type Outside,
  type Plan,
  preconditionsOf,
  RealTime,
  ScenarioRun,
  type SimulatedRun,
  SimulatedWorld
} from "@capstan/engine"
import type { TraceEvent } from "@capstan/kernel"
import { reconcileTimeoutMillisDefault } from "@capstan/runtime"
import { capaInstanceProfiles } from "@capstan/simulator-aws"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type { Emulator } from "./Messages.ts"

export interface EmulateOptions {
  readonly plan: Plan
  readonly seed: number
  readonly emulator: Emulator
  readonly listen?: (event: TraceEvent) => void
}

/** The emulator cannot be used: a sentence with the reason and what to do. */
export class EmulatorTrouble extends Data.TaggedError("EmulatorTrouble")<{ readonly message: string }> {}

/** Real milliseconds between two looks at the emulator's instances, and how many of them go by until one at everything. */
const lookMillis = 150
/** How long a run waits at its end for calls that are under way, real milliseconds. */
const lastCallsMillis = 10_000
const looksPerWhole = 8
/** Instances of an emulator are nobody's: these keys open nothing. */
const credentials = { accessKeyId: "emulated", secretAccessKey: "emulated" }

/** What stands ready for a run: the services on the emulator, and the zones of the plan's region. Only looks. */
const open = (plan: Plan, endpoint: string) =>
  Effect.gen(function* () {
    const { aws, provider } = preconditionsOf(plan)
    if (provider !== "aws") {
      const message = `${plan.name} is for the ${provider} provider, and an emulator of AWS is none of its clouds`
      return yield* new EmulatorTrouble({ message })
    }
    const at = { endpoint, region: aws.region, credentials }
    const waist = yield* Layer.build(awsLive(at))
    return { at, waist, wanted: aws, zones: yield* lookAround(at, waist, aws) }
  })

/** Fails when the emulator cannot carry the plan: not there, or without something that no call can make. */
export const checkEmulator = (plan: Plan, { endpoint }: Emulator): Effect.Effect<void, EmulatorTrouble> =>
  Effect.scoped(Effect.asVoid(open(plan, endpoint)))

export const emulate = (options: EmulateOptions): Effect.Effect<SimulatedRun, EmulatorTrouble> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { emulator, plan, seed } = options
      const { endpoint, speed } = emulator
      yield* resetEmulator(endpoint)
      const { at, waist, wanted, zones } = yield* open(plan, endpoint)
      const profiles = wanted.instanceProfiles ? capaInstanceProfiles.map(({ id }) => id) : []
      yield* told(endpoint, seedEmulator(at, { keyPairs: wanted.keyPairs, instanceProfiles: profiles }))

      // Everything that goes on outside of the world, on the clock of the wall.
      const calls = yield* FiberSet.make()
      const callOutside = yield* FiberSet.runtime(calls)()
      const trouble = yield* Deferred.make<never, EmulatorTrouble>()
      let emulated: EmulatedAws | undefined
      const enter = (task: () => void): void => driver.enter(() => void arrivals.at(world.kernel.now(), task))
      const outside: Outside = (effect, learn) =>
        Effect.callback((resume) => {
          const fiber = callOutside(effect)
          fiber.addObserver((exit) =>
            enter(() => {
              if (learn !== undefined && Exit.isSuccess(exit)) learn(exit.value)
              resume(exit)
            })
          )
          return learn === undefined ? Effect.sync(() => fiber.interruptUnsafe()) : Effect.void
        })
      const world = new SimulatedWorld({
        plan,
        seed,
        keepTrace: "all",
        // What a reconcile waits for is sockets, which live on the wall's time.
        reconcileTimeoutMillis: reconcileTimeoutMillisDefault * Math.max(1, speed),
        cloud: (kernel) => {
          emulated = makeEmulatedAws(kernel, {
            waist,
            outside,
            // What a fault does is not done by half: the run is over when the emulator refuses it.
            aside: (effect) =>
              void callOutside(Effect.catch(told(endpoint, effect), (why) => Deferred.fail(trouble, why))),
            zones
          })
          return emulated.cloud
        }
      })
      const { kernel } = world
      const arrivals = kernel.component<() => void>({
        name: "emulator",
        handle: (task) => task(),
        save: () => undefined,
        restore: () => {}
      })
      const driver = new RealTime(kernel, speed)
      const eyes = emulated
      if (eyes === undefined) return yield* Effect.die(new Error("a world makes its cloud at once"))

      eyes.show(yield* told(endpoint, eyes.look(true)))
      if (options.listen !== undefined) kernel.trace.subscribe(options.listen)
      const startMillis = kernel.now()
      const run = new ScenarioRun({ plan, seed, simulation: world, invariants: builtInInvariants })
      if (run.begin()) {
        const watch = Effect.gen(function* () {
          for (let looks = 1; !run.isOver(); looks++) {
            yield* Effect.sleep(lookMillis)
            const sight = yield* Effect.option(eyes.look(looks % looksPerWhole === 0))
            if (sight._tag === "Some") enter(() => eyes.show(sight.value))
          }
        })
        yield* Effect.raceAllFirst([driver.run, watch, Deferred.await(trouble)])
      }
      const result = run.finish()
      // What is under way would reach the emulator after the run, and whoever uses it next.
      yield* Effect.timeoutOption(FiberSet.awaitEmpty(calls), lastCallsMillis)
      return {
        result,
        events: kernel.trace.events,
        startMillis,
        objectsAt: (epochMillis: number) => world.objectsAt(epochMillis),
        assumptions: []
      }
    })
  )

/** Looks whether there is what no call can make. Gives the region's zones. */
const lookAround = (
  at: { readonly endpoint: string; readonly region: string; readonly credentials: typeof credentials },
  waist: Context.Context<Ec2>,
  wanted: ReturnType<typeof preconditionsOf>["aws"]
): Effect.Effect<ReadonlyArray<string>, EmulatorTrouble> =>
  Effect.gen(function* () {
    const ec2 = Context.get(waist, Ec2)
    const { AvailabilityZones = [] } = yield* told(at.endpoint, ec2.describeAvailabilityZones({}))
    for (const version of wanted.imageVersions) {
      const name = `capa-ami-*${version.replace(/^v/, "")}-*`
      const { Images = [] } = yield* told(
        at.endpoint,
        ec2.describeImages({ Filters: [{ Name: "name", Values: [name] }] })
      )
      if (Images.length > 0) continue
      return yield* new EmulatorTrouble({
        message: `the emulator at ${at.endpoint} has no image ${name}: start moto with MOTO_AMIS_PATH naming a file that lists one`
      })
    }
    return AvailabilityZones.flatMap(({ ZoneName }) => ZoneName ?? [])
  })

const told = <A>(endpoint: string, effect: Effect.Effect<A, AwsError>): Effect.Effect<A, EmulatorTrouble> =>
  Effect.mapError(
    effect,
    ({ code, message, operation }) =>
      new EmulatorTrouble({ message: `the emulator at ${endpoint} does not answer ${operation}: ${code}: ${message}` })
  )
