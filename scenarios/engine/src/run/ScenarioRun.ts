/**
 * One plan, one seed, one world, from the first manifest to the verdict.
 *
 * The run itself is an entry of the kernel's heap: it is woken at the end of every instant in which something
 * changed and at the times it asked for, looks at the world, and does what the scenario says. Expectations and
 * invariants are looked at right after each event that could break them.
 */
import { formatClock, formatDuration } from "../language/Duration.ts"
import type { Expression, Scene } from "../language/Expression.ts"
import type { Invariant, WorldEvent } from "../invariants/Invariant.ts"
import type { Plan, PlannedObject } from "../plan/Plan.ts"
import { conditionsIn } from "../report/WriteEvent.ts"
import type { PlannedBudget } from "./Budget.ts"
import { type ExpectationState, ExpectationTracker } from "./ExpectationTracker.ts"
import { remembered, sameItems } from "./RememberedExpression.ts"
import type { ExpectationResult, InvariantResult, RunProblem, RunResult } from "./RunResult.ts"
import type { Change, Simulation } from "./Simulation.ts"
import { isUnderway, type Outcome, refusalOf } from "./Stage.ts"
import { type SavedSteps, StepMachine } from "./StepMachine.ts"

export interface RunOptions {
  readonly plan: Plan
  readonly seed: number
  readonly simulation: Simulation
  readonly invariants: ReadonlyArray<Invariant>
  /** Stops there, in virtual milliseconds from the start, with what is known by then. */
  readonly untilMillis?: number
  /** Ends at the first expectation or invariant that is violated: for those who only ask whether there is one. */
  readonly failFast?: boolean
}

/** Runs to the verdict. Synchronous. */
export const runScenario = (options: RunOptions): RunResult => {
  const run = new ScenarioRun(options)
  if (!run.begin()) return run.end()
  run.advance(options.untilMillis)
  return options.untilMillis === undefined && !run.cutShort ? run.finish() : run.end()
}

/** Functions whose value changes only when a step begins or ends. */
const decidedBySteps: ReadonlySet<string> = new Set(["stepStart", "stepEnd", "victim", "victims"])

/** Objects tell their age in whole seconds; what is compared with them has to do the same. */
const wholeSecond = (millis: number | undefined): number | undefined =>
  millis === undefined ? undefined : Math.floor(millis / 1000) * 1000

interface SavedRun {
  readonly readyMillis: number | undefined
  readonly stepsDoneMillis: number | undefined
  readonly tickPlanned: boolean
  readonly nextSilenceLook: number
  readonly steps: SavedSteps
  readonly expectations: ReadonlyArray<ExpectationState>
  readonly invariants: ReadonlyArray<Pick<InvariantState, "memory" | "violations">>
  readonly spending: Spending
}

/** Dollars spent until a time, and how fast it goes on from there. Undefined where a price was not known. */
interface Spending {
  readonly dollars: number | undefined
  readonly anHour: number | undefined
  readonly sinceMillis: number
}

/** What an invariant remembers is a plain object of values, maps and sets of values. */
const copyMemory = (memory: unknown): unknown => {
  if (memory instanceof Map) return new Map(memory)
  if (memory instanceof Set) return new Set(memory)
  if (typeof memory !== "object" || memory === null) return memory
  return Object.fromEntries(Object.entries(memory).map(([name, value]) => [name, copyMemory(value)]))
}

interface InvariantState {
  readonly invariant: Invariant
  memory: unknown
  readonly violations: Array<{ readonly atMillis: number; readonly message: string }>
}

export class ScenarioRun {
  private readonly options: RunOptions
  private readonly startMillis: number
  private readonly steps: StepMachine
  private readonly trackers: ReadonlyArray<ExpectationTracker>
  /** Of the bindings whose members are objects of the management cluster: the topic of their changes. */
  private readonly objectTopics: ReadonlyMap<string, string>
  private readonly watching = new Map<string, ReadonlyArray<ExpectationTracker>>()
  private readonly invariants: ReadonlyArray<InvariantState>
  /** Only kept where a budget asks for it. */
  private readonly counted: boolean
  private spending: Spending
  private readyMillis: number | undefined
  private problem: RunProblem | undefined
  private ended = false
  /** Whether a violation ended the run before its time: nothing can be said of its end then. */
  cutShort = false
  private tickPlanned = false
  /** The manifests that are not applied yet, and those that are. */
  private given: ReadonlyArray<{ readonly planned: PlannedObject; readonly outcome: Outcome }> = []
  private ticks: { readonly at: (epochMillis: number, event: "Tick" | "Look") => unknown }
  /** How often something of a topic has changed, and how often the world was looked at. */
  private readonly changes = new Map<string, number>()
  private looks = 0
  /** The members of a binding, with the count at which they were asked for. */
  private readonly knownMembers = new Map<
    string,
    { readonly count: number; readonly members: ReadonlyArray<unknown> }
  >()

