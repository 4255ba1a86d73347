/**
 * Paints the lanes that are in sight. What a bar means shows in its shape as well as its colour: hatched is not ready, an outline is
 * waiting, half as high is being removed.
 */
import { formatClock } from "@capstan/engine/text"
import type { Bar, Tone } from "../model/Lanes.ts"
import type { ObjectKey } from "../model/Objects.ts"
import type { Flag, Run } from "../model/Run.ts"
import type { View } from "./Desk.ts"
import { barGap, barHeight, barsIn, flagLane, type LaneRow } from "./LaneLayout.ts"

export interface Scene {
  readonly run: Run
  readonly rows: ReadonlyArray<LaneRow>
  readonly view: View
  /** CSS pixels, as all lengths here. */
  readonly width: number
  readonly height: number
  /** How far the lanes are scrolled up. */
  readonly top: number
  readonly selected: ObjectKey | undefined
}

interface Pen {
  readonly context: CanvasRenderingContext2D
  readonly colour: (name: string) => string
  readonly x: (t: number) => number
  readonly scene: Scene
}

export const paintLanes = (canvas: HTMLCanvasElement, scene: Scene): void => {
  const context = canvas.getContext("2d")
  if (context === null) return
  const ratio = devicePixelRatio || 1
  canvas.width = Math.round(scene.width * ratio)
  canvas.height = Math.round(scene.height * ratio)
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  const style = getComputedStyle(canvas)
  const { from, to } = scene.view
  const pen: Pen = {
    context,
    colour: (name) => style.getPropertyValue(`--${name}`).trim(),
    x: (t) => ((t - from) / (to - from)) * scene.width,
    scene
  }
  context.font = "11px system-ui, sans-serif"
  context.textBaseline = "middle"
  paintGrid(pen)
  paintFaults(pen)
  // The row of flags stays where it is when the lanes are scrolled.
  context.save()
  context.beginPath()
  context.rect(0, flagLane, scene.width, scene.height)
  context.clip()
  for (const row of scene.rows) {
    if (row.bottom < scene.top + flagLane || row.top > scene.top + scene.height) continue
    if (row._tag === "Zone") paintZone(pen, row)
    else paintLane(pen, row)
  }
  context.restore()
  paintFlags(pen)
}

const stepsMillis = [
  100, 500, 1000, 5000, 15_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000, 21_600_000, 86_400_000
]

const paintGrid = ({ colour, context, scene, x }: Pen): void => {
  const { from, to } = scene.view
  const step = stepsMillis.find((each) => ((to - from) / each) * 70 <= scene.width) ?? 86_400_000
  context.textAlign = "left"
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
    context.fillStyle = colour("line")
    context.fillRect(Math.round(x(t)), 0, 1, scene.height)
    context.fillStyle = colour("quiet")
    context.fillText(formatClock(t, { millis: step < 1000 }), x(t) + 3, 7)
  }
}

const paintFaults = ({ colour, context, scene, x }: Pen): void => {
  for (const { from, to } of scene.run.faults) {
    if (to <= from) continue
    const left = x(from)
    const wide = Math.max(2, x(to) - left)
    context.fillStyle = colour("fault-band")
    context.fillRect(left, 14, wide, scene.height)
    context.fillStyle = colour("bad")
    context.fillRect(left, 14, wide, 2)
  }
}

const flagColours = { mark: "quiet", fault: "bad", healed: "good", violated: "bad", ready: "good" } as const

const paintFlags = (pen: Pen): void => {
  const { colour, context, scene, x } = pen
  for (const flag of scene.run.flags) {
    const at = x(flag.t)
    if (at < -8 || at > scene.width + 8) continue
    context.fillStyle = colour(flagColours[flag.tone])
    context.strokeStyle = context.fillStyle
    if (flag.tone === "fault" || flag.tone === "violated") context.fillRect(Math.round(at), 24, 1, scene.height)
    paintFlag(context, flag, at)
  }
}

