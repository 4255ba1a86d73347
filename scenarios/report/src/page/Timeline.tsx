/**
 * The timeline: lanes by zone, in each machine's lane its instance, its Machine and its Node; faults, steps and violations above them,
 * curves below, all on one axis with one cursor.
 *
 * The lanes are painted on a canvas that covers what is in sight, so that hundreds of machines cost no more than a dozen. What the
 * canvas shows is also said: the cursor is a slider whose value is read aloud, and a table holds all bars.
 */
import { formatClock } from "@capstan/engine/text"
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks"
import type { Bar, Lane } from "../model/Lanes.ts"
import type { ObjectKey } from "../model/Objects.ts"
import { CurveStrip } from "./CurveStrip.tsx"
import { type Desk, fitView, zoomView } from "./Desk.ts"
import { flagLane, type LaneRow, layLanes, namesWidth, rowAt } from "./LaneLayout.ts"
import { paintLanes } from "./PaintLanes.ts"

/** A flag this near to the pointer is meant, CSS pixels. */
const flagReach = 6

const barAt = (bars: ReadonlyArray<Bar>, t: number): Bar | undefined =>
  bars.find(({ from, to }) => from <= t && t <= to)

export const Timeline = ({ desk }: { readonly desk: Desk }) => {
  const { go, place, run, show, view } = desk
  const rows = useMemo(() => layLanes(run.lanes), [run])
  const scroller = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const axis = useRef<HTMLDivElement>(null)
  const thumb = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState({ width: 800, height: 300, top: 0 })
  const [theme, setTheme] = useState(0)
  const height = rows.at(-1)?.bottom ?? flagLane
  const width = Math.max(100, size.width - namesWidth)

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const see = () => setSize({ width: element.clientWidth, height: element.clientHeight, top: element.scrollTop })
    see()
    const observer = new ResizeObserver(see)
    observer.observe(element)
    element.addEventListener("scroll", see)
    return () => {
      observer.disconnect()
      element.removeEventListener("scroll", see)
    }
  }, [])
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)")
    const again = () => setTheme((count) => count + 1)
    dark.addEventListener("change", again)
    return () => dark.removeEventListener("change", again)
  }, [])
  useLayoutEffect(() => {
    if (canvas.current !== null) {
      paintLanes(canvas.current, { run, rows, view, width, height: size.height, top: size.top, selected: place.object })
    }
  }, [run, rows, view, width, size.height, size.top, theme, place.object])

  const timeAt = (clientX: number): number => {
    const left = canvas.current?.getBoundingClientRect().left ?? 0
    return view.from + ((clientX - left) / width) * (view.to - view.from)
  }
  const [range, setRange] = useState<{ readonly from: number; readonly to: number } | undefined>(undefined)
  const onPointerDown = (event: PointerEvent & { readonly currentTarget: HTMLElement }) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    thumb.current?.focus({ preventScroll: true })
    const t = timeAt(event.clientX)
    if (event.shiftKey) return setRange({ from: t, to: t })
    choose(event.clientX, event.clientY)
  }
  const onPointerMove = (event: PointerEvent & { readonly currentTarget: HTMLElement }) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
    const t = timeAt(event.clientX)
    if (range !== undefined) setRange({ from: range.from, to: t })
    else go({ t, event: undefined })
  }
  const onPointerUp = () => {
    if (range === undefined) return
    setRange(undefined)
    if (range.from !== range.to) {
      show(fitView({ from: Math.min(range.from, range.to), to: Math.max(range.from, range.to) }, run.endMillis))
    }
  }
  /** A flag above the lanes, or the bar below the pointer. */
  const choose = (clientX: number, clientY: number) => {
    const t = timeAt(clientX)
    const y = clientY - (canvas.current?.getBoundingClientRect().top ?? 0)
    if (y >= 0 && y < flagLane) {
      const near = ((view.to - view.from) / width) * flagReach
      const flag = run.flags.toSorted((a, b) => Math.abs(a.t - t) - Math.abs(b.t - t))[0]
      if (flag !== undefined && Math.abs(flag.t - t) <= near) return go({ t: flag.t, event: flag.seq })
    }
    const hit = y < flagLane ? undefined : rowAt(rows, y + size.top)
    go({ t, event: undefined, ...(hit?.object === undefined ? {} : { object: hit.object }) })
  }
  const onWheel = (event: WheelEvent) => {
    const span = view.to - view.from
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      show(zoomView(view, timeAt(event.clientX), event.deltaY > 0 ? 1.25 : 0.8, run.endMillis))
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault()
      const by = ((event.deltaX || event.deltaY) / width) * span
      show(fitView({ from: view.from + by, to: view.to + by }, run.endMillis))
    }
  }
  const wheel = useRef(onWheel)
  wheel.current = onWheel
  useEffect(() => {
    const element = axis.current
    // Not as an attribute: only a listener that is not passive may keep the page from scrolling.
    const turn = (event: WheelEvent) => wheel.current(event)
    element?.addEventListener("wheel", turn, { passive: false })
    return () => element?.removeEventListener("wheel", turn)
  }, [])
  const moveTo = (t: number, event?: number) => {
    go({ t, event })
    const span = view.to - view.from
    if (t < view.from || t > view.to) show(fitView({ from: t - span / 2, to: t + span / 2 }, run.endMillis))
  }
  const flagFrom = (direction: 1 | -1) => {
    const flags = direction === 1 ? run.flags : run.flags.toReversed()
    const next = flags.find(({ t }) => (t - place.t) * direction > 0)
    if (next !== undefined) moveTo(next.t, next.seq)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = (view.to - view.from) / 200
    const moves: { readonly [key: string]: () => void } = {
      ArrowRight: () => moveTo(place.t + (event.shiftKey ? 10 : 1) * step),
      ArrowLeft: () => moveTo(place.t - (event.shiftKey ? 10 : 1) * step),
      ArrowUp: () => flagFrom(1),
      ArrowDown: () => flagFrom(-1),
      PageUp: () => moveTo(place.t + 20 * step),
      PageDown: () => moveTo(place.t - 20 * step),
      Home: () => moveTo(0),
      End: () => moveTo(run.endMillis),
      "+": () => show(zoomView(view, place.t, 0.5, run.endMillis)),
      "=": () => show(zoomView(view, place.t, 0.5, run.endMillis)),
      "-": () => show(zoomView(view, place.t, 2, run.endMillis)),
      "0": () => show({ from: 0, to: run.endMillis })
    }
    const move = moves[event.key]
    if (move === undefined) return
    event.preventDefault()
    move()
  }
  const atView = (t: number): number => ((t - view.from) / (view.to - view.from)) * width
  const cursor = atView(place.t)
  return (
    <section class="timeline" aria-labelledby="timeline">
      <div class="title">
        <h2 id="timeline">Timeline</h2>
        <output class="clock">{formatClock(place.t, { millis: true })}</output>
        <span class="tools">
          <button type="button" onClick={() => flagFrom(-1)} aria-label="Previous moment">
            ◂
          </button>
          <button type="button" onClick={() => flagFrom(1)} aria-label="Next moment">
            ▸
          </button>
          <button type="button" onClick={() => show(zoomView(view, place.t, 0.5, run.endMillis))} aria-label="Zoom in">
            +
          </button>
          <button type="button" onClick={() => show(zoomView(view, place.t, 2, run.endMillis))} aria-label="Zoom out">
            −
          </button>
          <button type="button" onClick={() => show({ from: 0, to: run.endMillis })}>
            Whole run
          </button>
        </span>
        <Legend />
      </div>
      <div class="axis" ref={axis}>
        <div class="lanes" ref={scroller} style={{ maxHeight: "56vh" }}>
          <div style={{ height: `${height}px`, position: "relative" }}>
            <div class="names" style={{ width: `${namesWidth}px` }}>
              <div class="name flags" style={{ height: `${flagLane}px` }}>
                <span class="quiet">faults and steps</span>
              </div>
              {rows.map((row) => (
                <Name key={row.top} row={row} selected={place.object} choose={(object) => go({ object })} />
              ))}
            </div>
            <canvas
              ref={canvas}
              role="img"
              aria-label={`Lanes of ${run.lanes.length} machines; the table below says the same`}
              style={{ left: `${namesWidth}px`, width: `${width}px`, height: `${size.height}px` }}
              onPointerDown={onPointerDown}
              onPointerMove={onPointerMove}
              onPointerUp={onPointerUp}
            />
          </div>
        </div>
        <CurveStrip
          desk={desk}
          width={size.width}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
        />
        {range !== undefined && (
          <div
            class="range"
            style={{
              left: `${namesWidth + atView(Math.min(range.from, range.to))}px`,
              width: `${Math.abs(atView(range.to) - atView(range.from))}px`
            }}
          />
        )}
        <div
          ref={thumb}
          class={cursor < 0 || cursor > width ? "cursor outside" : "cursor"}
          style={{ transform: `translateX(${namesWidth + Math.min(Math.max(0, cursor), width)}px)` }}
          role="slider"
          tabIndex={0}
          aria-label="Time in the run"
          aria-describedby="timeline-keys"
          aria-valuemin={0}
          aria-valuemax={run.endMillis}
          aria-valuenow={place.t}
          aria-valuetext={`${formatClock(place.t)}: ${saidAt(desk)}`}
          onKeyDown={onKeyDown}
        />
      </div>
      <p id="timeline-keys" class="quiet keys">
        Drag to move in time, Shift-drag to zoom into a span, Ctrl-wheel to zoom. Keys: ← → (Shift: faster), ↑ ↓ next
        and previous moment, + − zoom, 0 whole run, Home, End.
      </p>
      <details>
        <summary>The timeline as a table</summary>
        <LaneTable lanes={run.lanes} t={place.t} />
      </details>
    </section>
  )
}

