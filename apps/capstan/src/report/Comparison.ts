/**
 * Where runs of the same scenario, cell and seed on two backends differ in what became of the objects. Pure.
 *
 * A difference fails nothing: an emulator has faults of its own, and the wall clock an order of its own.
 *
 * @source scenarios/engine/src/report/ObjectHistory.ts
 */
import { formatCell, historyDifferences } from "@capstan/engine/text"
import type { RunRecord } from "../run/TestRun.ts"
import { counted, linesOf } from "./Amounts.ts"
import type { Group } from "./TestReport.ts"

/** Differences of one run that are shown. */
const shownMax = 40

/** Text with line ends: run by run, what was not so equally often. */
export const comparison = (groups: ReadonlyArray<Group>, records: ReadonlyMap<number, RunRecord>): string => {
  const runs = new Map<string, Array<{ readonly backend: string; readonly record: RunRecord }>>()
  for (const { backend, file, jobs, name } of groups) {
    for (const { index, plan, seed } of jobs) {
      const record = records.get(index)
      if (record === undefined) continue
      const title = [name, formatCell(plan.cell), `seed=${seed}`].filter((part) => part !== "").join(" ")
      const key = `${file} ${title}`
      runs.set(key, [...(runs.get(key) ?? []), { backend, record }])
    }
  }
  return linesOf([...runs].flatMap(([title, pair]) => ["", ...compared(title, pair)]))
}

const compared = (
  title: string,
  pair: ReadonlyArray<{ readonly backend: string; readonly record: RunRecord }>
): ReadonlyArray<string> => {
  const [first, second] = pair
  const before = first?.record.answer.history
  const after = second?.record.answer.history
  if (before === undefined || after === undefined) return [` ${title}: there is nothing to compare`]
  const differences = historyDifferences(before, after)
  if (differences.length === 0) return [` ${title}: the objects have the same history on both`]
  const more = differences.length - shownMax
  return [
    ` ${title}: ${counted(differences.length, "difference")} (${first?.backend ?? ""} | ${second?.backend ?? ""})`,
    ...differences
      .slice(0, shownMax)
      .map(({ counts: [a, b], fact }) => `   ${String(a).padStart(3)} | ${String(b).padStart(3)}  ${fact}`),
    ...(more > 0 ? [`   … and ${more} more`] : [])
  ]
}
