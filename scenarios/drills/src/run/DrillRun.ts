/**
 * A drill: the steps of a scenario in a real account, one after the other, by the clock.
 *
 * Every few seconds the account is looked at again: faults whose time is over are undone, switches and stop conditions are asked,
 * expectations are judged. However the drill ends (done, failed, refused, stopped, interrupted), all that it did is undone,
 * the last act first. What it cannot undo stands in its report and in the journal, for the janitor.
 *
 * @source docs/guides/real-aws.md
 */
import type { AwsError, Ec2, Elb, Sts } from "@capstan/aws"
import {
  type ExpectationState,
  ExpectationTracker,
  formatDuration,
  holds,
  type Plan,
  type PlannedAwsGuardrails,
  type PlannedStep,
  type PlannedTarget,
  type Scene,
  type Victim
} from "@capstan/engine"
import { Clock, Effect, Random } from "effect"
import { type Estate, membersOf, type OwnedInstance, readEstate } from "../account/Estate.ts"
import { patiently } from "../account/Patience.ts"
import { timestamp } from "../DrillTags.ts"
import { actsOf, isCallFault } from "../faults/FaultActs.ts"
import { undoWords } from "../janitor/Janitor.ts"
import { Journal, type JournalError } from "../journal/Journal.ts"
import type { Intent } from "../journal/JournalRecord.ts"
import type { StopSwitch } from "../journal/StopSwitch.ts"
import { CallFaults, callFaultOf } from "../shim/CallFaults.ts"
import { type ActOrder, ownerOf, performAct, undoIntent } from "./ActRunner.ts"
import { type Caller, Refused, requireAllowed, requireNotStopped } from "./Guard.ts"
import { type Exposure, exposureWith, fleetOf, limitProblem } from "./Limits.ts"
import { drawsOf, pickSome } from "./Picking.ts"

/** How often the account is looked at. */
const tickMillis = 5000

/** A step failed; the drill is over. */
class StepFailed {
  readonly _tag = "StepFailed"
  readonly step: string
  readonly message: string

  constructor(step: string, message: string) {
    this.step = step
    this.message = message
  }
}

export interface DrillOptions {
  readonly plan: Plan
  readonly caller: Caller
  /** 0 takes the first targets in the order of their ids; any other seed takes them by chance, the same ones each time. */
  readonly seed?: number
  /** Told of what happens, in words. */
  readonly tell?: (line: string) => Effect.Effect<void>
}

export interface ExpectationOutcome {
  readonly id: string
  readonly state: ExpectationState
}

export interface DrillReport {
  readonly drill: string
  /** `refused` by a guardrail, before or in between; `stopped` by a stop condition; `failed` by a step or an expectation. */
  readonly verdict: "passed" | "failed" | "refused" | "stopped"
  /** Why it did not pass. */
  readonly reason: string | undefined
  readonly expectations: ReadonlyArray<ExpectationOutcome>
  /** Ids of the instances that were hit. */
  readonly hit: ReadonlyArray<string>
  /** What could not be undone, in words: for the janitor. */
  readonly leftovers: ReadonlyArray<string>
}

export type DrillServices = Ec2 | Elb | Sts | Journal | StopSwitch | CallFaults

/** Runs a plan with guardrails to its end, and undoes it. Fails only when the account or the journal cannot be used at all. */
export const runDrill = (
  options: DrillOptions
): Effect.Effect<DrillReport, AwsError | JournalError | Refused, DrillServices> =>
  Effect.gen(function* () {
    const { caller, plan } = options
    const guardrails = plan.guardrails.aws
    if (guardrails === undefined) return yield* new Refused({ message: "the scenario has no guardrails.aws" })
    yield* requireAllowed(guardrails, caller)
    yield* requireNotStopped(guardrails.clusters)
    const startMillis = yield* Clock.currentTimeMillis
    const estate = yield* readEstate(guardrails.clusters)
    const journal = yield* Journal
    const number = yield* Random.nextIntBetween(0, 36 ** 4)
    const drill = `${plan.name}-${startMillis.toString(36)}${number.toString(36).padStart(4, "0")}`
    const run = new DrillRun(options, guardrails, estate, drill, startMillis)
    yield* journal.append({
      _tag: "Begun",
      version: 1,
      drill,
      at: timestamp(startMillis),
      expires: timestamp(run.expiresMillis),
      scenario: plan.name,
      account: caller.account,
      region: caller.region,
      clusters: guardrails.clusters
    })
    return yield* run.run()
  })

