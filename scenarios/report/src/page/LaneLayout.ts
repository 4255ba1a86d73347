/** Where each lane stands, from above, CSS pixels. Pure. */
import type { Lane } from "../model/Lanes.ts"
import type { ObjectKey } from "../model/Objects.ts"

/** Width of the names beside the lanes; the curves' have the same. */
export const namesWidth = 250
/** Height of the row of faults and steps; below it the lanes begin. */
export const flagLane = 34
const zoneHeight = 20
export const barHeight = 12
export const barGap = 2
const laneHeight = 3 * (barHeight + barGap) + 6

export type LaneRow =
  | { readonly _tag: "Zone"; readonly zone: string; readonly top: number; readonly bottom: number }
  | { readonly _tag: "Lane"; readonly lane: Lane; readonly top: number; readonly bottom: number }

/** A row for each zone, and below it one for each of its lanes. */
export const layLanes = (lanes: ReadonlyArray<Lane>): ReadonlyArray<LaneRow> => {
  const rows: Array<LaneRow> = []
  let top = flagLane
  let zone: string | undefined
  for (const lane of lanes) {
    if (lane.zone !== zone) {
      rows.push({ _tag: "Zone", zone: lane.zone, top, bottom: top + zoneHeight })
      top += zoneHeight
      zone = lane.zone
    }
    rows.push({ _tag: "Lane", lane, top, bottom: top + laneHeight })
    top += laneHeight
  }
  return rows
}

/** The three bars of a lane, from above. */
export const barsIn = ({ instance, machine, node }: Lane) => [instance, machine, node] as const

/** The lane at a height, and the object whose bar is there. */
export const rowAt = (
  rows: ReadonlyArray<LaneRow>,
  y: number
): { readonly row: LaneRow; readonly object: ObjectKey | undefined } | undefined => {
  const row = rows.find(({ bottom, top }) => top <= y && y < bottom)
  if (row === undefined || row._tag === "Zone") return undefined
  const place = Math.min(2, Math.max(0, Math.floor((y - row.top - 3) / (barHeight + barGap))))
  return { row, object: barsIn(row.lane)[place]?.key ?? row.lane.machine.key }
}