/** What a listener needs to know of a moment: how many are ready, and which fault lasts. */
const saidAt = ({ place, run }: Desk): string => {
  const there = run.lanes.filter(({ machine }) => barAt(machine.bars, place.t) !== undefined)
  const ready = there.filter(({ machine }) => barAt(machine.bars, place.t)?.tone === "good")
  const faults = run.faults.filter(({ from, to }) => from <= place.t && place.t <= to).map(({ text }) => text)
  return [`${ready.length} of ${there.length} machines ready`, ...faults].join(", ")
}

const Name = (options: {
  readonly row: LaneRow
  readonly selected: ObjectKey | undefined
  readonly choose: (object: ObjectKey) => void
}) => {
  const { choose, row, selected } = options
  const style = { top: `${row.top}px`, height: `${row.bottom - row.top}px` }
  if (row._tag === "Zone")
    return (
      <div class="name zone" style={style}>
        {row.zone}
      </div>
    )
  const { instance, machine, node, role } = row.lane
  const part = (text: string, key: ObjectKey | undefined, label: string) =>
    key === undefined ? (
      <span class="part quiet">
        <bdi>{text || `no ${label.toLowerCase()}`}</bdi>
      </span>
    ) : (
      <button
        type="button"
        class="part"
        tabIndex={-1}
        title={`${label} ${text}`}
        aria-current={key === selected}
        onClick={() => choose(key)}
      >
        <bdi>{text || `no ${label.toLowerCase()}`}</bdi>
      </button>
    )
  return (
    <div class="name" style={style} title={role}>
      {part(instance.id, instance.key, "Instance")}
      {part(machine.name, machine.key, "Machine")}
      {part(node.name, node.key, "Node")}
    </div>
  )
}

