/** Curves below the lanes, on the same axis: machines, and calls per span. Beside each name its value at the cursor. */
import { useEffect, useRef } from "preact/hooks"
import uPlot from "uplot"
import type { Curve } from "../model/Curves.ts"
import type { Desk, View } from "./Desk.ts"
import { namesWidth } from "./LaneLayout.ts"

const plotHeight = 92
/** Each curve has its colour and its dashes. */
const strokes: ReadonlyArray<{ readonly colour: string; readonly dash: ReadonlyArray<number> }> = [
  { colour: "quiet", dash: [] },
  { colour: "good", dash: [] },
  { colour: "accent", dash: [6, 3] }
]
const callStrokes: typeof strokes = [
  { colour: "quiet", dash: [2, 2] },
  { colour: "accent", dash: [] },
  { colour: "bad", dash: [6, 3] }
]

type Pointer = (event: PointerEvent & { readonly currentTarget: HTMLElement }) => void

export const CurveStrip = (options: {
  readonly desk: Desk
  readonly width: number
  readonly onPointerDown: Pointer
  readonly onPointerMove: Pointer
  readonly onPointerUp: () => void
}) => {
  const { desk, width, ...pointer } = options
  const { place, run, view } = desk
  const { curves, spanMillis, times } = run.curves
  const at = Math.min(times.length - 1, Math.ceil(place.t / spanMillis))
  const groups = [
    { title: "Machines", unit: "machines", strokes },
    { title: `Calls in ${spanMillis / 1000} s`, unit: "calls", strokes: callStrokes }
  ] as const
  return (
    <div class="curves">
      {groups.map(({ strokes: pens, title, unit }) => {
        const own = curves.filter((curve) => curve.unit === unit)
        return (
          <div key={unit} class="curve-row">
            <ul class="curve-names" aria-label={title}>
              <li class="quiet">{title}</li>
              {own.map(({ name, values }, index) => (
                <li key={name}>
                  <svg width="22" height="6" aria-hidden="true">
                    <line
                      x1="0"
                      x2="22"
                      y1="3"
                      y2="3"
                      stroke={`var(--${pens[index]?.colour})`}
                      stroke-width="2"
                      stroke-dasharray={pens[index]?.dash.join(" ")}
                    />
                  </svg>{" "}
                  {name} <b>{values[at] ?? 0}</b>
                </li>
              ))}
            </ul>
            <div class="plot" {...pointer}>
              <Plot curves={own} times={times} view={view} width={width} strokes={pens} />
            </div>
          </div>
        )
      })}
    </div>
  )
}

const Plot = (options: {
  readonly curves: ReadonlyArray<Curve>
  readonly times: ReadonlyArray<number>
  readonly view: View
  readonly width: number
  readonly strokes: typeof strokes
}) => {
  const { curves, strokes: pens, times, view, width } = options
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const shown = useRef(view)
  shown.current = view
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const style = getComputedStyle(element)
    const colour = (name: string | undefined) => () => style.getPropertyValue(`--${name}`).trim()
    const stepped = uPlot.paths.stepped?.({ align: curves[0]?.unit === "machines" ? 1 : -1 })
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: plotHeight,
        padding: [8, 0, 4, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: () => [shown.current.from, shown.current.to] },
          y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] }
        },
        // The values' axis stands inside, so that the time axis is the lanes'.
        axes: [
          { show: false },
          {
            show: true,
            size: 0,
            gap: 0,
            ticks: { show: false },
            values: () => [],
            grid: { stroke: colour("line"), width: 1 }
          }
        ],
        series: [
          {},
          ...curves.map(({ name }, index) => ({
            label: name,
            stroke: colour(pens[index]?.colour),
            width: 1.5,
            dash: [...(pens[index]?.dash ?? [])],
            points: { show: false },
            ...(stepped === undefined ? {} : { paths: stepped })
          }))
        ]
      },
      [[...times], ...curves.map(({ values }) => [...values])],
      element
    )
    plot.current = made
    const dark = matchMedia("(prefers-color-scheme: dark)")
    const again = () => made.redraw()
    dark.addEventListener("change", again)
    return () => {
      dark.removeEventListener("change", again)
      made.destroy()
    }
  }, [curves[0], times])
  useEffect(() => {
    const inside = Math.max(100, width - namesWidth)
    plot.current?.setSize({ width: inside, height: plotHeight })
  }, [width])
  useEffect(() => {
    plot.current?.setScale("x", { min: view.from, max: view.to })
  }, [view])
  const highest = Math.max(0, ...curves.flatMap(({ values }) => values))
  return (
    <div ref={place} class="plot-inside">
      <span class="highest quiet">{highest}</span>
    </div>
  )
}