type Effectful<A = void> = Effect.Effect<A, AwsError | JournalError | Refused | StepFailed, DrillServices>

class DrillRun {
  readonly expiresMillis: number
  private readonly options: DrillOptions
  private readonly guardrails: PlannedAwsGuardrails
  private readonly drill: string
  private readonly draw: (n: number) => number
  private readonly startMillis: number
  private estate: Estate
  private exposure: Exposure
  private acts = 0
  private now: number
  private readonly started = new Map<string, number>()
  private readonly ended = new Map<string, number>()
  private readonly victims = new Map<string, ReadonlyArray<Victim>>()
  /** Epoch milliseconds at which the faults of steps are undone. */
  private readonly healAt = new Map<string, number>()
  private readonly healed = new Set<string>()
  /** What has been announced and not undone, by id, in the order of the acts. */
  private readonly open = new Map<string, Intent>()
  private readonly trackers: ReadonlyArray<ExpectationTracker>
  private stopReason: string | undefined

  constructor(
    options: DrillOptions,
    guardrails: PlannedAwsGuardrails,
    estate: Estate,
    drill: string,
    startMillis: number
  ) {
    this.options = options
    this.guardrails = guardrails
    this.estate = estate
    this.drill = drill
    this.startMillis = startMillis
    this.now = startMillis
    this.expiresMillis = startMillis + guardrails.maxDurationMillis
    this.exposure = { hit: new Set(), fleet: fleetOf(estate) }
    this.draw = drawsOf(options.seed ?? 0)
    this.trackers = options.plan.expectations.map(
      (expectation) =>
        new ExpectationTracker(
          expectation,
          (anchor) => (anchor === "begin" || anchor === "given.ready" ? startMillis : this.ended.get(anchor)),
          // The account is looked at every few seconds anyway.
          () => {}
        )
    )
  }

  run(): Effect.Effect<DrillReport, AwsError | JournalError | Refused, DrillServices> {
    const { drill } = this
    // Whatever happens to the steps, an interruption included, what they did is undone.
    return Effect.gen({ self: this }, function* () {
      const outcome = yield* Effect.result(this.story()).pipe(
        Effect.onExit((exit) => (exit._tag === "Success" ? Effect.void : Effect.asVoid(this.undoAll())))
      )
      const leftovers = yield* this.undoAll()
      const failure = outcome._tag === "Failure" ? outcome.failure : undefined
      const violated = this.trackers.find(({ state }) => state.status === "violated")
      const verdict =
        this.stopReason !== undefined
          ? "stopped"
          : failure?._tag === "Refused"
            ? "refused"
            : failure !== undefined || violated !== undefined
              ? "failed"
              : "passed"
      const reason =
        this.stopReason ??
        (failure === undefined
          ? violated === undefined
            ? undefined
            : `${violated.expectation.id}: ${violated.state.message ?? "violated"}`
          : failure._tag === "StepFailed"
            ? `step '${failure.step}': ${failure.message}`
            : failure.message)
      const journal = yield* Journal
      const at = timestamp(yield* Clock.currentTimeMillis)
      // The last word is for people: a drill that has told its end is over without it too.
      yield* Effect.ignore(journal.append({ _tag: "Ended", version: 1, drill, at, why: reason ?? verdict }))
      const expectations = this.trackers.map(({ expectation, state }) => ({ id: expectation.id, state }))
      return { drill, verdict, reason, expectations, hit: [...this.exposure.hit], leftovers }
    })
  }

  private story(): Effectful {
    return Effect.gen({ self: this }, function* () {
      yield* this.look()
      for (const step of this.options.plan.steps) yield* this.step(step)
      // Faults that are still on have their time; what is still to come true too.
      yield* this.pause(() => this.healAt.size === 0 && !this.trackers.some(({ open }) => open), this.expiresMillis)
      const scene = this.scene()
      for (const tracker of this.trackers) tracker.finish(scene)
    })
  }

