/** All runs of a suite in a table, those that failed first; drawn when it is opened, since there may be thousands. */
import { formatClock } from "@capstan/engine/text"
import { useState } from "preact/hooks"
import type { ReportIndex, RunSummary } from "../RunSummary.ts"

/** What went wrong, by the names of what was broken. */
const trouble = ({ defect, expectations, invariants, problem }: RunSummary): string =>
  [
    ...(defect === undefined ? [] : [defect]),
    ...invariants.filter(({ violations }) => violations.length > 0).map(({ id }) => id),
    ...expectations.filter(({ status }) => status === "violated").map(({ id }) => id),
    ...(problem === undefined ? [] : [problem.message])
  ].join(", ")

export const RunTable = (options: {
  readonly index: ReportIndex
  readonly number: number
  readonly choose: (number: number) => void
}) => {
  const { choose, index, number } = options
  const [open, setOpen] = useState(false)
  const places = [...index.runs.keys()]
  const failedFirst = places.toSorted((a, b) => Number(index.runs[a]?.passed) - Number(index.runs[b]?.passed) || a - b)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>All {index.runs.length} runs</summary>
      {open && (
        <div class="scroll runs" tabIndex={0} role="region" aria-label="All runs">
          <table>
            <thead>
              <tr>
                <th>Verdict</th>
                <th>Scenario</th>
                <th>Cell</th>
                <th>Backend</th>
                <th>Seed</th>
                <th>Virtual time</th>
                <th>What was broken</th>
                <th>Replay</th>
              </tr>
            </thead>
            <tbody>
              {failedFirst.map((place) => {
                const run = index.runs[place]
                if (run === undefined) return null
                return (
                  <tr key={place} class={place === number ? "chosen" : ""}>
                    <td class={run.passed ? "tone-good" : "tone-bad"}>{run.passed ? "✓ passed" : "✗ failed"}</td>
                    <td>
                      <button type="button" aria-current={place === number} onClick={() => choose(place)}>
                        {run.name}
                      </button>
                    </td>
                    <td>{run.cell}</td>
                    <td>{run.backend}</td>
                    <td>{run.seed}</td>
                    <td>{formatClock(run.virtualMillis)}</td>
                    <td>{trouble(run)}</td>
                    <td>
                      <code>{run.replay}</code>
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      )}
    </details>
  )
}
