/**
 * Time, chance and order of a simulated world.
 *
 * The one idea: there is one queue of what can run now and one heap of what is due later, and time moves only when the queue
 * is empty. Seed 0 runs the queue first in, first out and never preempts; every other seed takes what is next by chance and
 * preempts running fibers by the toss of a coin. Each kind of chance has a stream of its own. Everything is synchronous: a
 * run needs no turn of the event loop, no promise and no real timer, and two kernels in one process share nothing.
 *
 * All that is not a fiber is data (components, their timers, random streams, the trace), so a world can be saved whenever
 * no process runs, and restored or forked any number of times.
 *
 * @source https://github.com/tigerbeetle/tigerbeetle/blob/main/docs/internals/vopr.md
 */
import { Clock, Context, Effect, type Exit, Fiber, type LogLevel, type Result, Scheduler } from "effect"
import { type CallInfo, type Intervene, Intervention } from "./Call.ts"
import { Cause } from "./Cause.ts"
import type { ComponentDefinition, ComponentHandle, TimerId } from "./Component.ts"
import { BusyCounter, Livelock } from "./Livelock.ts"
import { ProcessGroup, type ProcessHost } from "./ProcessGroup.ts"
import { CurrentProcess, type ProcessInstance } from "./ProcessInstance.ts"
import { RandomStream } from "./RandomStream.ts"
import { RunQueue, type Task } from "./RunQueue.ts"
import { makeClock, makeContext, makeLogger, makeScheduler, Preemption } from "./SimulatedContext.ts"
import type { SavedTimer, Snapshot } from "./Snapshot.ts"
import { Timer, TimerHeap } from "./TimerHeap.ts"
import { Trace } from "./Trace.ts"

export interface KernelOptions {
  /** 0 is plain order; any other whole number from 0 to 2^53 - 1 permutes and preempts. */
  readonly seed: number
  /** Where virtual time begins, whole epoch milliseconds; 2030-01-01T00:00:00Z unless given. */
  readonly epochMillis?: number
  /** With a seed other than 0, a running fiber is preempted before one step in so many; 8 unless given, 0 is never. */
  readonly preemptOneIn?: number
  /** Steps that one instant may take before it counts as a livelock; five million unless given. */
  readonly maxStepsPerInstant?: number
  /** Whether the trace keeps its events (`all`, the default) or only their hash. */
  readonly keep?: "all" | "hash"
  /** What fibers log at this level or above goes into the trace as `log` events; `Warn` unless given. */
  readonly logLevel?: LogLevel.LogLevel
}

/** What a kernel still has to do. */
export interface PendingWork {
  /** Steps and due timers that can run at this instant. */
  readonly runnable: number
  /** Timers of components that wait, first due first. */
  readonly timers: ReadonlyArray<SavedTimer>
  /** Fibers that sleep. Fibers that wait for one another or for the world do not count: nothing would wake them. */
  readonly sleepingFibers: number
  /** Names of the process groups that are alive. */
  readonly processes: ReadonlyArray<string>
}

export interface RunLimits {
  /** Asked before every step; true ends the run. */
  readonly until?: () => boolean
  /** Epoch milliseconds: everything due up to and including this instant runs, then time stands there. */
  readonly untilMillis?: number
}

/** Why a run ended. `idle`: nothing is runnable and nothing is due, ever; time stays where it is. */
export type RunEnd = "until" | "time" | "idle"

/** Steps before the cap at which names begin to be counted. */
const livelockSample = 1000

export class Kernel {
  readonly seed: number
  readonly epochMillis: number
  readonly trace: Trace
  /** Effect's services under virtual time, for `Effect.runForkWith`. */
  readonly context: Context.Context<never>
  /** Sequence of the trace event that causes what runs now; 0 for none. Handlers and thunks may set it: it is put back. */
  cause = 0
  /** Asked about every call, unless `undefined`. */
  intervene: Intervene | undefined = undefined

