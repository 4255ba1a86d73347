/** The pane of the selected object at the cursor: as YAML, what its last write changed, and all its writes. */
import { conditionsIn, formatClock } from "@capstan/engine/text"
import { diffArrays } from "diff"
import { useMemo, useState } from "preact/hooks"
import { describeEvent, touchedBy } from "../model/EventText.ts"
import { objectName } from "../model/Moment.ts"
import { lastAt, objectAt, type ObjectLine } from "../model/Objects.ts"
import { yamlLines } from "../model/Yaml.ts"
import type { Desk } from "./Desk.ts"
import { Tabs } from "./Tabs.tsx"

/** Lines around a change that are shown with it. */
const contextLines = 3
const tabs = ["YAML", "Change", "Conditions", "Events", "Writes"] as const

export const ObjectPane = ({ desk }: { readonly desk: Desk }) => {
  const { place, run } = desk
  const [tab, setTab] = useState<(typeof tabs)[number]>("YAML")
  const line = place.object === undefined ? undefined : run.objects.get(place.object)
  const index = line === undefined ? -1 : lastAt(line.versions, place.t)
  return (
    <section class="pane" aria-labelledby="object">
      <h2 id="object">{line === undefined ? "Object" : objectName(line)}</h2>
      {line === undefined ? (
        <p class="quiet">Select an object in the tree, a bar of the timeline or an event.</p>
      ) : (
        <>
          <p class="quiet version">{versionText(line, index)}</p>
          <Tabs label="Views of the object" names={tabs} chosen={tab} choose={setTab}>
            {tab === "YAML" && <Yaml line={line} index={index} />}
            {tab === "Change" && <Change key={line.key} line={line} index={index} t={place.t} />}
            {tab === "Conditions" && <Conditions line={line} index={index} />}
            {tab === "Events" && <Events desk={desk} line={line} />}
            {tab === "Writes" && <Writes desk={desk} line={line} index={index} />}
          </Tabs>
        </>
      )}
    </section>
  )
}

interface At {
  readonly line: ObjectLine
  /** Place of the version at the cursor; -1 before the first. */
  readonly index: number
}

const versionText = ({ versions }: ObjectLine, index: number): string => {
  if (index < 0) return `does not exist yet: made at ${formatClock(versions[0]?.t ?? 0)}`
  const version = versions[index]
  const gone =
    version?.object === undefined ? "is gone; as it was last, before" : `write ${index + 1} of ${versions.length}, at`
  return `${gone} ${formatClock(version?.t ?? 0, { millis: true })}`
}

const Yaml = ({ index, line }: At) => {
  // Of one that has gone the last state says most.
  const object = line.versions[index]?.object ?? line.versions[index - 1]?.object
  const text = useMemo(() => (object === undefined ? "" : yamlLines(object).join("\n")), [object])
  if (object === undefined) return <p class="quiet">There is nothing to show at this time.</p>
  return (
    <pre tabIndex={0} aria-label="The object as YAML">
      {text}
    </pre>
  )
}

type DiffLine = { readonly mark: " " | "+" | "-" | "…"; readonly text: string }

const changeLines = (before: object | undefined, after: object | undefined): ReadonlyArray<DiffLine> => {
  const lines = (object: object | undefined) => (object === undefined ? [] : [...yamlLines(object)])
  const parts = diffArrays(lines(before), lines(after))
  return parts.flatMap(({ added, removed, value }, place): ReadonlyArray<DiffLine> => {
    const marked = (texts: ReadonlyArray<string>, mark: DiffLine["mark"]) => texts.map((text) => ({ mark, text }))
    if (added) return marked(value, "+")
    if (removed) return marked(value, "-")
    const head = place === 0 ? 0 : contextLines
    const tail = place === parts.length - 1 ? 0 : contextLines
    if (value.length <= head + tail + 1) return marked(value, " ")
    const left = value.length - head - tail
    return [
      ...marked(value.slice(0, head), " "),
      { mark: "…", text: `${left} lines the same` },
      ...marked(tail === 0 ? [] : value.slice(-tail), " ")
    ]
  })
}

const markWords = { " ": "", "+": "added", "-": "removed", "…": "" } as const

const Change = ({ index, line, t }: At & { readonly t: number }) => {
  const [marked, setMarked] = useState<number | undefined>(undefined)
  const before = marked === undefined ? line.versions[index - 1]?.object : objectAt(line, marked)
  const after = line.versions[index]?.object
  const lines = useMemo(() => changeLines(before, after), [before, after])
  if (index < 0) return <p class="quiet">There is nothing to show at this time.</p>
  return (
    <>
      <div class="compare quiet">
        {marked === undefined
          ? "What the last write changed"
          : `Changed since ${formatClock(marked, { millis: true })}`}
        <button type="button" onClick={() => setMarked(marked === undefined ? t : undefined)}>
          {marked === undefined ? "Compare with this time from here on" : "Compare with the write before"}
        </button>
      </div>
      <pre tabIndex={0} aria-label="What changed" class="diff">
        {lines.map(({ mark, text }, place) => (
          <div key={place} class={mark === "+" ? "added" : mark === "-" ? "removed" : mark === "…" ? "left-out" : ""}>
            {markWords[mark] !== "" && <span class="hidden">{markWords[mark]}: </span>}
            {mark} {text}
          </div>
        ))}
      </pre>
    </>
  )
}

const Conditions = ({ index, line }: At) => {
  const conditions = conditionsIn(line.versions[index]?.object)
  if (conditions.length === 0) return <p class="quiet">It has no conditions at this time.</p>
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Conditions">
      <table>
        <thead>
          <tr>
            <th>Type</th>
            <th>Status</th>
            <th>Reason</th>
            <th>Message</th>
          </tr>
        </thead>
        <tbody>
          {conditions.map(({ message, reason, status, type }) => (
            <tr key={type}>
              <td>{type}</td>
              <td class={`status-${status}`}>{status}</td>
              <td>{reason}</td>
              <td>{message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const Events = ({ desk, line }: { readonly desk: Desk; readonly line: ObjectLine }) => {
  const { place, run } = desk
  const events = useMemo(
    () => run.events.filter((event) => event["resource"] === "Event" && run.about.get(event.seq) === line.key),
    [run, line]
  )
  if (events.length === 0) return <p class="quiet">No Kubernetes Event is about it.</p>
  return (
    <div class="scroll">
      <ol class="outcomes">
        {events.map((event) => (
          <li key={event.seq} class={event.t > place.t ? "later" : ""}>
            <button type="button" onClick={() => desk.go({ t: event.t, event: event.seq })}>
              <span>{describeEvent(event)}</span> <time>{formatClock(event.t, { millis: true })}</time>
            </button>
          </li>
        ))}
      </ol>
    </div>
  )
}

const Writes = ({ desk, index, line }: At & { readonly desk: Desk }) => (
  <div class="scroll">
    <ol class="outcomes">
      {line.versions.map(({ seq, t }, place) => {
        const event = desk.run.events[seq - 1]
        return (
          <li key={seq} class={place > index ? "later" : ""}>
            <button type="button" aria-current={place === index} onClick={() => desk.go({ t, event: seq })}>
              <span>
                {String(event?.["verb"])} by {String(event?.["actor"])} <small>{touchedBy(event?.["patch"])}</small>
              </span>
              <time>{formatClock(t, { millis: true })}</time>
            </button>
          </li>
        )
      })}
    </ol>
  </div>
)
