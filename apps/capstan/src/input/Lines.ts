/** The lines of stdin, one at a time, for as long as a scope is open. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createInterface } from "node:readline"

export interface Lines {
  /** The next line without its end; undefined once there are no more. */
  readonly next: Effect.Effect<string | undefined>
  /** Whether somebody sits at the other end. */
  readonly isTerminal: boolean
}

export const openLines: Effect.Effect<Lines, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    const read: Array<string> = []
    let ended = false
    let waiting: ((line: string | undefined) => void) | undefined
    const reader = createInterface({ input: process.stdin, terminal: false })
    const hand = (): void => {
      if (waiting === undefined || (read.length === 0 && !ended)) return
      const give = waiting
      waiting = undefined
      give(read.shift())
    }
    reader.on("line", (line) => {
      read.push(line)
      hand()
    })
    reader.on("close", () => {
      ended = true
      hand()
    })
    const next = Effect.callback<string | undefined>((resume) => {
      waiting = (line) => resume(Effect.succeed(line))
      hand()
      return Effect.sync(() => {
        waiting = undefined
      })
    })
    return { reader, lines: { next, isTerminal: process.stdin.isTTY === true } }
  }),
  ({ reader }) =>
    Effect.sync(() => {
      reader.close()
      // An open stdin would hold the process.
      process.stdin.unref?.()
      process.stdin.pause()
    })
).pipe(Effect.map(({ lines }) => lines))