  constructor(options: RunOptions) {
    this.options = options
    const { plan, simulation } = options
    const { kernel, stage } = simulation
    this.startMillis = kernel.now()
    this.counted = plan.budgets.some(({ metric }) => metric === "dollars")
    this.spending = { dollars: 0, anHour: 0, sinceMillis: this.startMillis }
    this.objectTopics = new Map(
      Object.entries(plan.bindings).flatMap(([name, { kind, workload }]) =>
        kind === undefined || workload !== undefined ? [] : [[name, `kind:${kind}`]]
      )
    )
    this.ticks = kernel.component<"Tick" | "Look">({
      name: "scenario",
      handle: (event) => {
        if (event === "Tick") this.tickPlanned = false
        this.tick()
      },
      save: () => this.save(),
      // The kernel hands back what `save` gave, and knows it as unknown.
      restore: (state) => this.restore(state as SavedRun)
    })
    this.steps = new StepMachine({
      steps: plan.steps,
      stage: { ...stage, wakeAt: (millis) => this.wakeAt(millis) },
      scene: () => this.scene(),
      members: (name) => this.members(name)
    })
    this.trackers = plan.expectations.map(
      (expectation) =>
        new ExpectationTracker(
          { ...expectation, expression: this.remembered(expectation.expression) },
          (anchor) => this.anchor(anchor),
          (millis) => this.wakeAt(millis)
        )
    )
    for (const tracker of this.trackers) {
      for (const topic of this.topicsOf(tracker.expectation.expression)) {
        this.watching.set(topic, [...(this.watching.get(topic) ?? []), tracker])
      }
    }
    this.invariants = options.invariants.map((invariant) => ({ invariant, memory: invariant.start(), violations: [] }))
    simulation.subscribe((change) => this.changed(change))
  }

  /** Applies the manifests and starts the managers. False when a manifest was refused: the run is over then. */
  begin(): boolean {
    const { plan, simulation } = this.options
    for (const planned of plan.objects) {
      this.given = [...this.given, { planned, outcome: simulation.stage.apply(planned) }]
      if (this.lookForRefusal()) return false
    }
    simulation.start()
    this.wakeAt(this.limitMillis)
    if (plan.ready !== undefined) this.wakeAt(this.startMillis + plan.ready.withinMillis)
    this.planTick()
    return true
  }

  /** Goes on in a world that was paused, or saved in the middle of this plan and restored: the managers start anew. */
  resume(): void {
    this.options.simulation.start()
  }

  /**
   * Runs to the verdict, to a time in virtual milliseconds from the start, or until somebody says stop. True once the verdict is
   * there.
   */
  advance(untilMillis = Number.POSITIVE_INFINITY, stop: () => boolean = () => false): boolean {
    const { simulation } = this.options
    const stopMillis = this.startMillis + untilMillis
    const until = () => this.ended || stop()
    const end = simulation.kernel.run({ until, untilMillis: Math.min(this.limitMillis, stopMillis) })
    return this.isOver(end !== "until" && stopMillis > this.limitMillis)
  }

  /** Whether there is a verdict, for a world that somebody else drives: a defect and a passed time limit are ones, too. */
  isOver(late = this.options.simulation.kernel.now() >= this.limitMillis): boolean {
    const { plan, simulation } = this.options
    const defect = simulation.defect()
    if (defect !== undefined) this.fail("defect", defect)
    else if (!this.ended && late) {
      this.fail("timeout", `not done after ${formatDuration(plan.timeouts.scenarioMillis)} of virtual time`)
    }
    return this.ended
  }

  /** What has been broken so far, in words: an expectation that can no longer be met, or an invariant. */
  get broken(): string | undefined {
    for (const { expectation, state } of this.trackers) {
      if (state.status === "violated") return `${expectation.id}: ${state.message ?? "violated"}`
    }
    const broken = this.invariants.find(({ violations }) => violations.length > 0)
    return broken === undefined ? undefined : `${broken.invariant.id}: ${broken.violations[0]?.message}`
  }

  /** Judges what is judged at the end. */
  finish(): RunResult {
    this.conclude()
    return this.end()
  }

  /** The result as it stands, the end not judged. */
  end(): RunResult {
    const result = this.result()
    this.options.simulation.stop()
    return result
  }

  private get limitMillis(): number {
    return this.startMillis + this.options.plan.timeouts.scenarioMillis
  }