  private readonly heap = new TimerHeap()
  private readonly queue: RunQueue
  private readonly preemption: Preemption
  private readonly maxStepsPerInstant: number
  private readonly streams = new Map<string, RandomStream>()
  private readonly components = new Map<string, ComponentDefinition<unknown>>()
  private readonly timers = new Map<TimerId, Timer>()
  private readonly groups = new Map<string, ProcessGroup>()
  private readonly host: ProcessHost
  private urgent: Array<Task> = []
  private busy: BusyCounter | undefined
  private millis: number
  private timerSeq = 0
  private callSeq = 0
  private sleepers = 0
  private stepsAtInstant = 0
  private stampSecond = Number.NaN
  private stamp = ""

  constructor(options: KernelOptions) {
    this.seed = requireWhole("seed", options.seed)
    this.epochMillis = requireWhole("epochMillis", options.epochMillis ?? 1_893_456_000_000)
    this.millis = this.epochMillis
    this.maxStepsPerInstant = options.maxStepsPerInstant ?? 5_000_000
    const permute = this.seed !== 0
    this.queue = new RunQueue(permute ? this.random("kernel/order") : undefined)
    this.preemption = new Preemption(permute ? this.random("kernel/preemption") : undefined, options.preemptOneIn ?? 8)
    this.trace = new Trace({
      epochMillis: this.epochMillis,
      keep: options.keep ?? "all",
      now: () => this.millis,
      cause: () => this.cause
    })
    const context = makeContext({
      scheduler: makeScheduler(this.preemption, (task) => this.queue.push(task, undefined)),
      clock: makeClock(
        () => this.millis,
        (millis) => this.sleep(millis, undefined)
      ),
      random: this.random("kernel/effect-random"),
      entropy: this.random("kernel/entropy"),
      logger: makeLogger((level, message) => this.log(level, message)),
      logLevel: options.logLevel ?? "Warn"
    })
    this.context = Context.add(context, CurrentKernel, this)
    this.host = this.makeHost()
  }

  /** Virtual time, whole epoch milliseconds. */
  now(): number {
    return this.millis
  }

