/** What every pane of the page is handed: the run, where the reader stands, and how to go somewhere else. */
import type { Place } from "../model/Moment.ts"
import type { Run } from "../model/Run.ts"

/** The part of the run that the time axis shows, virtual milliseconds. */
export interface View {
  readonly from: number
  readonly to: number
}

export interface Desk {
  readonly run: Run
  readonly place: Place
  readonly view: View
  readonly go: (to: Partial<Omit<Place, "run">>) => void
  readonly show: (view: View) => void
}

/** A view inside the run and no narrower than can be drawn. */
export const fitView = ({ from, to }: View, endMillis: number): View => {
  const span = Math.min(Math.max(to - from, Math.min(1000, endMillis)), endMillis)
  const start = Math.min(Math.max(0, from), endMillis - span)
  return { from: start, to: start + span }
}

/** Narrower (`factor` below 1) or wider, so that the time at `t` stays where it is. */
export const zoomView = (view: View, t: number, factor: number, endMillis: number): View => {
  const at = Math.min(Math.max(t, view.from), view.to)
  return fitView({ from: at - (at - view.from) * factor, to: at + (view.to - at) * factor }, endMillis)
}