  private step(step: PlannedStep): Effectful {
    return Effect.gen({ self: this }, function* () {
      const { action, atMillis, id, when } = step
      if (atMillis !== undefined) yield* this.pause(() => false, this.startMillis + atMillis)
      if (when !== undefined) yield* this.pause(() => holds(when.evaluate(this.scene())), this.expiresMillis)
      this.started.set(id, this.now)
      switch (action._tag) {
        case "Fault":
          yield* this.fault(step, action)
          break
        case "Heal":
          yield* this.heal(action.step)
          break
        case "Mark":
          yield* this.tell(`${id}: ${action.text}`)
          break
        case "Hold":
          yield* this.pause(() => false, this.now + action.millis)
          break
        case "Check":
          if (!holds(action.expression.evaluate(this.scene()))) {
            return yield* Effect.fail(new StepFailed(id, `not so: ${action.expression.text}`))
          }
          break
        case "Wait": {
          const limit = this.now + step.timeoutMillis
          const came = yield* this.pause(() => holds(action.expression.evaluate(this.scene())), limit)
          if (came) break
          const what = `timed out after ${formatDuration(step.timeoutMillis)}: ${action.expression.text}`
          return yield* Effect.fail(new StepFailed(id, what))
        }
        case "Parallel":
          for (const child of action.steps) yield* this.step(child)
          break
        case "Apply":
        case "Patch":
        case "Delete":
          return yield* Effect.fail(new StepFailed(id, `a drill does not ${action._tag.toLowerCase()} objects`))
      }
      this.ended.set(id, this.now)
    })
  }

  private fault({ id }: PlannedStep, action: Extract<PlannedStep["action"], { readonly _tag: "Fault" }>): Effectful {
    return Effect.gen({ self: this }, function* () {
      const { fault, forMillis, parameters, target } = action
      const request = { fault, parameters }
      const order: ActOrder = {
        drill: this.drill,
        step: id,
        fault: fault.name,
        account: this.options.caller.account,
        region: this.options.caller.region,
        clusters: this.guardrails.clusters,
        expiresMillis: this.expiresMillis
      }
      yield* this.look()
      if (isCallFault(request)) {
        yield* requireNotStopped(this.guardrails.clusters)
        const faults = yield* CallFaults
        const until = Math.min(this.expiresMillis, this.now + (forMillis ?? 0))
        yield* faults.begin(callFaultOf(request, ownerOf(order), until))
        yield* this.tell(`${id}: ${fault.name} until ${timestamp(until)}`)
        this.healAt.set(id, until)
        return
      }
      const targets = this.pick(target)
      if (fault.target === "instances" && targets.length === 0) {
        if (target?.empty === "skip") return
        return yield* Effect.fail(new StepFailed(id, `no target: nothing in '${target?.from}' matches`))
      }
      const acts = yield* actsOf(request, targets, this.estate, this.guardrails.requireTags ?? {})
      if (typeof acts === "string") return yield* Effect.fail(new StepFailed(id, acts))
      const excess = limitProblem(this.guardrails, this.exposure, acts)
      if (excess !== undefined) return yield* new Refused({ message: `step '${id}': ${excess}` })
      const hit = new Set(acts.flatMap(({ instances }) => instances))
      this.victims.set(id, this.estate.instances.filter((instance) => hit.has(instance.id)).map(victimOf))
      if (forMillis !== undefined) this.healAt.set(id, this.now + forMillis)
      for (const act of acts) {
        yield* this.look()
        this.exposure = exposureWith(this.exposure, [act])
        yield* performAct(act, order, `${this.drill}/${++this.acts}`, (intent) => this.open.set(intent.id, intent))
        yield* this.tell(`${id}: ${act.what}`)
      }
      if (fault.undo !== "heals") this.healed.add(id)
    })
  }

  /** What matches now, in the order of ids; some of it by chance. */
  private pick(target: PlannedTarget | undefined): ReadonlyArray<OwnedInstance> {
    if (target?.from === undefined) return []
    const scene = this.scene()
    const { from, pick, where } = target
    const matching = this.members(from).filter((it) => where === undefined || holds(where.evaluate(scene, { it })))
    return pickSome(matching, pick, this.draw)
  }