  private save(): SavedRun {
    return {
      readyMillis: this.readyMillis,
      stepsDoneMillis: this.stepsDoneMillis,
      tickPlanned: this.tickPlanned,
      nextSilenceLook: this.nextSilenceLook,
      steps: this.steps.save(),
      expectations: this.trackers.map((tracker) => ({ ...tracker.state })),
      invariants: this.invariants.map(({ memory, violations }) => ({
        memory: copyMemory(memory),
        violations: [...violations]
      })),
      spending: this.spending
    }
  }

  private restore(saved: SavedRun): void {
    this.readyMillis = saved.readyMillis
    this.stepsDoneMillis = saved.stepsDoneMillis
    this.tickPlanned = saved.tickPlanned
    this.nextSilenceLook = saved.nextSilenceLook
    this.steps.restore(saved.steps)
    this.spending = saved.spending
    // What is remembered was so in another world.
    for (const topic of this.objectTopics.values()) this.changes.set(topic, (this.changes.get(topic) ?? 0) + 1)
    this.trackers.forEach((tracker, index) => Object.assign(tracker.state, saved.expectations[index]))
    this.invariants.forEach((state, index) => {
      const { memory, violations } = saved.invariants[index] ?? { memory: state.memory, violations: [] }
      state.memory = copyMemory(memory)
      state.violations.splice(0, state.violations.length, ...violations)
    })
  }

  private fail(kind: RunProblem["kind"], message: string): void {
    this.ended = true
    if (this.problem !== undefined && kind !== "defect") return
    const waitingFor =
      kind === "timeout" || kind === "settle" || kind === "ready" || kind === "step"
        ? [...this.waitingFor(), ...this.options.simulation.quiet().waitingFor()]
        : []
    this.problem = { kind, message, atMillis: this.elapsed(), waitingFor }
    this.options.simulation.stage.note("problem", { problem: kind, message: message.split("\n")[0] ?? "" })
  }

  /** What the run itself was waiting for: readiness with the conditions that stand against it, steps, expectations. */
  private waitingFor(): ReadonlyArray<string> {
    const { ready } = this.options.plan
    const open = this.trackers
      .filter((tracker) => tracker.open)
      .map(({ expectation }) => `expectation ${expectation.id}: ${expectation.expression.text}`)
    if (ready === undefined || this.readyMillis !== undefined) return [...this.steps.waitingFor, ...open]
    const conditions = conditionsIn(this.members(ready.let)[0])
    const wanted = conditions.find(({ type }) => type === ready.is)
    const said =
      wanted === undefined
        ? `it has no such condition, but ${conditions.map(({ type }) => type).join(", ") || "none at all"}`
        : `it is ${wanted.status}: ${wanted.message
            .split("\n")
            .map((line) => line.trim())
            .join(" ")}`
    return [`${ready.let} to be ${ready.is}; ${said}`]
  }

  private elapsed(): number {
    return this.options.simulation.kernel.now() - this.startMillis
  }

  private wakeAt(millis: number): void {
    this.ticks.at(millis, "Look")
  }

  /** At the end of this instant. */
  private planTick(): void {
    if (this.tickPlanned) return
    this.tickPlanned = true
    this.ticks.at(this.options.simulation.kernel.now(), "Tick")
  }

  private changed({ event, topic }: Change): void {
    this.changes.set(topic, (this.changes.get(topic) ?? 0) + 1)
    if (this.ended) return
    if (this.counted && topic === "cloud") this.spending = this.spendingNow()
    this.looks++
    const trackers = this.watching.get(topic)
    if (trackers !== undefined) {
      const scene = this.scene()
      for (const tracker of trackers) this.look(tracker, scene)
    }
    this.checkInvariants(event)
    this.planTick()
  }

  private tick(): void {
    if (this.ended) return
    const { plan, simulation } = this.options
    const defect = simulation.defect()
    if (defect !== undefined) return this.fail("defect", defect)
    this.looks++
    if (this.lookForRefusal() || this.given.some(({ outcome }) => isUnderway(outcome))) return
    this.lookForReadiness()
    if (this.readyMillis !== undefined) {
      this.steps.advance(this.readyMillis)
      // What the steps changed can be what the next ones wait for.
      this.looks++
    }
    const { failure } = this.steps
    if (failure !== undefined)
      return this.fail("step", `step ${failure.step.id} (line ${failure.step.position.line}) ${failure.problem}`)
    const scene = this.scene()
    for (const tracker of this.trackers) this.look(tracker, scene)
    this.checkInvariants({ kind: "time" })
    if (this.ended || !this.steps.finished || this.readyMillis === undefined) return
    if (this.trackers.some((tracker) => tracker.open)) return
    this.lookForSilence(plan.timeouts.settleMillis)
  }

