/**
 * Watches one expectation over a run. The state is data; `look` is told when the expectation's own dependencies have
 * changed, when a time it asked for has come, and when an anchor has been reached.
 */
import { type Evaluation, holds, type Scene } from "../language/Expression.ts"
import { formatDuration } from "../language/Duration.ts"
import type { PlannedExpectation } from "../plan/Plan.ts"

export interface ExpectationState {
  status: "waiting" | "met" | "violated"
  /** When it was met or violated, epoch milliseconds. */
  atMillis: number | undefined
  message: string | undefined
  /** Since when an `always` or `never` has not held, within its tolerance. */
  brokenSinceMillis: number | undefined
  /** Whether the run will wake for the deadline of an `eventually`. */
  deadlineAsked: boolean
}

/** When an anchor was reached; undefined while it has not been. */
export type Anchors = (anchor: string) => number | undefined

export class ExpectationTracker {
  readonly expectation: PlannedExpectation
  readonly state: ExpectationState = {
    status: "waiting",
    atMillis: undefined,
    message: undefined,
    brokenSinceMillis: undefined,
    deadlineAsked: false
  }
  private readonly anchors: Anchors
  private readonly wakeAt: (millis: number) => void

  constructor(expectation: PlannedExpectation, anchors: Anchors, wakeAt: (millis: number) => void) {
    this.expectation = expectation
    this.anchors = anchors
    this.wakeAt = wakeAt
  }

  /** Whether the run must go on for its sake. */
  get open(): boolean {
    return this.expectation.kind === "eventually" && this.state.status === "waiting" && this.begun
  }

  private get begun(): boolean {
    const { after, from } = this.expectation
    const anchor = this.expectation.kind === "eventually" ? after : from
    return anchor === undefined || this.anchors(anchor) !== undefined
  }

  private get over(): boolean {
    const { until } = this.expectation
    return until !== undefined && this.anchors(until) !== undefined
  }

  look(scene: Scene): void {
    const { expectation, state } = this
    if (state.status !== "waiting" || expectation.kind === "finally" || !this.begun) return
    const now = scene.nowMillis
    switch (expectation.kind) {
      case "sometimes":
        if (holds(expectation.expression.evaluate(scene))) this.conclude("met", now)
        return
      case "eventually":
        return this.lookForward(scene)
      case "always":
      case "never":
        if (this.over) return this.conclude("met", now)
        return this.lookAround(scene)
    }
  }

  /** The end of the run: what was to hold finally is judged, what held all along is met. */
  conclude(status: "met" | "violated", now: number, message?: string): void {
    this.state.status = status
    this.state.atMillis = now
    this.state.message = message
  }

  finish(scene: Scene): void {
    const { expectation, state } = this
    if (state.status !== "waiting") return
    const now = scene.nowMillis
    switch (expectation.kind) {
      case "finally": {
        const evaluation = expectation.expression.evaluate(scene)
        return holds(evaluation) ? this.conclude("met", now) : this.conclude("violated", now, why(evaluation))
      }
      case "eventually":
        return this.begun
          ? this.conclude("violated", now, "the run ended before it came true")
          : this.conclude("violated", now, `step '${expectation.after}' was never done`)
      case "always":
      case "never":
        return this.begun
          ? this.conclude("met", now)
          : this.conclude("violated", now, `'${expectation.from}' was never reached, so nothing was watched`)
      case "sometimes":
        return
    }
  }

  private lookForward(scene: Scene): void {
    const { after, expression, withinMillis } = this.expectation
    const start = after === undefined ? undefined : this.anchors(after)
    const deadline = (start ?? this.anchors("begin") ?? 0) + (withinMillis ?? 0)
    const evaluation = expression.evaluate(scene)
    if (holds(evaluation) && scene.nowMillis <= deadline) return this.conclude("met", scene.nowMillis)
    if (scene.nowMillis >= deadline) {
      return this.conclude(
        "violated",
        scene.nowMillis,
        `not within ${formatDuration(withinMillis ?? 0)}: ${why(evaluation)}`
      )
    }
    if (!this.state.deadlineAsked) this.wakeAt(deadline)
    this.state.deadlineAsked = true
  }

  private lookAround(scene: Scene): void {
    const { expectation, state } = this
    const evaluation = expectation.expression.evaluate(scene)
    // What is not known (yet) does not hold, and has not happened.
    const fine = expectation.kind === "always" ? holds(evaluation) : !holds(evaluation)
    if (fine) {
      state.brokenSinceMillis = undefined
      return
    }
    const since = state.brokenSinceMillis ?? scene.nowMillis
    if (state.brokenSinceMillis === undefined && expectation.tolerateMillis > 0) {
      this.wakeAt(scene.nowMillis + expectation.tolerateMillis + 1)
    }
    state.brokenSinceMillis = since
    if (scene.nowMillis - since > expectation.tolerateMillis || expectation.tolerateMillis === 0) {
      this.conclude("violated", scene.nowMillis, expectation.kind === "never" ? "it happened" : why(evaluation))
    }
  }
}

const why = (evaluation: Evaluation): string => (evaluation._tag === "Unknown" ? evaluation.message : "it is not so")
