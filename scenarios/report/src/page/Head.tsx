/** The page's head: the verdict, which run it is, and the command that does it again. */
import { formatClock } from "@capstan/engine/text"
import { useState } from "preact/hooks"
import type { ReportIndex, RunSummary } from "../RunSummary.ts"
import { RunTable } from "./RunTable.tsx"

const titleOf = ({ cell, name, seed }: RunSummary): string =>
  [name, cell, `seed ${seed}`].filter((part) => part !== "").join(" · ")

export const Head = (options: {
  readonly index: ReportIndex
  readonly number: number
  readonly choose: (number: number) => void
}) => {
  const { choose, index, number } = options
  const summary = index.runs[number]
  if (summary === undefined) return null
  const failed = index.runs.filter(({ passed }) => !passed).length
  return (
    <header>
      <div class="verdict">
        <strong class={summary.passed ? "tone-good" : "tone-bad"}>{summary.passed ? "✓ passed" : "✗ failed"}</strong>
        <h1>{summary.name}</h1>
        <span class="quiet">
          {[summary.cell, `seed ${summary.seed}`, summary.backend, `${formatClock(summary.virtualMillis)} virtual`]
            .filter((part) => part !== "")
            .join(" · ")}
        </span>
        {index.runs.length > 1 && (
          <label class="picker">
            {index.runs.length} runs, {failed} failed{" "}
            <select value={number} onChange={(event) => choose(Number(event.currentTarget.value))}>
              {index.runs.map((run, place) => (
                <option key={place} value={place}>
                  {run.passed ? "✓" : "✗"} {titleOf(run)}
                  {index.withoutTrace.includes(place) ? " (verdict only)" : ""}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {(summary.problem !== undefined || summary.defect !== undefined) && (
        <p class="problem">{summary.defect ?? summary.problem?.message}</p>
      )}
      <Replay command={summary.replay} />
      {index.runs.length > 1 && <RunTable {...options} />}
      <details>
        <summary>About this run</summary>
        <dl>
          <dt>File</dt>
          <dd>{summary.file}</dd>
          {summary.description !== "" && (
            <>
              <dt>Story</dt>
              <dd>{summary.description}</dd>
            </>
          )}
          <dt>Time</dt>
          <dd>
            {formatClock(summary.virtualMillis)} virtual in {(summary.wallMillis / 1000).toFixed(1)} s
          </dd>
          <dt>Trace</dt>
          <dd>
            {summary.statistics?.events ?? 0} events, SHA-256 {summary.traceHash}
          </dd>
          <dt>Written by</dt>
          <dd>capstan {index.version}</dd>
        </dl>
      </details>
    </header>
  )
}

const Replay = ({ command }: { readonly command: string }) => {
  const [said, setSaid] = useState("")
  const copy = () => {
    const field = document.getElementById("replay")
    const done = navigator.clipboard?.writeText(command) ?? Promise.reject(new Error("no clipboard"))
    done.then(
      () => setSaid("copied"),
      () => {
        // A page from a disk may not be given the clipboard: then the text is at least selected.
        if (field !== null) getSelection()?.selectAllChildren(field)
        setSaid("selected: press Ctrl+C")
      }
    )
  }
  return (
    <div class="replay">
      <span class="quiet">Replay</span> <code id="replay">{command}</code>{" "}
      <button type="button" onClick={copy} aria-label="Copy the replay command">
        Copy
      </button>{" "}
      <span role="status" class="quiet">
        {said}
      </span>
    </div>
  )
}
