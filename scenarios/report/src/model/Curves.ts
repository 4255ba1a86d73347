/**
 * Figures over time: how many machines there were and were ready, how many calls were made. Pure.
 *
 * All curves share one axis of evenly spaced times. A count of machines is the one at that time; a count of calls is of the span that
 * ends there.
 */
import type { TraceEvent } from "@capstan/kernel"
import type { Lane } from "./Lanes.ts"

export interface Curve {
  readonly name: string
  /** What one unit of it is; curves of one unit share a scale. */
  readonly unit: "machines" | "calls"
  readonly values: ReadonlyArray<number>
}

export interface Curves {
  /** Virtual milliseconds. */
  readonly times: ReadonlyArray<number>
  readonly spanMillis: number
  readonly curves: ReadonlyArray<Curve>
}

const pointsMax = 240
/** A person reads spans of a whole second better than others. */
const spanMillisMin = 1000

export const curvesOf = (events: ReadonlyArray<TraceEvent>, lanes: ReadonlyArray<Lane>, endMillis: number): Curves => {
  const spanMillis = Math.max(spanMillisMin, Math.ceil(endMillis / pointsMax / 1000) * 1000)
  const count = Math.floor(endMillis / spanMillis) + 2
  const times = Array.from({ length: count }, (_, index) => Math.min(index * spanMillis, endMillis))
  const at = (read: (lane: Lane) => Lane["machine"]["bars"], wanted: (tone: string) => boolean) =>
    times.map(
      (t) => lanes.filter((lane) => read(lane).some((bar) => bar.from <= t && t <= bar.to && wanted(bar.tone))).length
    )
  const perSpan = (wanted: (event: TraceEvent) => boolean) => {
    const values = times.map(() => 0)
    for (const event of events) {
      const place = Math.min(Math.ceil(event.t / spanMillis), count - 1)
      if (wanted(event)) values[place] = (values[place] ?? 0) + 1
    }
    return values
  }
  const isCloud = ({ kind }: TraceEvent) => kind === "aws" || kind === "dev"
  return {
    times,
    spanMillis,
    curves: [
      {
        name: "Machines",
        unit: "machines",
        values: at(
          ({ machine }) => machine.bars,
          () => true
        )
      },
      {
        name: "Machines ready",
        unit: "machines",
        values: at(
          ({ machine }) => machine.bars,
          (tone) => tone === "good"
        )
      },
      {
        name: "Nodes ready",
        unit: "machines",
        values: at(
          ({ node }) => node.bars,
          (tone) => tone === "good"
        )
      },
      { name: "API writes", unit: "calls", values: perSpan(({ kind }) => kind === "write") },
      { name: "Cloud calls", unit: "calls", values: perSpan(isCloud) },
      {
        name: "Cloud calls refused",
        unit: "calls",
        values: perSpan((event) => isCloud(event) && typeof event["code"] === "string")
      }
    ]
  }
}
