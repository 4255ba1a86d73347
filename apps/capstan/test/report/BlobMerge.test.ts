import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type Blob, mergeBlobs, readBlob } from "../../src/report/BlobMerge.ts"
import { blobReporter } from "../../src/report/BlobReport.ts"
import { jsonDocument } from "../../src/report/JsonReport.ts"
import { allRecords, type TestReport } from "../../src/report/TestReport.ts"
import { shareOf } from "../../src/run/Sharding.ts"
import { answer, plan, report, result, violated } from "./Canned.ts"

const failing = answer({ result: result({ passed: false, expectations: [violated] }) })
const plans = [plan({ seeds: [1, 2, 3] }), plan({ name: "second", fingerprint: "other", seeds: [7, 8] })]
const wholeReport = report(plans, [answer(), failing, answer(), answer(), undefined])

/** The part of a report that a shard would have made. */
const shardOf = (given: TestReport, index: number, total: number): TestReport => {
  const { groups, share } = shareOf(given.groups, { index, total })
  const jobs = groups.flatMap((group) => group.jobs)
  const records = jobs.flatMap((job) => {
    const record = given.records.get(job.place ?? job.index)
    return record === undefined ? [] : [[job.index, { ...record, job }] as const]
  })
  return { ...given, share, groups, records: new Map(records) }
}

const textOf = (given: TestReport): string => {
  const reporter = blobReporter()
  return (reporter.begin?.(given) ?? "") + reporter.end(given)
}

const blobOf = (given: TestReport, file: string): Blob => Result.getOrThrow(readBlob(file, textOf(given)))

const shards = (given: TestReport, total: number): ReadonlyArray<Blob> =>
  Array.from({ length: total }, (_, index) => blobOf(shardOf(given, index + 1, total), `${index + 1}.ndjson`))

const refusal = (blobs: ReadonlyArray<Blob>): string | undefined =>
  Result.getOrUndefined(Result.flip(mergeBlobs(blobs)))

describe("mergeBlobs", () => {
  it.each([1, 2, 3, 5, 9])("makes of %i shards the report of the whole", (total) => {
    const { missing, report: merged } = Result.getOrThrow(mergeBlobs(shards(wholeReport, total)))
    assert.deepStrictEqual(missing, [])
    assert.deepStrictEqual(
      JSON.parse(JSON.stringify(jsonDocument(merged))),
      JSON.parse(JSON.stringify(jsonDocument(wholeReport)))
    )
    assert.deepStrictEqual(
      merged.groups.map(({ jobs, name }) => [name, jobs.map(({ seed }) => seed)]),
      wholeReport.groups.map(({ jobs, name }) => [name, jobs.map(({ seed }) => seed)])
    )
  })

  it("takes the shards in any order, and names those that are missing", () => {
    const [first, second, third] = shards(wholeReport, 4)
    if (first === undefined || second === undefined || third === undefined) return assert.fail()
    const { missing, report: merged } = Result.getOrThrow(mergeBlobs([third, first]))
    assert.deepStrictEqual(missing, [2, 4])
    assert.deepStrictEqual(
      allRecords(merged).map(({ job }) => job.seed),
      [1, 3]
    )
  })

  it("refuses a shard that is there twice, one of another division, version or test run", () => {
    const [first, second] = shards(wholeReport, 2)
    const [third] = shards(wholeReport, 3)
    const other = shards(report([plan({ fingerprint: "changed" })], [answer()]), 2)[1]
    if (first === undefined || second === undefined || third === undefined || other === undefined) return assert.fail()
    assert.strictEqual(
      refusal([first, { ...first, file: "copy.ndjson" }]),
      "'1.ndjson' and 'copy.ndjson' are both shard 1/2: leave one of them out."
    )
    assert.strictEqual(
      refusal([first, third]),
      "'1.ndjson' and '1.ndjson' are shards of different divisions: 1/2 and 1/3."
    )
    assert.include(refusal([first, other]), "are of different test runs")
    assert.include(
      refusal([first, { ...second, opening: { ...second.opening, capstan: "0.2.0" } }]),
      "are of different versions of Capstan: 0.1.0 and 0.2.0."
    )
    assert.strictEqual(refusal([]), "There is nothing to merge: no blob was found.")
  })
})

describe("readBlob", () => {
  const text = textOf(wholeReport)
  const lines = text.split("\n")

  it.each([
    { what: "the empty file", broken: "", says: "is no blob" },
    { what: "another file", broken: "kind: Scenario\n", says: "is no blob" },
    { what: "one that ends in the middle of a line", broken: text.slice(0, -40), says: "was cut" },
    { what: "one that ends after a run", broken: `${lines.slice(0, 3).join("\n")}\n`, says: "was cut" },
    {
      what: "one without one of its runs",
      broken: [...lines.slice(0, 2), ...lines.slice(3)].join("\n"),
      says: "is damaged"
    },
    { what: "one that somebody changed", broken: text.replace('"seed":7', '"seed":9'), says: "is damaged" },
    {
      what: "one of another format",
      broken: text.replace('"blob":1', '"blob":2'),
      says: "is a blob of Capstan 0.1.0, in another format"
    }
  ])("refuses $what", ({ broken, says }) => {
    const read = readBlob("a.ndjson", broken)
    assert.isTrue(Result.isFailure(read))
    assert.include(Result.getOrUndefined(Result.flip(read)), `'a.ndjson' ${says}`)
  })
})