  private heal(step: string): Effectful {
    return Effect.gen({ self: this }, function* () {
      this.healAt.delete(step)
      const faults = yield* CallFaults
      yield* faults.end(ownerOf({ drill: this.drill, step }))
      for (const intent of [...this.open.values()].filter((each) => each.step === step).toReversed()) {
        const { how } = yield* undoIntent(intent)
        this.open.delete(intent.id)
        yield* this.tell(`${step}: ${how}`)
      }
      this.healed.add(step)
    })
  }

  /** Undoes all that is still done, the last first, whatever of it fails; gives what could not be undone or not be written down. */
  private undoAll(): Effect.Effect<ReadonlyArray<string>, never, DrillServices> {
    return Effect.gen({ self: this }, function* () {
      const faults = yield* CallFaults
      const left: Array<string> = []
      for (const step of this.healAt.keys()) {
        const ended = yield* Effect.result(faults.end(ownerOf({ drill: this.drill, step })))
        if (ended._tag === "Failure") left.push(`faults of calls of step '${step}': ${ended.failure.message}`)
      }
      for (const intent of [...this.open.values()].toReversed()) {
        const undone = yield* Effect.result(undoIntent(intent))
        this.open.delete(intent.id)
        if (undone._tag === "Success") yield* this.tell(`undo: ${undone.success.how}`)
        else left.push(`${undoWords(intent.undo)}: ${undone.failure.message}`)
      }
      this.healAt.clear()
      // An interrupted drill gives no report: what it leaves is told here.
      for (const each of left) yield* this.tell(`NOT UNDONE, for the janitor: ${each}`)
      return left
    }).pipe(Effect.uninterruptible)
  }

  /** Waits until something is so or a time has come, looking every few seconds; whether it came to be so. */
  private pause(until: () => boolean, atMillis: number): Effectful<boolean> {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        yield* this.look()
        if (until()) return true
        if (this.now >= atMillis) return false
        yield* Effect.sleep(Math.max(1, Math.min(tickMillis, atMillis - this.now)))
      }
    })
  }

  /** Looks at the account: undoes what is due, asks the switches and the stop conditions, judges expectations. */
  private look(): Effectful {
    return Effect.gen({ self: this }, function* () {
      this.now = yield* Clock.currentTimeMillis
      for (const [step, at] of this.healAt) if (at <= this.now) yield* this.heal(step)
      this.estate = yield* patiently(readEstate(this.guardrails.clusters))
      this.now = yield* Clock.currentTimeMillis
      yield* requireNotStopped(this.guardrails.clusters)
      if (this.now >= this.expiresMillis) {
        const message = `the longest duration of ${formatDuration(this.guardrails.maxDurationMillis)} is over`
        return yield* new Refused({ message })
      }
      const scene = this.scene()
      const stop = this.guardrails.stopWhen.find((expression) => holds(expression.evaluate(scene)))
      if (stop !== undefined) {
        this.stopReason = `stop condition: ${stop.text}`
        return yield* new Refused({ message: this.stopReason })
      }
      for (const tracker of this.trackers) tracker.look(scene)
      const broken = this.trackers.find(({ state }) => state.status === "violated")
      if (broken !== undefined) {
        return yield* Effect.fail(
          new StepFailed(broken.expectation.id, broken.state.message ?? "the expectation is violated")
        )
      }
    })
  }

  private members(name: string): ReadonlyArray<OwnedInstance> {
    return membersOf(this.options.plan.bindings[name], this.estate)
  }

  private scene(): Scene {
    return {
      nowMillis: this.now,
      binding: (name) => {
        const members = this.members(name)
        return this.options.plan.bindings[name]?.one === true ? members[0] : members
      },
      victims: (step) => this.victims.get(step) ?? [],
      stepStartMillis: (step) => this.started.get(step),
      stepEndMillis: (step) => this.ended.get(step),
      faultEnded: (step) => this.healed.has(step),
      etcd: () => ({ members: 0, healthy: 0 }),
      instancesOf: () => [],
      workload: () => undefined,
      calls: () => 0
    }
  }

  private tell(line: string): Effect.Effect<void> {
    return this.options.tell?.(line) ?? Effect.void
  }
}

const victimOf = (instance: OwnedInstance): Victim => ({
  machine: instance.machine,
  node: "",
  instance: instance.id,
  zone: instance.zone
})
