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
import type { CallInfo, InterceptedCall, Intervene } from "./Call.ts"
import { CallDoor } from "./CallDoor.ts"
import { Cause } from "./Cause.ts"
import type { ComponentDefinition, ComponentHandle, TimerId } from "./Component.ts"
import type { KernelOptions, PendingWork, RunEnd, RunLimits } from "./KernelOptions.ts"
import { LivelockGuard } from "./Livelock.ts"
import { makeScheduler, Preemption } from "./Preemption.ts"
import { ProcessGroup } from "./ProcessGroup.ts"
import { CurrentProcess, type ProcessInstance, stuckIn } from "./ProcessInstance.ts"
import { RandomStream } from "./RandomStream.ts"
import { RunQueue, type Task } from "./RunQueue.ts"
import { makeClock, makeContext, makeLogger } from "./SimulatedContext.ts"
import type { Snapshot } from "./Snapshot.ts"
import { Timer } from "./TimerHeap.ts"
import { asSaved, Timers } from "./Timers.ts"
import { Trace } from "./Trace.ts"

export class Kernel {
  readonly seed: number
  readonly trace: Trace
  /** Effect's services under virtual time, for `Effect.runForkWith`. */
  readonly context: Context.Context<never>
  /** Sequence of the trace event that causes what runs now; 0 for none. Handlers and thunks may set it: it is put back. */
  cause = 0
  /** Asked about every call, unless `undefined`. */
  intervene: Intervene | undefined = undefined
  /** Told of every call right after it took effect, where a crash after it would strike. */
  performed: ((call: InterceptedCall, answer: Result.Result<unknown, unknown>) => void) | undefined = undefined

  private readonly timers = new Timers()
  private readonly queue: RunQueue
  private readonly preemption: Preemption
  private readonly livelock: LivelockGuard
  private readonly door: CallDoor
  private readonly streams = new Map<string, RandomStream>()
  private readonly components = new Map<string, ComponentDefinition<unknown>>()
  private readonly groups = new Map<string, ProcessGroup>()
  /** Waits for an empty stack, then runs before anything in the queue. */
  private readonly urgent: Array<Task> = []
  private millis: number
  private stampSecond = Number.NaN
  private stamp = ""