  /** Ends the run when a manifest was refused. */
  private lookForRefusal(): boolean {
    for (const { outcome, planned } of this.given) {
      const refusal = refusalOf(outcome)
      if (refusal === undefined) continue
      this.fail("given", `${planned.file}:${planned.position.line}:${planned.position.column} ${refusal}`)
      return true
    }
    return false
  }

  private lookForReadiness(): void {
    if (this.readyMillis !== undefined) return
    const { plan, simulation } = this.options
    const now = simulation.kernel.now()
    const { ready } = plan
    if (ready === undefined) {
      this.readyMillis = now
      return
    }
    const conditions = conditionsIn(this.members(ready.let)[0])
    if (conditions.some((condition) => condition.type === ready.is && condition.status === "True")) {
      this.readyMillis = now
      simulation.stage.note("ready", { is: ready.is, let: ready.let })
      return
    }
    const deadline = this.startMillis + ready.withinMillis
    if (now >= deadline)
      this.fail("ready", `'${ready.let}' is not ${ready.is} within ${formatDuration(ready.withinMillis)}`)
  }

  private stepsDoneMillis: number | undefined
  /** When silence is looked for next; in the past when nothing is planned. One look at a time: every look plans another. */
  private nextSilenceLook = 0

  private lookForSilence(settleMillis: number): void {
    const { simulation } = this.options
    const { kernel, silenceMillis } = simulation
    const now = kernel.now()
    if (this.stepsDoneMillis === undefined) {
      this.stepsDoneMillis = now
      this.wakeAt(now + settleMillis + silenceMillis)
    }
    const state = simulation.quiet()
    const silentAt = state.lastChangeMillis + silenceMillis
    if (now >= silentAt && state.quiet) {
      this.ended = true
      this.options.simulation.stage.note("settled", {})
      return
    }
    if (now >= this.stepsDoneMillis + settleMillis + silenceMillis) {
      return this.fail(
        "settle",
        `the world did not fall silent within ${formatDuration(settleMillis)} after the last step`
      )
    }
    const next = Math.max(silentAt, now + 1000)
    if (this.nextSilenceLook > now && this.nextSilenceLook <= next) return
    this.nextSilenceLook = next
    this.wakeAt(this.nextSilenceLook)
  }

  private look(tracker: ExpectationTracker, scene: Scene): void {
    const before = tracker.state.status
    tracker.look(scene)
    if (tracker.state.status === before) return
    const { id, kind } = tracker.expectation
    this.options.simulation.stage.note("expectation", { id, expects: kind, status: tracker.state.status })
    if (tracker.state.status !== "violated") return
    this.planTick()
    this.cutShortIfAsked()
  }

  private cutShortIfAsked(): void {
    if (this.options.failFast !== true) return
    this.cutShort = true
    this.ended = true
  }

  private checkInvariants(event: WorldEvent): void {
    const { view } = this.options.simulation
    for (const { invariant, memory, violations } of this.invariants) {
      if (!invariant.on.includes(event.kind) || violations.length >= 5) continue
      if (event.write !== undefined && invariant.kinds !== undefined && !invariant.kinds.includes(event.write.kind))
        continue
      for (const message of invariant.check(view, event, memory)) {
        if (violations.some((violation) => violation.message === message)) continue
        violations.push({ atMillis: this.elapsed(), message })
        this.options.simulation.stage.note("invariant", { id: invariant.id, message })
        this.cutShortIfAsked()
      }
    }
  }

  /** What was spent until now, and what is spent an hour from now on. */
  private spendingNow(): Spending {
    const { kernel, hourlyDollars } = this.options.simulation
    const { anHour, dollars, sinceMillis } = this.spending
    const now = kernel.now()
    return {
      dollars:
        dollars === undefined || anHour === undefined
          ? undefined
          : dollars + (anHour * (now - sinceMillis)) / 3_600_000,
      anHour: hourlyDollars?.call(this.options.simulation),
      sinceMillis: now
    }
  }

  private measured({ after = "begin", metric, of, until = "" }: PlannedBudget): number | undefined {
    const { simulation } = this.options
    switch (metric) {
      case "timeToHeal": {
        const from = this.anchor(after)
        const to = this.anchor(until)
        return from === undefined || to === undefined || to < from ? undefined : to - from
      }
      case "cloudCalls": {
        if (of !== undefined) return simulation.stage.observe.calls(of)
        return Object.values(simulation.statistics().cloudCalls).reduce((sum, count) => sum + count, 0)
      }
      case "dollars":
        return this.spendingNow().dollars
      case "belowBudget": {
        const { workloads } = simulation.statistics()
        const meant = workloads.filter(({ name }) => of === undefined || name === of)
        return meant.length === 0 ? undefined : Math.max(...meant.map((each) => each.belowBudgetSeconds)) * 1000
      }
    }
  }

