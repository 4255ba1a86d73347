/**
 * The steps of a scenario as a state machine: what is done, what is waited for, since when. The state is data.
 *
 * `advance` is called whenever something may have changed. It does everything that can be done now and asks to be
 * called again at the next time that matters.
 */
import { holds, type Scene } from "../language/Expression.ts"
import { formatDuration } from "../language/Duration.ts"
import { allSteps, type PlannedStep, type PlannedTarget } from "../plan/Plan.ts"
import { type FaultAction, isUnderway, type Outcome, type Refusal, refusalOf, type Stage } from "./Stage.ts"

export interface StepState {
  status: "pending" | "running" | "done" | "failed"
  /** Epoch milliseconds. */
  startedMillis: number | undefined
  endedMillis: number | undefined
  /** Why it failed. */
  problem: string | undefined
  /** The event with which its act began: the cause of what it does. */
  begunSeq: number | undefined
}

export interface SavedSteps {
  readonly states: ReadonlyArray<readonly [id: string, state: StepState]>
  /** When faults that heal by themselves do so, epoch milliseconds. */
  readonly healAt: ReadonlyArray<readonly [step: string, at: number]>
}

export class StepMachine {
  readonly states = new Map<string, StepState>()
  /** How often a step has begun or ended. */
  changes = 0
  private readonly healAt = new Map<string, number>()
  /** Of the steps whose acts take time: how these are going. */
  private readonly underway = new Map<string, ReadonlyArray<Outcome>>()
  private readonly steps: ReadonlyArray<PlannedStep>
  /** The steps and those inside of them. */
  private readonly all: ReadonlyArray<PlannedStep>
  private readonly stage: Stage
  private readonly scene: () => Scene
  private readonly kindsOfBindings: (name: string) => ReadonlyArray<unknown>

  constructor(options: {
    readonly steps: ReadonlyArray<PlannedStep>
    readonly stage: Stage
    readonly scene: () => Scene
    readonly members: (name: string) => ReadonlyArray<unknown>
  }) {
    this.steps = options.steps
    this.stage = options.stage
    this.scene = options.scene
    this.kindsOfBindings = options.members
    this.all = allSteps(options.steps)
    for (const step of this.all) {
      this.states.set(step.id, {
        status: "pending",
        startedMillis: undefined,
        endedMillis: undefined,
        problem: undefined,
        begunSeq: undefined
      })
    }
  }

  get finished(): boolean {
    return this.steps.every((step) => this.state(step).status === "done")
  }

  /** The step that failed, if one has: the run ends there. */
  get failure(): { readonly step: PlannedStep; readonly problem: string } | undefined {
    for (const step of this.all) {
      const { problem, status } = this.state(step)
      if (status === "failed") return { step, problem: problem ?? "failed" }
    }
    return undefined
  }

  /** What the steps are waiting for, in words. */
  get waitingFor(): ReadonlyArray<string> {
    return this.all.flatMap((step) => {
      const { startedMillis, status } = this.state(step)
      if (status !== "running" || startedMillis === undefined) return []
      const { action } = step
      const what =
        action._tag === "Wait"
          ? action.expression.text
          : action._tag === "Hold"
            ? `hold ${formatDuration(action.millis)}`
            : undefined
      return what === undefined ? [] : [`step ${step.id}: ${what}`]
    })
  }

  /** The state as data: a value of its own, which later steps do not change. */
  save(): SavedSteps {
    return {
      states: [...this.states].map(([id, state]) => [id, { ...state }] as const),
      healAt: [...this.healAt]
    }
  }

  restore(saved: SavedSteps): void {
    this.changes++
    for (const [id, state] of saved.states) this.states.set(id, { ...state })
    this.healAt.clear()
    for (const [step, at] of saved.healAt) this.healAt.set(step, at)
  }

  /** Does all that can be done now. */
  advance(readyMillis: number): void {
    this.healDue()
    this.advanceList(this.steps, readyMillis)
  }

