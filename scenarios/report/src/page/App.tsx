/** The whole page: which run is looked at and where in it. The address always says both, so that a place can be passed on. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks"
import { addressOf, findObject, type Place, readAddress } from "../model/Moment.ts"
import type { ObjectKey } from "../model/Objects.ts"
import { causesOf, type Flag, type Run } from "../model/Run.ts"
import type { ReportIndex } from "../RunSummary.ts"
import { Causes } from "./Causes.tsx"
import type { Desk, View } from "./Desk.ts"
import { EventLog } from "./EventLog.tsx"
import { Head } from "./Head.tsx"
import { ObjectPane } from "./ObjectPane.tsx"
import { Outcomes } from "./Outcomes.tsx"
import { Timeline } from "./Timeline.tsx"
import { Tree } from "./Tree.tsx"
import { readTrace } from "./Unpack.ts"

/** The first run that failed is what a reader came for. */
const firstPlace = (index: ReportIndex): number => {
  const asked = readAddress(location.hash).run
  if (asked !== undefined && asked < index.runs.length) return asked
  return Math.max(
    0,
    index.runs.findIndex(({ passed }) => !passed)
  )
}

export const App = ({ index }: { readonly index: ReportIndex }) => {
  const [number, setNumber] = useState(() => firstPlace(index))
  const [run, setRun] = useState<Run | undefined>(undefined)
  const [trouble, setTrouble] = useState<string | undefined>(undefined)
  useEffect(() => {
    let current = true
    setRun(undefined)
    readTrace(index, number).then(
      (read) => current && setRun(read),
      (error: unknown) => current && setTrouble(error instanceof Error ? error.message : String(error))
    )
    return () => {
      current = false
    }
  }, [index, number])
  useEffect(() => {
    const follow = () => setNumber((before) => readAddress(location.hash).run ?? before)
    addEventListener("hashchange", follow)
    return () => removeEventListener("hashchange", follow)
  }, [])
  const summary = index.runs[number]
  useEffect(() => {
    if (summary !== undefined)
      document.title = `${summary.passed ? "✓" : "✗"} ${summary.name}, seed ${summary.seed} · Capstan`
  }, [summary])
  if (summary === undefined)
    return (
      <p role="alert" class="loading">
        This report holds no runs.
      </p>
    )
  return (
    <>
      <Head
        index={index}
        number={number}
        choose={(chosen) => {
          history.replaceState(null, "", `#run=${chosen}`)
          setNumber(chosen)
        }}
      />
      {trouble !== undefined && (
        <p role="alert" class="loading">
          {trouble}
        </p>
      )}
      {trouble === undefined && run === undefined && <p class="loading">Opening the run…</p>}
      {run !== undefined && run.summary === summary && <RunPage key={number} run={run} number={number} />}
    </>
  )
}

const settleMillis = 150

/** Where to begin: at what went wrong first, else at the first fault. */
const opening = (run: Run): Flag | undefined =>
  run.flags.find(({ tone }) => tone === "violated") ?? run.flags.find(({ tone }) => tone === "fault")

/** What an event is about; of one that names nothing, what the nearest of its causes is about. */
const subjectOf = (run: Run, seq: number): ObjectKey | undefined =>
  causesOf(run, seq)
    .toReversed()
    .map((event) => run.about.get(event.seq))
    .find((object) => object !== undefined)

const placeIn = (run: Run, number: number): Place => {
  const asked = readAddress(location.hash)
  const event = asked.event !== undefined && run.events[asked.event - 1] !== undefined ? asked.event : undefined
  const object = asked.object === undefined ? undefined : findObject(run.objects, asked.object)
  const t = asked.t ?? (event === undefined ? undefined : run.events[event - 1]?.t)
  if (t !== undefined) return { run: number, t: Math.min(t, run.endMillis), object, event }
  const first = opening(run)
  if (first === undefined) return { run: number, t: run.endMillis, object, event }
  return { run: number, t: first.t, object: object ?? subjectOf(run, first.seq), event: first.seq }
}

const RunPage = ({ number, run }: { readonly run: Run; readonly number: number }) => {
  const [place, setPlace] = useState<Place>(() => placeIn(run, number))
  const [view, show] = useState<View>({ from: 0, to: run.endMillis })
  /** The address as this page last wrote or followed it. */
  const address = useRef(location.hash)
  const go = useCallback<Desk["go"]>(
    (to) =>
      setPlace((before) => {
        const t = Math.round(Math.min(Math.max(0, to.t ?? before.t), run.endMillis))
        return { ...before, ...to, t }
      }),
    [run]
  )
  useEffect(() => {
    // Browsers count how often an address is changed: it follows when the cursor stands still.
    const later = setTimeout(() => {
      // Another one by now: a reader's, and word of it is on its way.
      if (location.hash !== address.current) return
      address.current = addressOf(place, run.objects)
      history.replaceState(null, "", address.current)
    }, settleMillis)
    return () => clearTimeout(later)
  }, [place, run])
  useEffect(() => {
    const follow = () => {
      address.current = location.hash
      setPlace(placeIn(run, number))
    }
    addEventListener("hashchange", follow)
    return () => removeEventListener("hashchange", follow)
  }, [run, number])
  const desk = useMemo<Desk>(() => ({ run, place, view, go, show }), [run, place, view, go])
  if (run.events.length === 0) {
    return (
      <main>
        <p class="notice">
          The trace of this run is not in this file. Write a report of this run alone with the command above and{" "}
          <code>--report run.html</code>.
        </p>
        <div class="panes one">
          <Outcomes desk={desk} />
        </div>
      </main>
    )
  }
  return (
    <main>
      <Timeline desk={desk} />
      <div class="panes three">
        <Outcomes desk={desk} />
        <Tree desk={desk} />
        <ObjectPane desk={desk} />
      </div>
      <div class="panes two">
        <EventLog desk={desk} />
        <Causes desk={desk} />
      </div>
    </main>
  )
}
