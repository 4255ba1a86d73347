/** What the runs of a scenario came to together, in every report. */
import type { PlannedBudget } from "@capstan/engine"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { gunzipSync } from "node:zlib"
import { mergeBlobs, readBlob } from "../../src/report/BlobMerge.ts"
import { blobReporter } from "../../src/report/BlobReport.ts"
import { dotReporter } from "../../src/report/DotReport.ts"
import { githubReporter, stepSummaryReporter } from "../../src/report/GithubReport.ts"
import { htmlReporter } from "../../src/report/HtmlReport.ts"
import { jsonDocument } from "../../src/report/JsonReport.ts"
import { junitDocument } from "../../src/report/JunitReport.ts"
import { groupLines } from "../../src/report/ListReport.ts"
import { plain } from "../../src/report/Paint.ts"
import { storyReporter } from "../../src/report/StoryReport.ts"
import { allRecords, budgetsOf, exitCodeOf, recordsOf, type TestReport, totalsOf } from "../../src/report/TestReport.ts"
import { shareOf } from "../../src/run/Sharding.ts"
import { answer, plan, report, result } from "./Canned.ts"

const budget: PlannedBudget = {
  id: "heals-soon",
  metric: "timeToHeal",
  aggregate: "p50",
  op: "<=",
  value: 300_000,
  of: undefined,
  after: "kill",
  until: "replaced",
  position: { line: 61, column: 7 }
}

const measured = (value: number | undefined) => answer({ result: result({ measures: [{ id: "heals-soon", value }] }) })

/** A run for each value, which is what it measured. */
const reportOf = (values: ReadonlyArray<number | undefined>, given: Partial<TestReport> = {}) =>
  report([plan({ cell: {}, seeds: values.map((_, seed) => seed), budgets: [budget] })], values.map(measured), given)

const kept = reportOf([200_000, 250_000, 900_000])
const broken = reportOf([200_000, 360_000, 900_000])
const sentence = "p50 of timeToHeal after kill until replaced <= 5m: 6m over 3 runs"

const linesOf = (given: TestReport): string =>
  given.groups.flatMap((group) => groupLines(group, recordsOf(given.records, group), plain)).join("\n")

describe("a budget over all runs", () => {
  it("fails the scenario, though every run has passed", () => {
    assert.strictEqual(exitCodeOf(kept), 0)
    assert.strictEqual(exitCodeOf(broken), 1)
    assert.deepStrictEqual(totalsOf(broken).scenarios, { passed: 0, failed: 1, skipped: 0 })
    assert.strictEqual(totalsOf(broken).runs.failed, 0)
    assert.strictEqual(exitCodeOf(reportOf([200_000, undefined, 200_000])), 1)
  })

  it("is judged cell by cell", () => {
    const cells = ["a", "b"].map((zone) => plan({ cell: { zone }, seeds: [1], budgets: [budget] }))
    const given = report(cells, [measured(1), measured(400_000)])
    const judged = given.groups.flatMap((group) => budgetsOf(group, allRecords(given)))
    assert.deepStrictEqual(
      judged.map(({ cell, status }) => [cell["zone"], status]),
      [
        ["a", "met"],
        ["b", "violated"]
      ]
    )
  })

  it("is open while a run is missing, and in a shard until the shards are merged", () => {
    const unfinished = report([plan({ seeds: [1, 2], budgets: [budget] })], [measured(900_000), undefined])
    assert.strictEqual(exitCodeOf(unfinished), 0)
    const blobs = [1, 2].map((index) => {
      const { groups, share } = shareOf(broken.groups, { index, total: 2 })
      const jobs = groups.flatMap((group) => group.jobs)
      const records = new Map(
        jobs.flatMap((job) => {
          const record = broken.records.get(job.place ?? job.index)
          return record === undefined ? [] : [[job.index, { ...record, job }] as const]
        })
      )
      const shard = { ...broken, share, groups, records }
      assert.strictEqual(exitCodeOf(shard), 0)
      assert.include(linesOf(shard), "judged when all runs are known")
      const reporter = blobReporter()
      return Result.getOrThrow(readBlob(`${index}`, `${reporter.begin?.(shard) ?? ""}${reporter.end(shard)}`))
    })
    assert.strictEqual(exitCodeOf(Result.getOrThrow(mergeBlobs(blobs)).report), 1)
    assert.strictEqual(exitCodeOf(Result.getOrThrow(mergeBlobs(blobs.slice(0, 1))).report), 0)
  })

  it("does not count what a sweep perturbs", () => {
    const [group] = kept.groups
    if (group === undefined) return assert.fail()
    const perturbed = allRecords(broken).map((record) => ({
      ...record,
      job: { ...record.job, perturbation: "crash@after:ec2.RunInstances:1" }
    }))
    const [judged] = budgetsOf(group, [...allRecords(kept), ...perturbed])
    assert.strictEqual(judged?.runs, 3)
  })
})