  state(step: PlannedStep): StepState {
    const state = this.states.get(step.id)
    if (state === undefined) throw new Error(`no state of step ${step.id}`)
    return state
  }

  private healDue(): void {
    for (const [step, at] of this.healAt) {
      if (at > this.stage.now()) continue
      this.healAt.delete(step)
      this.causedBy(step, () => this.stage.heal(step))
    }
  }

  private advanceList(steps: ReadonlyArray<PlannedStep>, readyMillis: number): void {
    for (const step of steps) {
      if (this.state(step).status === "pending" && !this.begin(step, readyMillis)) return
      if (this.state(step).status === "running") this.proceed(step, readyMillis)
      if (this.state(step).status !== "done") return
    }
  }

  private begin(step: PlannedStep, readyMillis: number): boolean {
    const now = this.stage.now()
    if (step.atMillis !== undefined && now < readyMillis + step.atMillis) {
      this.stage.wakeAt(readyMillis + step.atMillis)
      return false
    }
    if (step.when !== undefined && !holds(step.when.evaluate(this.scene()))) return false
    const state = this.state(step)
    this.changes++
    state.status = "running"
    state.startedMillis = now
    if (step.action._tag === "Wait" || step.action._tag === "Parallel") this.stage.wakeAt(now + step.timeoutMillis)
    if (step.action._tag === "Hold") this.stage.wakeAt(now + step.action.millis)
    return true
  }

  private proceed(step: PlannedStep, readyMillis: number): void {
    const { action } = step
    switch (action._tag) {
      case "Fault":
        return this.act(step, () => [this.inject(step.id, action)])
      case "Heal":
        this.healAt.delete(action.step)
        this.note(step, { heals: action.step })
        this.causedBy(step.id, () => this.stage.heal(action.step))
        return this.end(step)
      case "Mark":
        this.stage.note("mark", { step: step.id, text: action.text })
        return this.end(step)
      case "Check": {
        const evaluation = action.expression.evaluate(this.scene())
        return this.settle(
          step,
          holds(evaluation)
            ? undefined
            : `not so: ${action.expression.text}${evaluation._tag === "Unknown" ? ` (${evaluation.message})` : ""}`
        )
      }
      case "Wait":
        return this.wait(step, action.expression.evaluate(this.scene()))
      case "Hold":
        return this.stage.now() >= (this.state(step).startedMillis ?? 0) + action.millis ? this.end(step) : undefined
      case "Apply":
        return this.act(step, () => action.objects.map((object) => this.stage.apply(object)))
      case "Patch":
        return this.act(step, () => this.each(step, (name, namespace) => this.stage.patch(action, name, namespace)))
      case "Delete":
        return this.act(step, () =>
          this.each(step, (name, namespace) => this.stage.delete(action.reference, name, namespace))
        )
      case "Parallel":
        for (const child of action.steps) this.advanceList([child], readyMillis)
        if (action.steps.every((child) => this.state(child).status === "done")) return this.end(step)
        return this.expire(step, "not all of its steps are done")
    }
  }

  private wait(
    step: PlannedStep,
    evaluation: ReturnType<Extract<PlannedStep["action"], { _tag: "Wait" }>["expression"]["evaluate"]>
  ): void {
    if (holds(evaluation)) return this.end(step)
    this.expire(step, evaluation._tag === "Unknown" ? evaluation.message : "still not so")
  }

  private expire(step: PlannedStep, why: string): void {
    const started = this.state(step).startedMillis ?? 0
    if (this.stage.now() < started + step.timeoutMillis) return
    const what = step.action._tag === "Wait" ? `: ${step.action.expression.text}` : ""
    this.fail(step, `timed out after ${formatDuration(step.timeoutMillis)}${what} (${why})`)
  }

