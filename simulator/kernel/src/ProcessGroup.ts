/**
 * A named group of fibers that lives and dies as one: a simulated operating-system process, such as a manager.
 *
 * Death is a fence first: from that moment no call of the group's fibers performs anything or returns. Then its fibers are
 * interrupted and their finalizers run at the same virtual instant, so that what they had registered in memory (a watch, a
 * queue) is released; a finalizer that tries to call the world stops there, like code that never came to run. Starting
 * again gives a new generation; fibers of older ones stay fenced. Left out: resource limits, signals, exit codes.
 *
 * @source https://en.wikipedia.org/wiki/Crash-only_software
 */
import { Cause, type Context, Effect, Exit, type Fiber } from "effect"
import { ProcessInstance } from "./ProcessInstance.ts"
import type { Task } from "./RunQueue.ts"

/** What a group needs of its kernel. */
export interface ProcessHost {
  /** The kernel's services, as fibers of this instance see them; `cause` is what they carry to begin with. */
  contextOf(instance: ProcessInstance, cause: number): Context.Context<never>
  enqueue(task: Task, owner: ProcessInstance | undefined): void
  /** Runs a task before any other, at once when no fiber of this kernel is on the stack. */
  soon(task: Task): void
  /** Takes the instance's runnable steps out of the run queue. */
  takeRunnable(owner: ProcessInstance): Array<Task>
  /** Takes the instance's sleeping fibers out of the heap; each answer resumes one. */
  takeSleepers(owner: ProcessInstance): Array<(effect: Effect.Effect<never>) => void>
  /** Told when the last steps of a dying process begin and end. */
  unwinding(active: boolean): void
  emit(kind: string, data: object): number
}

/** Rounds of last steps that a dying process gets; whatever is left after that (a loop that retries for ever) never runs. */
const lastRoundsMax = 2_000

export class ProcessGroup {
  readonly name: string
  private readonly host: ProcessHost
  private instance: ProcessInstance | undefined
  private root: Fiber.Fiber<void> | undefined
  private started = 0
  private ended: Exit.Exit<void> | undefined

  constructor(name: string, host: ProcessHost) {
    this.name = name
    this.host = host
  }

  /** Whether the newest generation is running. */
  get alive(): boolean {
    return this.instance !== undefined
  }

  /** The running generation's life; `undefined` when none is running. */
  get living(): ProcessInstance | undefined {
    return this.instance
  }

  /** How many times the group has been started. */
  get generation(): number {
    return this.started
  }

  /** How the last generation ended by itself; `undefined` while it runs, after a kill, and before the first start. */
  get exit(): Exit.Exit<void> | undefined {
    return this.ended
  }

  /** Starts a new generation whose root fiber runs `effect`. Throws when one is alive. The first step comes with the next `step`. */
  start(effect: Effect.Effect<void>): void {
    if (this.instance !== undefined) throw new Error(`process ${this.name} is running already`)
    const instance = new ProcessInstance(this.name, ++this.started)
    this.instance = instance
    this.ended = undefined
    const cause = this.host.emit("process.started", { process: this.name, generation: instance.generation })
    this.host.enqueue(() => this.run(instance, cause, effect), instance)
  }

  /**
   * Kills the running generation: at once nothing of it can touch the world any more. May be called from anywhere, also
   * from within one of the group's own calls. Does nothing when none is running.
   */
  kill(reason = "killed"): void {
    const instance = this.instance
    if (instance === undefined) return
    this.bury(instance, "process.killed", { reason })
  }

  /** For a kernel that takes back a snapshot: the number of starts so far. */
  restoreGeneration(generation: number): void {
    this.started = generation
    this.ended = undefined
  }

  private run(instance: ProcessInstance, cause: number, effect: Effect.Effect<void>): void {
    if (instance.fenced) return
    const root = Effect.runForkWith(this.host.contextOf(instance, cause))(effect)
    this.root = root
    root.addObserver((exit) => this.finished(instance, exit))
  }

  private finished(instance: ProcessInstance, exit: Exit.Exit<void>): void {
    if (instance.fenced) return
    this.ended = exit
    this.bury(instance, "process.exited", Exit.isFailure(exit) ? { failure: describe(exit.cause) } : {})
  }

  /** Fence, tell, take down: whoever hears of the end may start the next generation at once. */
  private bury(instance: ProcessInstance, kind: string, data: object): void {
    const root = this.root
    instance.fenced = true
    this.instance = undefined
    this.root = undefined
    this.host.emit(kind, { process: this.name, generation: instance.generation, ...data })
    // From here on, what its fibers still do until their stack is empty must not be left to chance: nobody sees it.
    this.host.unwinding(true)
    this.host.soon(() => {
      this.host.unwinding(true)
      root?.interruptUnsafe()
      this.unwind(instance)
      this.host.unwinding(false)
      instance.close()
    })
  }

  /** Lets the interrupted fibers run to their ends, as far as they get without the world. */
  private unwind(instance: ProcessInstance): void {
    const sleepers = this.host.takeSleepers(instance)
    for (const resume of sleepers) resume(Effect.interrupt)
    for (let round = 0; round < lastRoundsMax; round++) {
      const tasks = this.host.takeRunnable(instance)
      const stuck = instance.takeStuck()
      if (tasks.length === 0 && stuck.length === 0) return
      for (const task of tasks) task()
      for (const resume of stuck) resume(Effect.interrupt)
    }
    this.host.takeRunnable(instance)
  }
}

/** What went wrong, without stack traces, which differ from machine to machine. */
const describe = (cause: Cause.Cause<never>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