  constructor(options: KernelOptions) {
    this.seed = requireWhole("seed", options.seed)
    this.millis = requireWhole("epochMillis", options.epochMillis ?? Date.UTC(2030, 0, 1))
    const permute = this.seed !== 0
    this.queue = new RunQueue(permute ? this.random("kernel/order") : undefined)
    this.preemption = new Preemption(
      permute ? this.random("kernel/preemption") : undefined,
      requireWhole("preemptOneIn", options.preemptOneIn ?? 8)
    )
    this.livelock = new LivelockGuard(options.maxStepsPerInstant ?? 5_000_000)
    this.trace = new Trace({
      epochMillis: this.millis,
      keep: options.keep ?? "all",
      now: () => this.millis,
      cause: () => this.cause
    })
    this.context = this.makeRootContext(options.logLevel ?? "Warn")
    this.door = this.makeDoor()
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
      cancel: (id) => this.timers.cancel(erased, id)
    }
  }

  /** The process group of this name, made when first asked for. */
  process(name: string): ProcessGroup {
    const known = this.groups.get(name)
    if (known !== undefined) return known
    const group = this.makeGroup(name)
    this.groups.set(name, group)
    return group
  }

  /**
   * The door of all simulated input and output.
   *
   * Asks `intervene`, lets half of the latency pass, performs, lets the other half pass, answers. `perform` runs without
   * interruption, with `kernel.cause` taken from the fiber's `Cause`. From a process that has been killed the call never
   * returns and performs nothing, also when the kill comes while the call is on its way there.
   */
  call<A, E>(info: CallInfo, perform: () => Result.Result<A, E>): Effect.Effect<A, E> {
    return Effect.withFiber((fiber) => this.door.call(fiber, info, perform))
  }

  /** Emits from a fiber, with the fiber's `Cause`; gives the event's sequence. A killed process emits nothing. */
  emit(kind: string, data: object): Effect.Effect<number> {
    return Effect.withFiber((fiber) => {
      const owner = fiber.getRef(CurrentProcess)
      if (owner !== undefined && owner.fenced) return stuckIn(owner)
      return Effect.succeed(this.trace.emit(kind, data, fiber.getRef(Cause)))
    })
  }

  /** Starts a fiber outside of all process groups, such as a test's own. Its first step comes with the next `step`. */
  fork<A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> {
    return Effect.runForkWith(this.context)(Effect.andThen(Effect.yieldNow, effect))
  }

  /** Forks, runs until that fiber has ended, and gives its exit. Throws when the world falls idle before. */
  complete<A, E>(effect: Effect.Effect<A, E>): Exit.Exit<A, E> {
    const fiber = this.fork(effect)
    this.run({ until: () => fiber.pollUnsafe() !== undefined })
    const exit = fiber.pollUnsafe()
    if (exit === undefined) throw new Error(`idle at ${this.timestamp()}: the fiber waits for what never comes`)
    return exit
  }

  /** Does the next thing: runs one step (`ran`), or moves time to the next due instant (`advanced`), or finds none (`idle`). */
  step(): "ran" | "advanced" | "idle" {
    this.takeUrgent()
    if (this.queue.size === 0) return this.advance() ? "advanced" : "idle"
    if (this.livelock.step()) this.suspectLivelock()
    const entry = this.queue.take()
    this.cause = 0
    this.preemption.beginStep()
    if (entry instanceof Timer) this.fire(entry)
    else if (entry !== undefined) entry()
    this.takeUrgent()
    return "ran"
  }

  /** Steps until a limit is reached or nothing is left to do. */
  run(limits: RunLimits = {}): RunEnd {
    const { until, untilMillis } = limits
    for (;;) {
      if (until !== undefined && until()) return "until"
      if (untilMillis !== undefined && !this.canRun() && this.isBeforeNext(untilMillis)) {
        if (untilMillis > this.millis) this.moveTo(Math.floor(untilMillis))
        return "time"
      }
      if (this.step() === "idle") return "idle"
    }
  }

  /** Moves time forward over a stretch in which nothing is due; throws when something is. */
  advanceTo(epochMillis: number): void {
    const next = this.timers.nextMillis
    if (this.canRun() || (next !== undefined && next <= epochMillis)) {
      throw new Error("time cannot be moved over work that is due: run first")
    }
    if (epochMillis > this.millis) this.moveTo(Math.floor(epochMillis))
  }

  /** When the next timer or sleep ends, epoch milliseconds; `undefined` when there is none. What can run now runs before it. */
  get nextMillis(): number | undefined {
    return this.timers.nextMillis
  }

  /** What the world is waiting for. */
  pendingWork(): PendingWork {
    return {
      runnable: this.queue.size + this.urgent.length,
      timers: this.timers.save(),
      sleepingFibers: this.timers.sleepers,
      nextMillis: this.timers.nextMillis,
      processes: this.aliveNames()
    }
  }

  /** The whole world as data. Throws while a process is alive, or a fiber sleeps or can run. */
  save(): Snapshot {
    return this.snapshot(this.requireNoFibers("save"))
  }

  /**
   * The whole world as data, as though this process had been killed right here. It lives on, undisturbed; where the snapshot is
   * restored it has just died, of `reason` and by `kernel.cause`. May be called from within one of the process's own calls.
   */
  saveKilled(process: string, reason: string): Snapshot {
    const instance = this.groups.get(process)?.living
    if (instance === undefined) throw new Error(`cannot save a death of ${process}, which does not run`)
    const others = this.aliveNames().filter((name) => name !== process)
    if (others.length > 0) throw new Error(`cannot save while other processes run: ${others.join(", ")}`)
    const due = this.queue.timers(instance)
    if (due === undefined || this.urgent.length > 0 || this.timers.hasSleepersBeside(instance)) {
      throw new Error(`cannot save while fibers outside of ${process} are under way`)
    }
    return {
      ...this.snapshot(due),
      killed: { process, generation: instance.generation, reason, cause: this.cause }
    }
  }

  private snapshot(due: ReadonlyArray<Timer>): Snapshot {
    return {
      seed: this.seed,
      epochMillis: this.trace.epochMillis,
      nowMillis: this.millis,
      timerSeq: this.timers.seq,
      callSeq: this.door.seq,
      streams: [...this.streams].map(([name, stream]) => [name, stream.save()] as const),
      timers: this.timers.save(),
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
    this.requireSameWorld(snapshot)
    this.moveTo(snapshot.nowMillis)
    this.livelock.reset()
    this.cause = 0
    this.door.restore(snapshot.callSeq)
    this.trace.restore(snapshot.trace)
    for (const [name, stream] of this.streams) stream.reseed(this.seed, name)
    if (snapshot.seed === this.seed) {
      for (const [name, state] of snapshot.streams) this.random(name).restore(state)
    }
    for (const group of this.groups.values()) group.restoreGeneration(0)
    for (const [name, generation] of snapshot.generations) this.process(name).restoreGeneration(generation)
    this.queue.clear()
    const due = this.timers.restore(snapshot.timerSeq, snapshot.timers, snapshot.due, this.components)
    for (const timer of due) this.queue.push(timer, undefined)
    for (const [name, state] of snapshot.components) this.components.get(name)?.restore(state)
    const { killed } = snapshot
    if (killed === undefined) return
    const { cause, ...death } = killed
    this.causedBy(cause, () => this.trace.emit("process.killed", death))
  }

  private setTimer(component: ComponentDefinition<unknown>, epochMillis: number, event: unknown): TimerId {
    if (!Number.isFinite(epochMillis)) throw new Error(`${component.name}: a timer needs a finite time`)
    return this.timers.set(component, Math.max(this.millis, Math.ceil(epochMillis)), event, this.cause)
  }

  /** Suspends a fiber of `owner` for virtual milliseconds, rounded up. */
  private sleep(owner: ProcessInstance | undefined, millis: number): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (owner !== undefined && owner.fenced) return owner.hold(resume)
      if (millis === Number.POSITIVE_INFINITY) return
      const at = this.millis + (millis > 0 ? Math.ceil(millis) : 0)
      const timer = this.timers.sleep(at, owner, resume)
      return Effect.sync(() => this.timers.dropSleeper(timer))
    })
  }

  private fire(timer: Timer): void {
    if (!this.timers.begin(timer)) return
    const component = timer.component
    if (component === undefined) {
      timer.wake()
      return
    }
    if (this.preemption.watch !== undefined) this.livelock.count(`component ${component.name}`)
    this.causedBy(timer.cause, () => component.handle(timer.event))
  }

  /** Runs a thunk with `cause` set, and puts it back: what it emits, and what its timers do later, that event has caused. */
  causedBy<A>(cause: number, thunk: () => A): A {
    const before = this.cause
    this.cause = cause
    try {
      return thunk()
    } finally {
      this.cause = before
    }
  }

  /** Does what had to wait until the stack was free of fibers. */
  private takeUrgent(): void {
    if (this.urgent.length === 0) return
    for (let task = this.urgent.shift(); task !== undefined; task = this.urgent.shift()) {
      this.preemption.beginStep()
      task()
    }
  }

  /** Moves time to the next due instant, and everything due then into the queue. */
  private advance(): boolean {
    const at = this.timers.nextMillis
    if (at === undefined) return false
    if (at > this.millis) this.moveTo(at)
    for (let timer = this.timers.takeDue(at); timer !== undefined; timer = this.timers.takeDue(at)) {
      this.queue.push(timer, timer.owner)
    }
    return true
  }

  private moveTo(millis: number): void {
    if (millis === this.millis) return
    this.millis = millis
    this.livelock.reset()
    this.preemption.watch = undefined
  }

  private canRun(): boolean {
    return this.queue.size > 0 || this.urgent.length > 0
  }

  private isBeforeNext(epochMillis: number): boolean {
    const next = this.timers.nextMillis
    return next !== undefined && next > epochMillis
  }

  private suspectLivelock(): void {
    this.preemption.watch ??= (fiber) => this.livelock.countFiber(fiber)
    this.livelock.check(this.timestamp())
  }

  private aliveNames(): Array<string> {
    return [...this.groups.values()].filter((group) => group.alive).map((group) => group.name)
  }

  /** The timers that are due now, in order; throws when a fiber is under way anywhere. */
  private requireNoFibers(verb: string): Array<Timer> {
    const alive = this.aliveNames()
    if (alive.length > 0) throw new Error(`cannot ${verb} while processes run: ${alive.join(", ")}`)
    if (this.timers.sleepers > 0) throw new Error(`cannot ${verb} while fibers sleep: ${this.timers.sleepers} of them`)
    const due = this.queue.timers()
    if (due === undefined || this.urgent.length > 0)
      throw new Error(`cannot ${verb} while fibers can run: step on first`)
    return due
  }

  private requireSameWorld(snapshot: Snapshot): void {
    if (snapshot.epochMillis !== this.trace.epochMillis) {
      throw new Error("a snapshot can only be restored into a kernel with the same epochMillis")
    }
    const saved = new Set(snapshot.components.map(([name]) => name))
    const missing = [...saved].filter((name) => !this.components.has(name))
    const extra = [...this.components.keys()].filter((name) => !saved.has(name))
    if (missing.length + extra.length > 0) {
      throw new Error(
        `the snapshot is of another world: not here [${missing.join(", ")}], not there [${extra.join(", ")}]`
      )
    }
  }

  private makeRootContext(logLevel: LogLevel.LogLevel): Context.Context<never> {
    const context = makeContext({
      scheduler: makeScheduler(this.preemption, (task) => this.queue.push(task, undefined)),
      clock: this.makeClockOf(undefined),
      random: this.random("kernel/effect-random"),
      entropy: this.random("kernel/entropy"),
      logger: makeLogger((level, message) => this.log(level, message)),
      logLevel
    })
    return Context.add(context, CurrentKernel, this)
  }

  /** The kernel's context with a clock and a scheduler that know whose fibers they serve. */
  private contextOf(instance: ProcessInstance, cause: number): Context.Context<never> {
    const enqueue = (task: Task): void => {
      if (!instance.closed) this.queue.push(task, instance)
    }
    return this.context.pipe(
      Context.add(Scheduler.Scheduler, makeScheduler(this.preemption, enqueue)),
      Context.add(Clock.Clock, this.makeClockOf(instance)),
      Context.add(CurrentProcess, instance),
      Context.add(Cause, cause)
    )
  }

  private makeClockOf(owner: ProcessInstance | undefined): Clock.Clock {
    return makeClock(
      () => this.millis,
      (millis) => this.sleep(owner, millis)
    )
  }

  private makeDoor(): CallDoor {
    const intervene = () => this.intervene
    const performed = () => this.performed
    return new CallDoor({
      get intervene() {
        return intervene()
      },
      get performed() {
        return performed()
      },
      sleepAs: (owner, millis) => this.sleep(owner, millis),
      causedBy: (cause, thunk) => this.causedBy(cause, thunk),
      kill: (process, reason) => this.process(process).kill(reason)
    })
  }

  private makeGroup(name: string): ProcessGroup {
    return new ProcessGroup(name, {
      contextOf: (instance, cause) => this.contextOf(instance, cause),
      enqueue: (task, owner) => this.queue.push(task, owner),
      soon: (task) => this.soon(task),
      takeRunnable: (owner) => this.takeRunnable(owner),
      takeSleepers: (owner) => this.timers.takeSleepers(owner),
      unwinding: (active) => void (this.preemption.unwinding = active),
      emit: (kind, data) => this.trace.emit(kind, data)
    })
  }

  /** Runs a task now or, when fibers of this kernel are on the stack, as soon as they are not. */
  private soon(task: Task): void {
    if (Fiber.getCurrent()?.getRef(CurrentKernel) === this) this.urgent.push(task)
    else task()
  }

  private takeRunnable(owner: ProcessInstance): Array<Task> {
    return this.queue.takeOwnedBy(owner).map((entry) => () => {
      this.preemption.beginStep()
      if (entry instanceof Timer) this.fire(entry)
      else entry()
    })
  }

  private log(level: LogLevel.LogLevel, message: string): void {
    const fiber = Fiber.getCurrent()
    const process = fiber?.getRef(CurrentProcess)
    if (process !== undefined && process.fenced) return
    const data = process === undefined ? { level, message } : { level, message, process: process.name }
    this.trace.emit("log", data, fiber?.getRef(Cause) ?? this.cause)
  }
}

/** The kernel a fiber runs in; `undefined` in real time. */
export const CurrentKernel: Context.Reference<Kernel | undefined> = Context.Reference<Kernel | undefined>(
  "@capstan/kernel/CurrentKernel",
  { defaultValue: () => undefined }
)

const requireWhole = (name: string, value: number): number => {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`${name} must be a whole number, not below zero: ${value}`)
  return value
}