  /** Begins acts, or asks after those that were begun: the step ends with the last one, or fails with the first refusal. */
  private act(step: PlannedStep, begin: () => ReadonlyArray<Outcome>): void {
    const outcomes = this.underway.get(step.id) ?? this.begun(step, begin)
    const refusal = outcomes.map(refusalOf).find((each) => each !== undefined)
    if (refusal === undefined && outcomes.some(isUnderway)) {
      this.underway.set(step.id, outcomes)
      return
    }
    this.underway.delete(step.id)
    this.settle(step, refusal)
  }

  /** Begins an act as the effect of an event that says so. */
  private begun<A>(step: PlannedStep, begin: () => A): A {
    this.note(step, step.action._tag === "Fault" ? { fault: step.action.fault.name } : {})
    return this.causedBy(step.id, begin)
  }

  private note(step: PlannedStep, detail: { readonly [key: string]: unknown }): void {
    const action = step.action._tag.toLowerCase()
    this.state(step).begunSeq = this.stage.note("step.begun", { step: step.id, action, ...detail })
  }

  private causedBy<A>(step: string, act: () => A): A {
    const cause = this.states.get(step)?.begunSeq
    return cause === undefined || this.stage.causedBy === undefined ? act() : this.stage.causedBy(cause, act)
  }

  private each(
    step: PlannedStep,
    act: (name: string, namespace: string | undefined) => Outcome
  ): ReadonlyArray<Outcome> {
    const { action } = step
    if (action._tag !== "Patch" && action._tag !== "Delete") return []
    const { reference } = action
    if (reference.name !== undefined) return [act(reference.name, reference.namespace)]
    const members = this.kindsOfBindings(reference.from ?? "") as ReadonlyArray<NamedObject>
    if (members.length === 0) return [`nothing to ${action._tag.toLowerCase()}: '${reference.from}' is empty`]
    return members.map(({ metadata }) => act(metadata.name, metadata.namespace))
  }

  private inject(id: string, action: FaultAction): Outcome {
    const targets = this.pick(action.target)
    if (action.fault.target === "instances" && targets.length === 0) {
      return action.target?.empty === "skip" ? undefined : `no target: nothing in '${action.target?.from}' matches`
    }
    const outcome = this.stage.inject(id, action, targets)
    if (refusalOf(outcome) === undefined && action.forMillis !== undefined) {
      const at = this.stage.now() + action.forMillis
      this.healAt.set(id, at)
      this.stage.wakeAt(at)
    }
    return outcome
  }

  /** Resolved as late as possible: what matches now, in the order of names, some of it by chance. */
  private pick(target: PlannedTarget | undefined): ReadonlyArray<unknown> {
    if (target?.from === undefined) return []
    const members = this.kindsOfBindings(target.from)
    const scene = this.scene()
    const { where } = target
    const matching = where === undefined ? members : members.filter((it) => holds(where.evaluate(scene, { it })))
    const { all, count, percent } = target.pick ?? {}
    if (all === true) return matching
    const wanted = count ?? (percent === undefined ? 1 : Math.ceil((matching.length * percent) / 100))
    const pool = [...matching]
    const picked: Array<unknown> = []
    while (picked.length < wanted && pool.length > 0) picked.push(...pool.splice(this.stage.draw(pool.length), 1))
    return picked
  }

  private settle(step: PlannedStep, refusal: Refusal): void {
    if (refusal === undefined) this.end(step)
    else this.fail(step, refusal)
  }

  private end(step: PlannedStep): void {
    const state = this.state(step)
    this.changes++
    state.status = "done"
    state.endedMillis = this.stage.now()
    this.stage.note("step", { step: step.id, action: step.action._tag.toLowerCase() })
  }

  private fail(step: PlannedStep, problem: string): void {
    const state = this.state(step)
    this.changes++
    state.status = "failed"
    state.endedMillis = this.stage.now()
    state.problem = problem
    this.stage.note("step.failed", { step: step.id, problem })
  }
}

interface NamedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string }
}
