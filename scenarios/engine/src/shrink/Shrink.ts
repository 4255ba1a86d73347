/**
 * From a scenario that fails to the smallest one that still fails for the same reason.
 *
 * First the steps, halves of them at a time (delta debugging), then everything one reduction at a time until none of them
 * fails any more: the result is 1-minimal. Then the simplest seed.
 *
 * @source https://www.st.cs.uni-saarland.de/papers/tse2002/tse2002.pdf
 */
import type { ScenarioDocument, Step } from "../language/ScenarioDocument.ts"
import { reductions, withSteps } from "./Reductions.ts"

export interface ShrinkOptions {
  readonly document: ScenarioDocument
  readonly seed: number
  /** One of `failureReasons`. */
  readonly reason: string
  /** Why a candidate fails, gravest first; empty when it passes or is no scenario. */
  readonly failsBy: (document: ScenarioDocument, seed: number) => ReadonlyArray<string>
  /** Asked before each try: whether there is time for another. */
  readonly mayGoOn: () => boolean
}

export interface Shrunk {
  readonly document: ScenarioDocument
  readonly seed: number
  readonly tries: number
  /** Whether nothing more can be taken away; false when time ran out before that was known. */
  readonly minimal: boolean
}

/** Seeds that read easily. */
const simpleSeeds = [0, 1, 2, 3, 4, 5, 6, 7]

class Shrinking {
  private readonly options: ShrinkOptions
  private readonly tried = new Set<string>()
  document: ScenarioDocument
  seed: number
  tries = 0
  outOfTime = false

  constructor(options: ShrinkOptions) {
    this.options = options
    this.document = options.document
    this.seed = options.seed
  }

  /** Takes a candidate over when it fails for the same reason. */
  take(document: ScenarioDocument, seed = this.seed): boolean {
    const key = JSON.stringify([seed, document])
    if (this.outOfTime || this.tried.has(key)) return false
    if (!this.options.mayGoOn()) {
      this.outOfTime = true
      return false
    }
    this.tried.add(key)
    this.tries++
    if (!this.options.failsBy(document, seed).includes(this.options.reason)) return false
    this.document = document
    this.seed = seed
    return true
  }

  /** Leaves out runs of steps: all, halves, quarters, down to single ones. */
  fewerSteps(): void {
    let size = this.document.spec.steps.length
    while (size >= 1 && !this.outOfTime) {
      let begin = 0
      let shrank = false
      while (begin < this.document.spec.steps.length) {
        const { steps } = this.document.spec
        const kept: ReadonlyArray<Step> = [...steps.slice(0, begin), ...steps.slice(begin + size)]
        if (this.take(withSteps(this.document, kept))) shrank = true
        else begin += size
      }
      size = size === 1 ? (shrank ? 1 : 0) : Math.ceil(size / 2)
    }
  }

  /** One reduction after the other until none is left that still fails. */
  reduceAll(kept: string | undefined): void {
    for (let shrank = true; shrank && !this.outOfTime;) {
      shrank = false
      // What was taken over has reductions of its own: begin anew with them, past those that were tried.
      for (const candidate of reductions(this.document, kept)) {
        if (this.take(candidate)) {
          shrank = true
          break
        }
      }
    }
  }

  simplerSeed(): boolean {
    return simpleSeeds.some((seed) => seed < this.seed && this.take(this.document, seed))
  }
}

/** Shrinks. The document is to fail for the given reason with the given seed. */
export const shrink = (options: ShrinkOptions): Shrunk => {
  const shrinking = new Shrinking(options)
  const [what, id] = options.reason.split(" ")
  const kept = what === "expectation" ? id : undefined
  shrinking.fewerSteps()
  shrinking.reduceAll(kept)
  // Another seed runs another course, in which other things may be left out.
  if (shrinking.simplerSeed()) {
    shrinking.fewerSteps()
    shrinking.reduceAll(kept)
  }
  const { document, outOfTime, seed, tries } = shrinking
  return { document, seed, tries, minimal: !outOfTime }
}
