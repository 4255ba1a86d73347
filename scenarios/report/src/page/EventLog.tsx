/**
 * The pane of everything that happened: the story, reconciles, calls, writes, what machines did. It follows the cursor.
 *
 * A trace has too many lines for a document; only those in sight are in it, and the list says how many there are.
 */
import { formatClock } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import { describeEvent, familyOf, isTrouble } from "../model/EventText.ts"
import { lastAt } from "../model/Objects.ts"
import type { Run } from "../model/Run.ts"
import type { Desk } from "./Desk.ts"
import { Tabs } from "./Tabs.tsx"

const rowHeight = 24
const overscan = 8
const tabs = ["Story", "All", "Reconciles", "Cloud calls", "API writes", "Logs"] as const
type Tab = (typeof tabs)[number]

const inTab = (run: Run, event: TraceEvent, tab: Tab): boolean => {
  switch (tab) {
    case "Story":
      return run.story.has(event.seq)
    case "All":
      return true
    case "Reconciles":
      return familyOf(event) === "reconcile"
    case "Cloud calls":
      return familyOf(event) === "call"
    case "API writes":
      return familyOf(event) === "write"
    case "Logs":
      return familyOf(event) === "log"
  }
}

export const EventLog = ({ desk }: { readonly desk: Desk }) => {
  const { place, run } = desk
  const [tab, setTab] = useState<Tab>("Story")
  const [word, setWord] = useState("")
  const [only, setOnly] = useState(false)
  const object = only ? place.object : undefined
  const events = useMemo(() => {
    const wanted = word.toLowerCase()
    return run.events.filter(
      (event) =>
        inTab(run, event, tab) &&
        (object === undefined || run.about.get(event.seq) === object) &&
        (wanted === "" || textOf(run, event, tab).toLowerCase().includes(wanted))
    )
  }, [run, tab, word, object])
  return (
    <section class="pane" aria-labelledby="log">
      <div class="title">
        <h2 id="log">What happened</h2>
        <span class="tools">
          <input
            type="search"
            placeholder="Find"
            aria-label="Find in the events"
            value={word}
            onInput={(event) => setWord(event.currentTarget.value)}
          />
          <label>
            <input type="checkbox" checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} /> only the
            selected object
          </label>
        </span>
      </div>
      <Tabs label="Kinds of events" names={tabs} chosen={tab} choose={setTab}>
        <Rows desk={desk} events={events} tab={tab} />
      </Tabs>
    </section>
  )
}

const textOf = (run: Run, event: TraceEvent, tab: Tab): string =>
  (tab === "Story" ? run.story.get(event.seq) : undefined) ?? describeEvent(event)

const Rows = (options: { readonly desk: Desk; readonly events: ReadonlyArray<TraceEvent>; readonly tab: Tab }) => {
  const { desk, events, tab } = options
  const { go, place, run } = desk
  const list = useRef<HTMLDivElement>(null)
  const [sight, setSight] = useState({ top: 0, height: 320 })
  const selected = events.findIndex(({ seq }) => seq === place.event)
  const atCursor = selected !== -1 && events[selected]?.t === place.t ? selected : lastAt(events, place.t)
  useEffect(() => {
    const element = list.current
    if (element === null) return
    const see = () => setSight({ top: element.scrollTop, height: element.clientHeight })
    see()
    const observer = new ResizeObserver(see)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    const element = list.current
    if (element === null) return
    const top = atCursor * rowHeight
    if (top < element.scrollTop || top > element.scrollTop + element.clientHeight - 2 * rowHeight) {
      element.scrollTop = Math.max(0, top - element.clientHeight / 2)
    }
  }, [atCursor, events])
  const choose = (index: number) => {
    const event = events[Math.min(Math.max(0, index), events.length - 1)]
    if (event === undefined) return
    const object = run.about.get(event.seq)
    go({ t: event.t, event: event.seq, ...(object === undefined ? {} : { object }) })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(sight.height / rowHeight) - 1)
    const targets: { readonly [key: string]: number } = {
      ArrowDown: atCursor + 1,
      ArrowUp: atCursor - 1,
      PageDown: atCursor + page,
      PageUp: atCursor - page,
      Home: 0,
      End: events.length - 1
    }
    const target = targets[event.key]
    if (target === undefined) return
    event.preventDefault()
    choose(target)
  }
  const first = Math.max(0, Math.floor(sight.top / rowHeight) - overscan)
  const last = Math.min(events.length, Math.ceil((sight.top + sight.height) / rowHeight) + overscan)
  const active = events[atCursor]
  return (
    <div
      ref={list}
      class="rows"
      role="listbox"
      tabIndex={0}
      aria-label={`${events.length} events`}
      aria-activedescendant={active === undefined ? undefined : `event-${active.seq}`}
      onKeyDown={onKeyDown}
      onScroll={(event) => setSight({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
    >
      {events.length === 0 && <p class="quiet">Nothing of this kind.</p>}
      <div role="presentation" style={{ height: `${events.length * rowHeight}px` }}>
        {events.slice(first, last).map((event, offset) => {
          const index = first + offset
          const name = [
            "row",
            index === selected ? "selected" : "",
            event.t > place.t ? "later" : "",
            isTrouble(event) ? "trouble" : ""
          ]
          return (
            <div
              key={event.seq}
              id={`event-${event.seq}`}
              role="option"
              aria-selected={index === selected}
              aria-posinset={index + 1}
              aria-setsize={events.length}
              class={name.filter((each) => each !== "").join(" ")}
              style={{ top: `${index * rowHeight}px` }}
              onClick={() => choose(index)}
              title={textOf(run, event, tab)}
            >
              <time>{formatClock(event.t, { millis: true })}</time>{" "}
              {tab !== "Story" && <span class="family">{familyOf(event)}</span>}{" "}
              <span class="text">{textOf(run, event, tab)}</span>
            </div>
          )
        })}
      </div>
    </div>
  )
}