const Legend = () => (
  <ul class="legend" aria-label="Legend">
    <li>
      <i class="swatch good" /> ready
    </li>
    <li>
      <i class="swatch working" /> on its way
    </li>
    <li>
      <i class="swatch waiting" /> waiting
    </li>
    <li>
      <i class="swatch bad" /> not ready
    </li>
    <li>
      <i class="swatch leaving" /> being removed
    </li>
    <li>
      <i class="swatch fault" /> fault
    </li>
  </ul>
)

const LaneTable = ({ lanes, t }: { readonly lanes: ReadonlyArray<Lane>; readonly t: number }) => {
  const cell = (bars: ReadonlyArray<Bar>) => barAt(bars, t)?.state ?? "–"
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Machines at the cursor">
      <table>
        <caption>Machines at {formatClock(t)}</caption>
        <thead>
          <tr>
            <th>Zone</th>
            <th>Role</th>
            <th>Instance</th>
            <th>State</th>
            <th>Machine</th>
            <th>State</th>
            <th>Node</th>
            <th>State</th>
            <th>All states of the Machine</th>
          </tr>
        </thead>
        <tbody>
          {lanes.map(({ instance, machine, node, role, zone }) => (
            <tr key={machine.key}>
              <td>{zone}</td>
              <td>{role}</td>
              <td>{instance.id}</td>
              <td>{cell(instance.bars)}</td>
              <td>{machine.name}</td>
              <td>{cell(machine.bars)}</td>
              <td>{node.name}</td>
              <td>{cell(node.bars)}</td>
              <td>{machine.bars.map(({ from, state }) => `${state} ${formatClock(from)}`).join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