const paintFlag = (context: CanvasRenderingContext2D, { tone }: Flag, x: number): void => {
  const y = 24
  const path = (...points: ReadonlyArray<readonly [number, number]>): void => {
    context.beginPath()
    for (const [dx, dy] of points) context.lineTo(x + dx, y + dy)
    context.closePath()
    context.fill()
  }
  switch (tone) {
    case "mark":
      return path([-4, -4], [4, -4], [0, 4])
    case "violated":
      return path([0, -7], [7, 0], [0, 7], [-7, 0])
    case "fault":
      return path([1, -7], [-4, 1], [0, 1], [-1, 7], [4, -1], [0, -1])
    default:
      context.beginPath()
      context.arc(x, y, 4, 0, 2 * Math.PI)
      return tone === "healed" ? context.stroke() : context.fill()
  }
}

const paintZone = ({ colour, context, scene }: Pen, { bottom, top }: LaneRow): void => {
  context.fillStyle = colour("zone")
  context.fillRect(0, top - scene.top, scene.width, bottom - top)
}

const paintLane = (pen: Pen, row: Extract<LaneRow, { readonly _tag: "Lane" }>): void => {
  const { colour, context, scene } = pen
  context.fillStyle = colour("line")
  context.fillRect(0, row.bottom - scene.top - 1, scene.width, 1)
  for (const [place, { bars, key }] of barsIn(row.lane).entries()) {
    const y = row.top - scene.top + 3 + place * (barHeight + barGap)
    for (const bar of bars) paintBar(pen, bar, y)
    const [first] = bars
    const last = bars.at(-1)
    if (key !== undefined && key === scene.selected && first !== undefined && last !== undefined) {
      context.strokeStyle = colour("accent")
      context.lineWidth = 2
      context.strokeRect(pen.x(first.from) - 1, y - 1, pen.x(last.to) - pen.x(first.from) + 2, barHeight + 2)
      context.lineWidth = 1
    }
  }
}

const hatched: ReadonlySet<Tone> = new Set(["bad", "working"])

const paintBar = ({ colour, context, scene, x }: Pen, bar: Bar, y: number): void => {
  const left = Math.max(-2, x(bar.from))
  const wide = Math.max(1.5, Math.min(scene.width + 2, x(bar.to)) - left)
  if (left > scene.width || left + wide < 0) return
  const ink = colour(bar.tone === "past" ? "quiet" : bar.tone)
  const high = bar.tone === "leaving" ? barHeight / 2 : barHeight
  const top = y + (barHeight - high) / 2
  if (bar.tone === "waiting") {
    context.strokeStyle = ink
    context.setLineDash([2, 2])
    context.strokeRect(left + 0.5, top + 0.5, wide - 1, high - 1)
    context.setLineDash([])
  } else if (hatched.has(bar.tone)) {
    hatch(context, { left, top, wide, high, ink })
  } else {
    context.fillStyle = ink
    context.fillRect(left, top, wide, high)
  }
  paintWord(context, bar, { left, wide, middle: y + barHeight / 2, colour })
}

const hatch = (
  context: CanvasRenderingContext2D,
  area: {
    readonly left: number
    readonly top: number
    readonly wide: number
    readonly high: number
    readonly ink: string
  }
): void => {
  const { high, ink, left, top, wide } = area
  context.save()
  context.beginPath()
  context.rect(left, top, wide, high)
  context.clip()
  context.globalAlpha = 0.3
  context.fillStyle = ink
  context.fillRect(left, top, wide, high)
  context.globalAlpha = 1
  context.strokeStyle = ink
  context.lineWidth = 1.5
  context.beginPath()
  for (let x = left - high; x < left + wide; x += 6) {
    context.moveTo(x, top + high)
    context.lineTo(x + high, top)
  }
  context.stroke()
  context.restore()
}

/** The state's word, where it fits. On hatching it gets a plain ground. */
const paintWord = (
  context: CanvasRenderingContext2D,
  { state, tone }: Bar,
  at: {
    readonly left: number
    readonly wide: number
    readonly middle: number
    readonly colour: (name: string) => string
  }
): void => {
  const start = Math.max(0, at.left)
  const room = at.wide - (start - at.left)
  context.font = "10px system-ui, sans-serif"
  const wide = context.measureText(state).width
  if (wide + 10 > room || tone === "leaving") return
  if (tone === "good") context.fillStyle = at.colour("on-good")
  else {
    context.fillStyle = at.colour("paper")
    context.fillRect(start + 3, at.middle - barHeight / 2 + 1, wide + 4, barHeight - 2)
    context.fillStyle = at.colour("ink")
  }
  context.fillText(state, start + 5, at.middle + 0.5)
}
