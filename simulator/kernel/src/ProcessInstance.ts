/**
 * One life of a simulated process: from a start to its end.
 *
 * Fibers carry the instance they belong to, so a call can tell whether its process still lives. A fenced instance is dead to
 * the world: its calls and sleeps never return and change nothing. A closed one has also had its last steps: whatever
 * its fibers still schedule is dropped.
 *
 * @source simulator/kernel/src/ProcessGroup.ts
 */
import { Context, Effect } from "effect"

export class ProcessInstance {
  readonly name: string
  /** 1 for the first start of this name, then one more each time. */
  readonly generation: number
  fenced = false
  closed = false
  /** Fibers stuck in a call or a sleep after the fence: unwound with an interrupt while the process is being taken down. */
  private stuck: Array<(effect: Effect.Effect<never>) => void> = []

  constructor(name: string, generation: number) {
    this.name = name
    this.generation = generation
  }

  /** Keeps a fiber that can go no further. */
  hold(resume: (effect: Effect.Effect<never>) => void): void {
    if (!this.closed) this.stuck.push(resume)
  }

  /** Gives the fibers that were kept since it was asked last. */
  takeStuck(): ReadonlyArray<(effect: Effect.Effect<never>) => void> {
    const taken = this.stuck
    this.stuck = []
    return taken
  }

  /** From now on nothing of it runs any more. */
  close(): void {
    this.closed = true
    this.stuck = []
  }
}

/** The process a fiber belongs to; `undefined` outside of all. */
export const CurrentProcess: Context.Reference<ProcessInstance | undefined> = Context.Reference<
  ProcessInstance | undefined
>("@capstan/kernel/CurrentProcess", { defaultValue: () => undefined })

/** Where the fibers of a dead process go: they wait for ever, unless they are taken down. */
export const stuckIn = (owner: ProcessInstance): Effect.Effect<never> =>
  Effect.callback<never>((resume) => owner.hold(resume))
