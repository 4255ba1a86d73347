/** The pane of why: what led to the selected event, and what it caused in turn. Each can be selected. */
import { formatClock } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"
import { describeEvent, familyOf, isTrouble } from "../model/EventText.ts"
import { causesOf, effectsOf } from "../model/Run.ts"
import type { Desk } from "./Desk.ts"

/** Effects of one event that are listed. */
const effectsMax = 60

export const Causes = ({ desk }: { readonly desk: Desk }) => {
  const { place, run } = desk
  const event = place.event === undefined ? undefined : run.events[place.event - 1]
  const chain = event === undefined ? [] : causesOf(run, event.seq)
  const effects = event === undefined ? [] : effectsOf(run, event.seq)
  return (
    <section class="pane" aria-labelledby="causes">
      <h2 id="causes">Why, and what came of it</h2>
      {event === undefined ? (
        <p class="quiet">Select an event: this shows the chain of events that caused it, and what it caused.</p>
      ) : (
        <div class="scroll">
          <h3>{chain.length > 1 ? "Caused by" : "It has no known cause"}</h3>
          <ol class="chain">
            {chain.map((each, depth) => (
              <Link key={each.seq} desk={desk} event={each} current={each === event} depth={depth} />
            ))}
          </ol>
          <h3>{effects.length === 0 ? "It caused nothing" : `It caused ${effects.length}`}</h3>
          <ol class="chain">
            {effects.slice(0, effectsMax).map((each) => (
              <Link key={each.seq} desk={desk} event={each} current={false} depth={0} />
            ))}
          </ol>
          {effects.length > effectsMax && <p class="quiet">and {effects.length - effectsMax} more</p>}
          <h3>All of it</h3>
          <pre tabIndex={0} aria-label="The event as JSON">
            {JSON.stringify(event, null, 2)}
          </pre>
        </div>
      )}
    </section>
  )
}

/** Deeper than this a chain goes straight down. */
const depthMax = 8

const Link = (options: {
  readonly desk: Desk
  readonly event: TraceEvent
  readonly current: boolean
  readonly depth: number
}) => {
  const { current, depth, desk, event } = options
  const object = desk.run.about.get(event.seq)
  return (
    <li style={{ paddingInlineStart: `${Math.min(depth, depthMax) * 0.7}rem` }}>
      <button
        type="button"
        aria-current={current}
        onClick={() => desk.go({ t: event.t, event: event.seq, ...(object === undefined ? {} : { object }) })}
      >
        <span class="family">{familyOf(event)}</span>{" "}
        <span class={isTrouble(event) ? "tone-bad" : ""}>{describeEvent(event)}</span>{" "}
        <time>{formatClock(event.t, { millis: true })}</time>
      </button>
    </li>
  )
}
