/** The pane of what was expected and what came of it, and of the run's steps; a click goes to the moment. */
import { formatClock } from "@capstan/engine/text"
import type { Desk } from "./Desk.ts"

const marks = { met: "✓", violated: "✗", seen: "✓", "not-seen": "?" } as const
const tones = { met: "good", violated: "bad", seen: "good", "not-seen": "waiting" } as const

export const Outcomes = ({ desk }: { readonly desk: Desk }) => {
  const { go, place, run } = desk
  const { expectations, file, invariants } = run.summary
  const broken = invariants.filter(({ violations }) => violations.length > 0)
  return (
    <section class="pane" aria-labelledby="outcomes">
      <h2 id="outcomes">Expectations and steps</h2>
      <div class="scroll">
        <ul class="outcomes">
          {broken.map(({ id, rule, violations }) => (
            <li key={`invariant ${id}`}>
              <button type="button" onClick={() => go({ t: violations[0]?.atMillis ?? 0 })}>
                <b class="tone-bad">✗</b>{" "}
                <span>
                  <strong>{id}</strong> {rule}
                  <small>{violations[0]?.message}</small>
                </span>
                <time>{formatClock(violations[0]?.atMillis ?? 0)}</time>
              </button>
            </li>
          ))}
          {expectations.map(({ atMillis, id, kind, line, message, status, text }) => (
            <li key={id} title={`${file}:${line}`}>
              <button
                type="button"
                disabled={atMillis === undefined}
                onClick={() => atMillis !== undefined && go({ t: atMillis })}
              >
                <b class={`tone-${tones[status]}`} aria-label={status}>
                  {marks[status]}
                </b>{" "}
                <span>
                  <strong>{id}</strong> {kind} <code>{text.replace(/\s+/g, " ")}</code>
                  {message !== undefined && <small>{message}</small>}
                </span>
                <time>{atMillis === undefined || status === "not-seen" ? "" : formatClock(atMillis)}</time>
              </button>
            </li>
          ))}
          {broken.length === 0 && (
            <li class="plain">
              <b class="tone-good">✓</b> <span>all {invariants.length} built-in invariants held</span>
            </li>
          )}
        </ul>
        <h3>Steps</h3>
        <ol class="outcomes">
          {run.flags.map(({ seq, t, text, tone }) => (
            <li key={seq} class={t <= place.t ? "" : "later"}>
              <button type="button" onClick={() => go({ t, event: seq })}>
                <b class={`flag-${tone}`} aria-hidden="true">
                  {flagShapes[tone]}
                </b>{" "}
                <span>{text}</span> <time>{formatClock(t)}</time>
              </button>
            </li>
          ))}
        </ol>
      </div>
    </section>
  )
}

/** Shape as well as colour. */
export const flagShapes = { mark: "▾", fault: "⚡", healed: "○", violated: "◆", ready: "●" } as const
