/**
 * The hands of a drill in an account: they look, act and undo, within the guardrails, and write down what they do.
 *
 * Before every act the account is looked at again, and switches and stop conditions are asked. However a drill ends, all that its
 * hands did is undone, the last act first. What cannot be undone stands in the report and in the journal, for the janitor.
 * They live on the clock of the wall, whatever time the world has that they work in.
 *
 * @source docs/guides/real-aws.md
 */
import type { AwsError, Ec2, Elb } from "@capstan/aws"
import { formatDuration, type LiveAct, type PlannedAwsGuardrails } from "@capstan/engine"
import { Clock, Effect } from "effect"
import type { Estate } from "../account/Estate.ts"
import { timestamp } from "../DrillTags.ts"
import { actsOf, callFaultsFor } from "../faults/FaultActs.ts"
import { undoWords } from "../janitor/Janitor.ts"
import type { Journal, JournalError } from "../journal/Journal.ts"
import type { Intent } from "../journal/JournalRecord.ts"
import type { StopSwitch } from "../journal/StopSwitch.ts"
import { CallFaults } from "../shim/CallFaults.ts"
import { type ActOrder, ownerOf, performAct, undoIntent } from "./ActRunner.ts"
import { type Caller, Refused, requireNotStopped } from "./Guard.ts"
import { type Exposure, exposureWith, fleetOf, limitProblem } from "./Limits.ts"

export type HandServices = Ec2 | Elb | Journal | StopSwitch | CallFaults

export interface DrillHandsOptions {
  readonly guardrails: PlannedAwsGuardrails
  readonly caller: Caller
  readonly drill: string
  /** When everything is undone at the latest, epoch milliseconds. */
  readonly expiresMillis: number
  /** Seconds of the world in a real one. */
  readonly speed: number
  readonly tell: (line: string) => Effect.Effect<void>
  /** Looks at the account, and shows the world what was seen before anything is judged by it. */
  readonly see: Effect.Effect<Estate, AwsError, Ec2 | Elb>
  /** The stop condition that has come true, if one has. */
  readonly stopReason: () => string | undefined
}

type Doing<A = void, E = never> = Effect.Effect<A, AwsError | JournalError | Refused | E, HandServices>

/** An act that nothing forbids and that cannot be done all the same: a sentence. */
export class Impossible {
  readonly _tag = "Impossible"
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

export class DrillHands {
  private readonly options: DrillHandsOptions
  private estate: Estate
  private exposure: Exposure
  private acts = 0
  /** What has been announced and not undone, by id, in the order of the acts. */
  private readonly open = new Map<string, Intent>()
  /** Steps whose faults of calls may be on. */
  private readonly striking = new Set<string>()
  /** The stop condition that ended the drill. */
  stopped: string | undefined

  constructor(options: DrillHandsOptions, estate: Estate) {
    this.options = options
    this.estate = estate
    this.exposure = { hit: new Set(), fleet: fleetOf(estate) }
  }

  /** Ids of the instances that have felt an act. */
  get hit(): ReadonlyArray<string> {
    return [...this.exposure.hit]
  }

  /** Looks at the account and asks the switches and the stop conditions. Fails when the drill has to end. */
  look(): Doing {
    return Effect.gen({ self: this }, function* () {
      const { expiresMillis, guardrails, see, stopReason } = this.options
      this.estate = yield* see
      yield* requireNotStopped(guardrails.clusters)
      if ((yield* Clock.currentTimeMillis) >= expiresMillis) {
        const message = `the longest duration of ${formatDuration(guardrails.maxDurationMillis)} is over`
        return yield* new Refused({ message })
      }
      const reason = stopReason()
      if (reason === undefined) return
      this.stopped = `stop condition: ${reason}`
      return yield* new Refused({ message: this.stopped })
    })
  }