  /** Virtual time as RFC 3339 in UTC, whole seconds: `2030-01-01T00:00:00Z`. */
  timestamp(): string {
    const second = Math.floor(this.millis / 1000)
    if (second !== this.stampSecond) {
      this.stampSecond = second
      this.stamp = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`
    }
    return this.stamp
  }

  /** The stream of this name, made from the seed when first asked for. Names that begin with `kernel/` are the kernel's. */
  random(name: string): RandomStream {
    const known = this.streams.get(name)
    if (known !== undefined) return known
    const stream = new RandomStream(this.seed, name)
    this.streams.set(name, stream)
    return stream
  }

  /** Makes a component known. Throws when the name is taken. */
  component<Event>(definition: ComponentDefinition<Event>): ComponentHandle<Event> {
    const { name } = definition
    if (this.components.has(name)) throw new Error(`there is a component ${name} already`)
    // Only events that came in through the typed handle below ever reach `handle`.
    const erased = definition as ComponentDefinition<unknown>
    this.components.set(name, erased)
    return {
      name,
      at: (epochMillis, event) => this.setTimer(erased, epochMillis, event),
      after: (millis, event) => this.setTimer(erased, this.millis + millis, event),
      cancel: (id) => this.cancelTimer(erased, id)
    }
  }

  /** The process group of this name, made when first asked for. */
  process(name: string): ProcessGroup {
    const known = this.groups.get(name)
    if (known !== undefined) return known
    const group = new ProcessGroup(name, this.host)
    this.groups.set(name, group)
    return group
  }

  /** Starts a fiber outside of all process groups, such as a test's own. Its first step comes with the next `step`. */
  fork<A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> {
    return Effect.runForkWith(this.context)(Effect.andThen(Effect.yieldNow, effect))
  }

  /** Forks, runs until the fiber has ended, and gives its exit. Throws when the world falls idle before that. */
  complete<A, E>(effect: Effect.Effect<A, E>): Exit.Exit<A, E> {
    const fiber = this.fork(effect)
    this.run({ until: () => fiber.pollUnsafe() !== undefined })
    const exit = fiber.pollUnsafe()
    if (exit === undefined) throw new Error(`the fiber waits for something that never comes; idle at ${this.timestamp()}`)
    return exit
  }

  /**
   * The door of all simulated input and output.
   *
   * Asks `intervene`, lets half of the latency pass, performs, lets the other half pass, answers. `perform` runs without
   * interruption, with `kernel.cause` taken from the fiber's `Cause`. From a process that has been killed the call never
   * returns and performs nothing, also when the kill comes while the call is on its way there.
   */
  call<A, E>(info: CallInfo, perform: () => Result.Result<A, E>): Effect.Effect<A, E> {
    return Effect.withFiber((fiber) => {
      const owner = fiber.getRef(CurrentProcess)
      if (owner !== undefined && owner.fenced) return stuckIn(owner)
      const cause = fiber.getRef(Cause)
      const seq = ++this.callSeq
      if (this.busy !== undefined) this.busy.count(`call ${info.service}.${info.operation}`)
      const latency = info.latencyMillis ?? 0
      const there = latency >> 1
      const back = latency - there
      if (this.intervene === undefined) return this.deliver(owner, cause, there, back, perform)
      const decision = this.decide(info, owner, cause, seq)
      switch (decision._tag) {
        case "None":
          return this.deliver(owner, cause, there, back, perform)
        case "Delay":
          return this.deliver(owner, cause, there + decision.millis, back, perform)
        case "Fail":
          // The engine promises an error that this service can answer with.
          return this.travel(owner, latency, () => Effect.fail(decision.error as E))
        case "LoseAnswer":
          return this.travel(owner, there, () => {
            this.perform(cause, perform)
            return this.travel(owner, decision.afterMillis, () => Effect.fail(decision.error as E))
          })
        case "Crash": {
          if (owner === undefined) return Effect.die(new Error(`no process to crash: ${info.service}.${info.operation}`))
          const reason = `crash ${decision.when} ${info.service}.${info.operation}`
          if (decision.when === "before") return this.crash(owner, cause, reason)
          return this.travel(owner, there, () => {
            this.perform(cause, perform)
            return this.crash(owner, cause, reason)
          })
        }
      }
    })
  }

  /** Does the next thing: runs one step (`ran`), or moves time to the next due instant (`advanced`), or tells there is none. */
  step(): "ran" | "advanced" | "idle" {
    this.preemption.beginStep()
    const first = this.urgent.shift()
    if (first !== undefined) {
      first()
      return "ran"
    }
    const entry = this.queue.take()
    if (entry !== undefined) {
      if (++this.stepsAtInstant > this.maxStepsPerInstant - livelockSample) this.suspectLivelock(entry)
      if (entry instanceof Timer) this.fire(entry)
      else {
        this.cause = 0
        entry()
      }
      return "ran"
    }
    return this.advance() ? "advanced" : "idle"
  }

  /** Steps until a limit is reached or nothing is left to do. */
  run(limits: RunLimits = {}): RunEnd {
    const { until, untilMillis } = limits
    for (;;) {
      if (until !== undefined && until()) return "until"
      if (untilMillis !== undefined && this.queue.size === 0 && this.urgent.length === 0) {
        const next = this.heap.peek()
        if (next !== undefined && next.at > untilMillis) {
          this.moveTo(untilMillis)
          return "time"
        }
      }
      if (this.step() === "idle") return "idle"
    }
  }

  /** Moves time forward over a stretch in which nothing is due; throws when something is. */
  advanceTo(epochMillis: number): void {
    const target = Math.ceil(epochMillis)
    const next = this.heap.peek()
    if (this.queue.size > 0 || this.urgent.length > 0 || (next !== undefined && next.at <= target)) {
      throw new Error("time cannot be moved over work that is due: run first")
    }
    this.moveTo(target)
  }

  /** What the world is waiting for. */
  pendingWork(): PendingWork {
    return {
      runnable: this.queue.size + this.urgent.length,
      timers: this.heap.sorted().flatMap(asSaved),
      sleepingFibers: this.sleepers,
      processes: [...this.groups.values()].filter((group) => group.alive).map((group) => group.name)
    }
  }

  /** The whole world as data. Throws while a process is alive, or a fiber sleeps or can run. */
  save(): Snapshot {
    const due = this.requireNoFibers("save")
    return {
      seed: this.seed,
      epochMillis: this.epochMillis,
      nowMillis: this.millis,
      timerSeq: this.timerSeq,
      callSeq: this.callSeq,
      streams: [...this.streams].map(([name, stream]) => [name, stream.save()] as const),
      timers: this.heap.sorted().flatMap(asSaved),
      due: due.flatMap(asSaved),
      components: [...this.components].map(([name, component]) => [name, component.save()] as const),
      generations: [...this.groups].map(([name, group]) => [name, group.generation] as const),
      trace: this.trace.save()
    }
  }

  /**
   * Takes a saved world back: what follows is byte for byte what would have followed where it was saved. Needs the same
   * components, by name. A kernel of another seed takes the world but keeps its own chance: a branch. Throws while fibers run.
   */
  restore(snapshot: Snapshot): void {
    this.requireNoFibers("restore")
    this.requireSameComponents(snapshot)
    if (snapshot.epochMillis !== this.epochMillis) {
      throw new Error("a snapshot can only be restored into a kernel with the same epochMillis")
    }
    this.moveTo(snapshot.nowMillis)
    this.stepsAtInstant = 0
    this.timerSeq = snapshot.timerSeq
    this.callSeq = snapshot.callSeq
    this.cause = 0
    for (const [name, stream] of this.streams) stream.reseed(this.seed, name)
    if (snapshot.seed === this.seed) {
      for (const [name, state] of snapshot.streams) this.random(name).restore(state)
    }
    this.trace.restore(snapshot.trace)
    for (const group of this.groups.values()) group.restoreGeneration(0)
    for (const [name, generation] of snapshot.generations) this.process(name).restoreGeneration(generation)
    this.restoreTimers(snapshot)
    for (const [name, state] of snapshot.components) this.components.get(name)?.restore(state)
  }

  private restoreTimers(snapshot: Snapshot): void {
    this.heap.clear()
    this.queue.clear()
    this.timers.clear()
    for (const saved of snapshot.timers) this.heap.push(this.revive(saved))
    for (const saved of snapshot.due) {
      const timer = this.revive(saved)
      timer.state = "due"
      this.queue.push(timer, undefined)
    }
  }

  private revive(saved: SavedTimer): Timer {
    const component = this.components.get(saved.component)
    const timer = new Timer(saved.at, saved.id, component, saved.event, saved.cause, undefined, undefined)
    this.timers.set(saved.id, timer)
    return timer
  }

  private requireNoFibers(verb: string): Array<Timer> {
    const alive = [...this.groups.values()].filter((group) => group.alive).map((group) => group.name)
    if (alive.length > 0) throw new Error(`cannot ${verb} while processes run: ${alive.join(", ")}`)
    if (this.sleepers > 0) throw new Error(`cannot ${verb} while fibers sleep: ${this.sleepers} of them`)
    const due = this.queue.timers()
    if (due === undefined || this.urgent.length > 0) throw new Error(`cannot ${verb} while fibers can run: step on first`)
    return due
  }

  private requireSameComponents(snapshot: Snapshot): void {
    const saved = new Set(snapshot.components.map(([name]) => name))
    const missing = [...saved].filter((name) => !this.components.has(name))
    const extra = [...this.components.keys()].filter((name) => !saved.has(name))
    if (missing.length + extra.length > 0) {
      throw new Error(
        `the snapshot is of another world: components missing here [${missing.join(", ")}], unknown there [${extra.join(", ")}]`
      )
    }
  }

  private setTimer(component: ComponentDefinition<unknown>, epochMillis: number, event: unknown): TimerId {
    if (!Number.isFinite(epochMillis)) throw new Error(`${component.name}: a timer needs a finite time`)
    const at = Math.max(this.millis, Math.ceil(epochMillis))
    const timer = new Timer(at, ++this.timerSeq, component, event, this.cause, undefined, undefined)
    this.timers.set(timer.seq, timer)
    this.heap.push(timer)
    return timer.seq
  }

  private cancelTimer(component: ComponentDefinition<unknown>, id: TimerId): boolean {
    const timer = this.timers.get(id)
    if (timer === undefined || timer.component !== component) return false
    this.timers.delete(id)
    this.heap.cancel(timer)
    return true
  }

  /** Suspends a fiber of `owner` for virtual milliseconds, rounded up. */
  private sleep(millis: number, owner: ProcessInstance | undefined): Effect.Effect<void> {
    if (owner !== undefined && owner.fenced) return stuckIn(owner)
    if (millis === Number.POSITIVE_INFINITY) return Effect.never
    return Effect.callback<void>((resume) => {
      const at = this.millis + (millis > 0 ? Math.ceil(millis) : 0)
      const timer = new Timer(at, ++this.timerSeq, undefined, undefined, 0, owner, resume)
      this.heap.push(timer)
      this.sleepers++
      return Effect.sync(() => this.dropSleeper(timer))
    })
  }

  private dropSleeper(timer: Timer): void {
    if (timer.state === "over") return
    this.heap.cancel(timer)
    this.sleepers--
  }

  private fire(timer: Timer): void {
    if (timer.state === "over") return
    timer.state = "over"
    if (timer.component === undefined) {
      this.sleepers--
      this.cause = 0
      timer.wake()
      return
    }
    this.timers.delete(timer.seq)
    this.cause = timer.cause
    try {
      timer.component.handle(timer.event)
    } finally {
      this.cause = 0
    }
  }

  /** Moves time to the next due instant, and everything due then into the queue. */
  private advance(): boolean {
    const first = this.heap.pop()
    if (first === undefined) return false
    if (first.at > this.millis) this.moveTo(first.at)
    this.queue.push(first, first.owner)
    for (let next = this.heap.peek(); next !== undefined && next.at <= this.millis; next = this.heap.peek()) {
      this.heap.pop()
      this.queue.push(next, next.owner)
    }
    return true
  }

  private moveTo(millis: number): void {
    if (millis === this.millis) return
    this.millis = millis
    this.stepsAtInstant = 0
    this.busy = undefined
    this.preemption.watch = undefined
  }

  private suspectLivelock(entry: Task | Timer): void {
    if (this.busy === undefined) {
      const busy = new BusyCounter()
      this.busy = busy
      this.preemption.watch = (fiber) => {
        const process = fiber.getRef(CurrentProcess)
        busy.count(process === undefined ? "fibers outside of any process" : `process ${process.name}`)
      }
    }
    if (entry instanceof Timer && entry.component !== undefined) this.busy.count(`component ${entry.component.name}`)
    if (this.stepsAtInstant > this.maxStepsPerInstant) {
      throw new Livelock(this.timestamp(), this.maxStepsPerInstant, this.busy.top())
    }
  }

  private decide(info: CallInfo, owner: ProcessInstance | undefined, cause: number, seq: number): Intervention {
    const intervene = this.intervene
    if (intervene === undefined) return Intervention.None()
    const before = this.cause
    this.cause = cause
    try {
      return intervene({ ...info, process: owner?.name, seq })
    } finally {
      this.cause = before
    }
  }

  private deliver<A, E>(
    owner: ProcessInstance | undefined,
    cause: number,
    there: number,
    back: number,
    perform: () => Result.Result<A, E>
  ): Effect.Effect<A, E> {
    return this.travel(owner, there, () => {
      const answer = Effect.fromResult(this.perform(cause, perform))
      return back === 0 ? answer : this.travel(owner, back, () => answer)
    })
  }

  /** Lets time pass on the way of a call; at the end of it the caller's process must still be there. */
  private travel<A, E>(
    owner: ProcessInstance | undefined,
    millis: number,
    arrive: () => Effect.Effect<A, E>
  ): Effect.Effect<A, E> {
    if (owner !== undefined && owner.fenced) return stuckIn(owner)
    if (millis <= 0) return arrive()
    return Effect.flatMap(this.sleep(millis, owner), () =>
      owner !== undefined && owner.fenced ? stuckIn(owner) : arrive()
    )
  }

  private perform<A, E>(cause: number, perform: () => Result.Result<A, E>): Result.Result<A, E> {
    const before = this.cause
    this.cause = cause
    try {
      return perform()
    } finally {
      this.cause = before
    }
  }

  private crash(owner: ProcessInstance, cause: number, reason: string): Effect.Effect<never> {
    const before = this.cause
    this.cause = cause
    try {
      this.process(owner.name).kill(reason)
    } finally {
      this.cause = before
    }
    return stuckIn(owner)
  }

  private log(level: LogLevel.LogLevel, message: string): void {
    const fiber = Fiber.getCurrent()
    const process = fiber?.getRef(CurrentProcess)?.name
    this.trace.emit(
      "log",
      { level, message, ...(process === undefined ? {} : { process }) },
      fiber === undefined ? this.cause : fiber.getRef(Cause)
    )
  }

  private makeHost(): ProcessHost {
    return {
      contextFor: (instance) => this.contextFor(instance),
      enqueue: (task, owner) => this.queue.push(task, owner),
      soon: (task) => this.soon(task),
      takeRunnable: (owner) => this.takeRunnable(owner),
      takeSleepers: (owner) => this.takeSleepers(owner),
      emit: (kind, data) => void this.trace.emit(kind, data)
    }
  }

  /** The kernel's context with a clock and a scheduler that know whose fibers they serve. */
  private contextFor(instance: ProcessInstance): Context.Context<never> {
    const enqueue = (task: Task): void => {
      if (!instance.closed) this.queue.push(task, instance)
    }
    const sleep = (millis: number) => this.sleep(millis, instance)
    return this.context.pipe(
      Context.add(Scheduler.Scheduler, makeScheduler(this.preemption, enqueue)),
      Context.add(
        Clock.Clock,
        makeClock(() => this.millis, sleep)
      ),
      Context.add(CurrentProcess, instance)
    )
  }

  private soon(task: Task): void {
    if (Fiber.getCurrent()?.getRef(CurrentKernel) === this) this.urgent.push(task)
    else task()
  }

  private takeRunnable(owner: ProcessInstance): Array<Task> {
    return this.queue.takeOwnedBy(owner).map((entry) => (entry instanceof Timer ? () => this.fire(entry) : entry))
  }

  private takeSleepers(owner: ProcessInstance): Array<(effect: Effect.Effect<never>) => void> {
    return this.heap
      .sorted()
      .filter((timer) => timer.owner === owner)
      .map((timer) => {
        this.dropSleeper(timer)
        return (effect) => timer.wake(effect)
      })
  }
}

/** The kernel a fiber runs in; `undefined` in real time. */
export const CurrentKernel: Context.Reference<Kernel | undefined> = Context.Reference<Kernel | undefined>(
  "@capstan/kernel/CurrentKernel",
  { defaultValue: () => undefined }
)

/** Where the fibers of a dead process go: they wait for ever, unless taken down. */
const stuckIn = (owner: ProcessInstance): Effect.Effect<never> =>
  Effect.callback<never>((resume) => {
    if (!owner.closed) owner.stuck.push(resume)
  })

const asSaved = (timer: Timer): ReadonlyArray<SavedTimer> =>
  timer.component === undefined
    ? []
    : [{ id: timer.seq, component: timer.component.name, at: timer.at, event: timer.event, cause: timer.cause }]

const requireWhole = (name: string, value: number): number => {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} must be a whole number, not below zero: ${value}`)
  return value
}