describe("every report tells what a budget came to", () => {
  it("list and dot", () => {
    assert.include(linesOf(kept), "✓ heals-soon   p50 of timeToHeal after kill until replaced <= 5m: 4m10s over 3 runs")
    assert.include(linesOf(broken), `✗ heals-soon   ${sentence}   scenarios/zone.yaml:61:7`)
    assert.include(dotReporter(plain).end(broken), sentence)
    assert.notInclude(dotReporter(plain).end(kept), "heals-soon")
  })

  it("story", () => {
    const [group] = broken.groups
    const [record] = allRecords(broken)
    if (group === undefined || record === undefined) return assert.fail()
    const reporter = storyReporter(plain)
    assert.include(reporter.run?.(record, group), "Budget    heals-soon: 3m20s here")
    assert.include(reporter.group?.(group, allRecords(broken)), sentence)
  })

  it("json", () => {
    const document = jsonDocument(broken) as {
      readonly scenarios: ReadonlyArray<{ readonly budgets: ReadonlyArray<object> }>
    }
    assert.deepInclude(document.scenarios[0]?.budgets[0], {
      id: "heals-soon",
      metric: "timeToHeal",
      aggregate: "p50",
      limit: 300_000,
      value: 360_000,
      status: "violated",
      runs: 3,
      missing: 0
    })
  })

  it("junit", () => {
    const xml = junitDocument(broken)
    assert.include(xml, 'tests="4" failures="1"')
    assert.include(xml, `<failure message="heals-soon: ${sentence.replace("<", "&lt;")}" type="budget">`)
    assert.include(junitDocument(kept), "4m10s over 3 runs</system-out>")
    const open = report([plan({ seeds: [1, 2], budgets: [budget] })], [measured(1), undefined])
    assert.include(junitDocument(open), '<skipped message="1ms over 1 run; judged when all runs are known"/>')
  })

  it("github", () => {
    assert.deepStrictEqual(githubReporter("/work").end(broken).split("\n"), [
      `::error file=zone.yaml,line=61,col=7,title=zone-outage%3A heals-soon::${sentence}`,
      ""
    ])
    assert.include(stepSummaryReporter.end(broken), "| ❌ | zone-outage | 3 | 0 |")
    assert.include(stepSummaryReporter.end(broken), sentence)
    assert.include(stepSummaryReporter.end(kept), "4m10s over 3 runs")
  })

  it("html", () => {
    const [, packed = ""] =
      /<script type="application\/x-capstan-index">([^<]+)</.exec(htmlReporter().end(broken)) ?? []
    const index = JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString()) as {
      readonly runs: ReadonlyArray<{ readonly expectations: ReadonlyArray<object> }>
    }
    assert.deepInclude(index.runs[0]?.expectations[0], {
      id: "heals-soon",
      kind: "budget",
      status: "violated",
      message: "6m over 3 runs; here 3m20s"
    })
  })
})
