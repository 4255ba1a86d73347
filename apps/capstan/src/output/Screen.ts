/**
 * stdout for reports, stderr for progress and complaints.
 *
 * The progress line stands on stderr and is taken away before anything else is written, so that the two never mix on a terminal.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Paint, paintFor, wantsColour, isContinuousIntegration } from "../report/Paint.ts"
import { plainProgress, plainProgressMillis, progressLine, type ProgressState } from "../report/Progress.ts"

const clearLine = "\r\u001b[2K"

/** Between two drawings of the progress line, real milliseconds. */
const drawMillis = 120

export class Screen {
  readonly paint: Paint
  private readonly live: boolean
  private drawn = false

  constructor(colour: boolean | undefined) {
    const environment = process.env
    const isTerminal = process.stdout.isTTY === true
    this.paint = paintFor(wantsColour({ flag: colour, isTerminal, environment }))
    this.live = process.stderr.isTTY === true && !isContinuousIntegration(environment) && environment["TERM"] !== "dumb"
  }

  /** Part of a report. */
  print(text: string): void {
    if (text === "") return
    this.clear()
    process.stdout.write(text)
  }

  /** A sentence about what is going on or wrong. */
  complain(text: string): void {
    this.clear()
    process.stderr.write(`${text}\n`)
  }

  /** Shows how far things are until the scope closes: a line that is rewritten, or a plain one now and then. */
  showProgress(state: () => ProgressState | undefined): Effect.Effect<void, never, Scope.Scope> {
    const show = Effect.sync(() => {
      const current = state()
      if (current === undefined) return
      if (this.live) this.draw(progressLine(current, process.stderr.columns || 80))
      else process.stderr.write(`${plainProgress(current)}\n`)
    })
    const pause = Effect.sleep(this.live ? drawMillis : plainProgressMillis)
    const loop = Effect.forever(Effect.andThen(pause, show))
    return Effect.andThen(
      Effect.addFinalizer(() => Effect.sync(() => this.clear())),
      Effect.asVoid(Effect.forkScoped(loop))
    )
  }

  private draw(line: string): void {
    process.stderr.write(`${clearLine}${line}`)
    this.drawn = true
  }

  private clear(): void {
    if (this.drawn) process.stderr.write(clearLine)
    this.drawn = false
  }
}
