/** The report for long logs: a character a run, in the order in which they were asked for, and at the end what failed. */
import { hasPassed } from "../run/TestRun.ts"
import { linesOf } from "./Amounts.ts"
import { beginText, groupLines, summaryLines } from "./ListReport.ts"
import type { Paint } from "./Paint.ts"
import type { Reporter } from "./Reporter.ts"
import { groupHasPassed, recordsOf } from "./TestReport.ts"

/** Characters of a line. */
const columns = 80

export const dotReporter = (paint: Paint): Reporter => {
  let told = 0
  return {
    begin: (opening) => beginText(opening, paint),
    run: (record) => {
      told++
      const mark = hasPassed(record) ? paint.good("·") : paint.bad("F")
      return told % columns === 0 ? `${mark}\n` : mark
    },
    end: (report) => {
      const failed = report.groups.flatMap((group) => {
        const records = recordsOf(report.records, group)
        return groupHasPassed(group, records) ? [] : groupLines(group, records, paint)
      })
      const lines = [...(failed.length === 0 ? [] : ["", ...failed]), ...summaryLines(report, paint)]
      return `${told % columns === 0 ? "" : "\n"}${linesOf(lines)}`
    }
  }
}