  private conclude(): void {
    this.checkInvariants({ kind: "end" })
    const scene = this.scene()
    for (const tracker of this.trackers) tracker.finish(scene)
  }

  private anchor(name: string): number | undefined {
    if (name === "begin") return this.startMillis
    if (name === "given.ready") return this.readyMillis
    return this.steps.states.get(name)?.endedMillis
  }

  private members(name: string): ReadonlyArray<unknown> {
    const count = this.countOf(name)
    const known = this.knownMembers.get(name)
    if (known?.count === count) return known.members
    const binding = this.options.plan.bindings[name]
    const members = binding === undefined ? [] : this.options.simulation.stage.members(binding)
    const same = known !== undefined && sameItems(known.members, members) ? known.members : members
    this.knownMembers.set(name, { count, members: same })
    return same
  }

  /** A number that is another one whenever the members of a binding can be others. */
  private countOf(name: string): number {
    const topic = this.objectTopics.get(name)
    return topic === undefined ? this.looks : (this.changes.get(topic) ?? 0)
  }

  /** An expression that its bindings and the steps decide is not looked at again while these are the same. */
  private remembered(expression: Expression): Expression {
    const { bindings, functions } = expression.dependencies
    for (const name of functions) if (!decidedBySteps.has(name)) return expression
    const names = [...bindings]
    return remembered(expression, () => [this.steps.changes, ...names.map((name) => this.members(name))])
  }

  /** What expressions are looked at with, as it is now. */
  scene(): Scene {
    const { plan, simulation } = this.options
    const { stage } = simulation
    return {
      ...stage.observe,
      nowMillis: simulation.kernel.now(),
      binding: (name) => (plan.bindings[name]?.one === true ? (this.members(name)[0] ?? {}) : this.members(name)),
      victims: stage.victims,
      faultEnded: stage.faultEnded,
      stepStartMillis: (step) => wholeSecond(this.steps.states.get(step)?.startedMillis),
      stepEndMillis: (step) => wholeSecond(this.steps.states.get(step)?.endedMillis)
    }
  }

  /** The topics whose events can change an expression's value; whatever depends on time is looked at on every tick. */
  private topicsOf(expression: Expression): ReadonlySet<string> {
    const topics = new Set<string>()
    for (const name of expression.dependencies.bindings) {
      const binding = this.options.plan.bindings[name]
      if (binding?.kind !== undefined)
        topics.add(`${binding.workload === undefined ? "kind" : "workload"}:${binding.kind}`)
      else topics.add("cloud")
    }
    for (const name of expression.dependencies.functions) {
      if (name === "instancesOf") topics.add("cloud")
      else if (name === "etcd") topics.add("etcd")
      else if (name === "calls") topics.add("calls")
    }
    return topics
  }

  private result(): RunResult {
    const { plan, seed, simulation } = this.options
    const expectations = this.trackers.map(({ expectation, state }): ExpectationResult => ({
      id: expectation.id,
      kind: expectation.kind,
      text: expectation.expression.text,
      line: expectation.position.line,
      column: expectation.position.column,
      status:
        expectation.kind === "sometimes"
          ? state.status === "met"
            ? "seen"
            : "not-seen"
          : state.status === "met"
            ? "met"
            : "violated",
      atMillis: state.atMillis === undefined ? undefined : state.atMillis - this.startMillis,
      message: state.message
    }))
    const invariants = this.invariants.map(({ invariant, violations }): InvariantResult => ({
      id: invariant.id,
      rule: invariant.rule,
      violations
    }))
    const passed =
      this.problem === undefined &&
      expectations.every((each) => each.status !== "violated") &&
      invariants.every((each) => each.violations.length === 0)
    simulation.stage.note("verdict", { passed, at: formatClock(this.elapsed()) })
    return {
      plan,
      seed,
      passed,
      problem: this.problem,
      expectations,
      invariants,
      measures: plan.budgets.map((budget) => ({ id: budget.id, value: this.measured(budget) })),
      readyMillis: this.readyMillis === undefined ? undefined : this.readyMillis - this.startMillis,
      virtualMillis: this.elapsed(),
      traceHash: simulation.kernel.trace.hash(),
      statistics: simulation.statistics()
    }
  }
}
