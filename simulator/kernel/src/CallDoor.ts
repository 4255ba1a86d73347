/**
 * The door that all simulated input and output goes through, and the one place where faults step in.
 *
 * A call travels there, takes effect in one piece, and travels back. Along the way the caller's process may be killed: before
 * the call has arrived, it performs nothing; after that, nobody hears the answer. In neither case does the caller go on.
 *
 * @source simulator/kernel/src/Call.ts
 */
import { Effect, type Fiber, Result } from "effect"
import { type CallInfo, type InterceptedCall, type Intervene, Intervention } from "./Call.ts"
import { Cause } from "./Cause.ts"
import { CurrentProcess, type ProcessInstance, stuckIn } from "./ProcessInstance.ts"

/** What the door needs of its kernel. */
export interface CallHost {
  readonly intervene: Intervene | undefined
  readonly performed: ((call: InterceptedCall, answer: Result.Result<unknown, unknown>) => void) | undefined
  sleepAs(owner: ProcessInstance | undefined, millis: number): Effect.Effect<void>
  /** Runs a thunk with `kernel.cause` set, and puts it back. */
  causedBy<A>(cause: number, thunk: () => A): A
  kill(process: string, reason: string): void
}

type Perform<A, E> = () => Result.Result<A, E>

export class CallDoor {
  private readonly host: CallHost
  private lastSeq = 0

  constructor(host: CallHost) {
    this.host = host
  }

  /** Calls made so far. */
  get seq(): number {
    return this.lastSeq
  }

  restore(seq: number): void {
    this.lastSeq = seq
  }

  call<A, E>(fiber: Fiber.Fiber<unknown, unknown>, info: CallInfo, perform: Perform<A, E>): Effect.Effect<A, E> {
    const owner = fiber.getRef(CurrentProcess)
    if (owner !== undefined && owner.fenced) return stuckIn(owner)
    const seq = ++this.lastSeq
    const cause = fiber.getRef(Cause)
    const { intervene, performed } = this.host
    if (intervene === undefined && performed === undefined) return this.pass(owner, cause, info, 0, perform)
    const call = { ...info, process: owner?.name, seq }
    const decision = intervene === undefined ? Intervention.None() : this.host.causedBy(cause, () => intervene(call))
    if (performed === undefined) return this.passWith(decision, owner, cause, info, perform)
    return this.passWith(decision, owner, cause, info, () => {
      const answer = perform()
      performed(call, answer)
      return answer
    })
  }

  private passWith<A, E>(
    decision: Intervention,
    owner: ProcessInstance | undefined,
    cause: number,
    info: CallInfo,
    perform: Perform<A, E>
  ): Effect.Effect<A, E> {
    switch (decision._tag) {
      case "None":
        return this.pass(owner, cause, info, 0, perform)
      case "Delay":
        return this.pass(owner, cause, info, decision.millis, perform)
      case "Fail":
        return this.travel(owner, info.latencyMillis ?? 0, () => failWith<E>(decision.error))
      case "LoseAnswer":
        return this.travel(owner, wayThere(info), () => {
          this.host.causedBy(cause, perform)
          return this.travel(owner, decision.afterMillis, () => failWith<E>(decision.error))
        })
      case "Crash":
        if (owner === undefined) return Effect.die(new Error(`no process to crash at ${nameOf(info)}`))
        if (decision.when === "before")
          return this.crash(owner, decision.cause ?? cause, `crash before ${nameOf(info)}`)
        return this.travel(owner, wayThere(info), () => {
          this.host.causedBy(cause, perform)
          return this.crash(owner, decision.cause ?? cause, `crash after ${nameOf(info)}`)
        })
    }
  }

  private pass<A, E>(
    owner: ProcessInstance | undefined,
    cause: number,
    info: CallInfo,
    delayMillis: number,
    perform: Perform<A, E>
  ): Effect.Effect<A, E> {
    const there = wayThere(info)
    const back = (info.latencyMillis ?? 0) - there
    return this.travel(owner, there + delayMillis, () => {
      const answer = Effect.fromResult(this.host.causedBy(cause, perform))
      return this.travel(owner, back, () => answer)
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
    return Effect.flatMap(this.host.sleepAs(owner, millis), () =>
      owner !== undefined && owner.fenced ? stuckIn(owner) : arrive()
    )
  }

  private crash(owner: ProcessInstance, cause: number, reason: string): Effect.Effect<never> {
    // The call itself may have killed its process already, and something may have started it anew: not ours to kill.
    if (!owner.fenced) this.host.causedBy(cause, () => this.host.kill(owner.name, reason))
    return stuckIn(owner)
  }
}

/** Whole milliseconds of the way there. */
const wayThere = (info: CallInfo): number => Math.floor((info.latencyMillis ?? 0) / 2)

const nameOf = (info: CallInfo): string => `${info.service}.${info.operation}`

/** The engine promises to answer with errors that the called service can answer with: see `Intervention`. */
const failWith = <E>(error: unknown): Effect.Effect<never, E> => Effect.fail(error as E)
