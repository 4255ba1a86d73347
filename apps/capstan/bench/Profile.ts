/**
 * Where the time goes: the costliest functions of a synchronous piece of work, by the time spent in themselves.
 *
 * @source https://chromedevtools.github.io/devtools-protocol/v8/Profiler/
 */
import { Session } from "node:inspector"

export interface Cost {
  readonly place: string
  /** Microseconds in the function itself, its callees not counted. */
  readonly selfMicros: number
  readonly share: number
}

/** Runs `work` under V8's profiler; gives what it gave and its costliest functions. */
export const profiled = <A>(work: () => A, top = 10): { readonly value: A; readonly costs: ReadonlyArray<Cost> } => {
  const session = new Session()
  session.connect()
  session.post("Profiler.enable")
  session.post("Profiler.setSamplingInterval", { interval: 500 })
  session.post("Profiler.start")
  const value = work()
  let costs: ReadonlyArray<Cost> = []
  // Answers within the call, since the session talks to its own thread.
  session.post("Profiler.stop", (_, { profile }) => {
    const deltas = new Map<number, number>()
    for (const [index, id] of (profile.samples ?? []).entries()) {
      deltas.set(id, (deltas.get(id) ?? 0) + (profile.timeDeltas?.[index] ?? 0))
    }
    const byPlace = new Map<string, number>()
    let total = 0
    for (const { callFrame, id } of profile.nodes) {
      const micros = deltas.get(id) ?? 0
      if (callFrame.functionName === "(idle)") continue
      const file = callFrame.url
        .replace(/^file:\/\//, "")
        .replace(/^.*\/(?=(?:apps|libs|simulator|scenarios|node_modules)\/)/, "")
      const name = callFrame.functionName === "" ? "(anonymous)" : callFrame.functionName
      const place = file === "" ? name : `${name}  ${file}:${callFrame.lineNumber + 1}`
      byPlace.set(place, (byPlace.get(place) ?? 0) + micros)
      total += micros
    }
    costs = [...byPlace]
      .sort((a, b) => b[1] - a[1])
      .slice(0, top)
      .map(([place, selfMicros]) => ({ place, selfMicros, share: total === 0 ? 0 : selfMicros / total }))
  })
  session.disconnect()
  return { value, costs }
}

/** A line a function. */
export const formatCosts = (costs: ReadonlyArray<Cost>): string =>
  costs
    .map(({ place, selfMicros, share }) => {
      const millis = `${Math.round(selfMicros / 1000)} ms`.padStart(10)
      return `${millis} ${`${(100 * share).toFixed(1)}%`.padStart(6)}  ${place}`
    })
    .join("\n")