  /** Begins a fault; gives the ids of the instances that it hit. */
  fault({
    action,
    step,
    targets
  }: Extract<LiveAct, { readonly _tag: "Fault" }>): Doing<ReadonlyArray<string>, Impossible> {
    return Effect.gen({ self: this }, function* () {
      const { caller, drill, expiresMillis, guardrails, speed, tell } = this.options
      const { fault, forMillis = 0, parameters } = action
      const request = { fault, parameters }
      const order: ActOrder = {
        drill,
        step,
        fault: fault.name,
        account: caller.account,
        region: caller.region,
        clusters: guardrails.clusters,
        expiresMillis
      }
      yield* this.look()
      const { estate } = this
      // The share that may be hit is one of what was there before the first fault.
      if (this.exposure.hit.size === 0) this.exposure = { ...this.exposure, fleet: fleetOf(estate) }
      const picked = new Set(targets.map(({ id }) => id))
      const owned = estate.instances.filter(({ id }) => picked.has(id))
      const acts = yield* actsOf(request, owned, estate, guardrails.requireTags ?? {})
      if (typeof acts === "string") return yield* Effect.fail(new Impossible(acts))
      const excess = limitProblem(guardrails, this.exposure, acts)
      if (excess !== undefined) return yield* new Refused({ message: `step '${step}': ${excess}` })
      const now = yield* Clock.currentTimeMillis
      const until = Math.min(expiresMillis, now + forMillis / speed)
      const strikes = callFaultsFor(request, estate, ownerOf(order), until)
      if (strikes.length > 0) {
        yield* requireNotStopped(guardrails.clusters)
        const faults = yield* CallFaults
        this.striking.add(step)
        for (const strike of strikes) yield* faults.begin(strike)
        yield* tell(`${step}: ${fault.name}: calls of the controllers fail until ${timestamp(until)}`)
      }
      for (const act of acts) {
        yield* this.look()
        this.exposure = exposureWith(this.exposure, [act])
        yield* performAct(act, order, `${drill}/${++this.acts}`, (intent) => this.open.set(intent.id, intent))
        yield* tell(`${step}: ${act.what}`)
      }
      return acts.flatMap(({ instances }) => instances)
    })
  }

  /** Ends a step's fault and undoes what it did. */
  heal(step: string): Doing {
    return Effect.gen({ self: this }, function* () {
      const { drill, tell } = this.options
      if (this.striking.has(step)) {
        const faults = yield* CallFaults
        yield* faults.end(ownerOf({ drill, step }))
        this.striking.delete(step)
      }
      for (const intent of [...this.open.values()].filter((each) => each.step === step).toReversed()) {
        const { how } = yield* undoIntent(intent)
        this.open.delete(intent.id)
        yield* tell(`${step}: ${how}`)
      }
    })
  }

  /** Undoes all that is still done, the last first, whatever of it fails; gives what could not be undone or not be written down. */
  undoAll(): Effect.Effect<ReadonlyArray<string>, never, HandServices> {
    return Effect.gen({ self: this }, function* () {
      const { drill, tell } = this.options
      const faults = yield* CallFaults
      const left: Array<string> = []
      for (const step of this.striking) {
        const ended = yield* Effect.result(faults.end(ownerOf({ drill, step })))
        if (ended._tag === "Failure") left.push(`faults of calls of step '${step}': ${ended.failure.message}`)
      }
      this.striking.clear()
      for (const intent of [...this.open.values()].toReversed()) {
        const undone = yield* Effect.result(undoIntent(intent))
        this.open.delete(intent.id)
        if (undone._tag === "Success") yield* tell(`undo: ${undone.success.how}`)
        else left.push(`${undoWords(intent.undo)}: ${undone.failure.message}`)
      }
      // An interrupted drill gives no report: what it leaves is told here.
      for (const each of left) yield* tell(`NOT UNDONE, for the janitor: ${each}`)
      return left
    }).pipe(Effect.uninterruptible)
  }
}
