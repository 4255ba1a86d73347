import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseAssignments } from "../../src/input/Assignments.ts"
import { parseMoment } from "../../src/input/Moment.ts"
import { parseReporters } from "../../src/input/ReporterChoice.ts"
import { parseShard } from "../../src/input/Shard.ts"
import { formatSeeds, parseSeeds } from "../../src/input/SeedRange.ts"

const value = <A>(result: Result.Result<A, string>): unknown => Result.getOrElse(result, (sentence) => sentence)

describe("parseSeeds", () => {
  it.each([
    { text: "4711", expected: [4711] },
    { text: "0", expected: [0] },
    { text: "3..6", expected: [3, 4, 5, 6] },
    { text: "6..3", expected: "--seed 6..3 runs backwards: did you mean 3..6?" },
    { text: "-1", expected: "--seed takes a whole number from 0 to 4294967295 or a range such as 1..20, not '-1'." },
    { text: "1.5", expected: "--seed takes a whole number from 0 to 4294967295 or a range such as 1..20, not '1.5'." },
    {
      text: "1..2..3",
      expected: "--seed takes a whole number from 0 to 4294967295 or a range such as 1..20, not '1..2..3'."
    },
    {
      text: "4294967296",
      expected: "--seed takes a whole number from 0 to 4294967295 or a range such as 1..20, not '4294967296'."
    },
    { text: "0..2000000", expected: "--seed 0..2000000 asks for more than 1000000 seeds." }
  ])("reads $text", ({ expected, text }) => {
    assert.deepStrictEqual(value(parseSeeds(text)), expected)
  })

  it("is undone by formatSeeds", () => {
    assert.strictEqual(formatSeeds([100, 3, 2, 1, 3, 101, 4711]), "1..3, 100..101, 4711")
  })
})

describe("parseMoment", () => {
  it.each([
    { text: "1h4m11s", expected: 3_851_000 },
    { text: "+5m", expected: 300_000 },
    { text: "250ms", expected: 250 },
    { text: "00:07:12", expected: 432_000 },
    { text: "26:00:00", expected: 93_600_000 },
    { text: "07:12", expected: 432_000 },
    { text: "00:00:01.5", expected: 1500 },
    { text: "00:61:00", expected: "'00:61:00' is no virtual time: write 1h4m11s or 01:04:11." },
    { text: "soon", expected: "'soon' is no virtual time: write 1h4m11s or 01:04:11." }
  ])("reads $text", ({ expected, text }) => {
    assert.strictEqual(value(parseMoment(text)), expected)
  })
})

describe("parseAssignments", () => {
  it("takes all that stands behind the first equals sign, and the last of a name", () => {
    assert.deepStrictEqual(value(parseAssignments("--var", ["a=1", "b=x=y", "a="])), { a: "", b: "x=y" })
  })

  it.each(["zone", "=a"])("refuses %s", (text) => {
    assert.strictEqual(value(parseAssignments("--matrix", [text])), `--matrix takes name=value, not '${text}'.`)
  })
})

describe("parseShard", () => {
  it.each([
    { text: "2/8", expected: { index: 2, total: 8 } },
    { text: "1/1", expected: { index: 1, total: 1 } },
    ...["0/8", "9/8", "2", "2/", "/8", "a/b", "2/8/9", "1/10001", "-1/8"].map((text) => ({
      text,
      expected: `--shard takes i/n, such as 2/8: the second of eight parts, of 10000 at most; not '${text}'.`
    }))
  ])("reads $text", ({ expected, text }) => {
    assert.deepStrictEqual(value(parseShard(text)), expected)
  })
})

describe("the shard of a Pod", () => {
  it("is the one after its number, which begins at 0", () => {
    assert.deepStrictEqual(value(parseShard("job/8", { JOB_COMPLETION_INDEX: "7" })), { index: 8, total: 8 })
  })

  it.each([{}, { JOB_COMPLETION_INDEX: "" }, { JOB_COMPLETION_INDEX: "x" }])("has to be said: %j", (environment) => {
    assert.strictEqual(
      value(parseShard("job/8", environment)),
      "--shard job/8 is for a Pod of an Indexed Job: JOB_COMPLETION_INDEX says no number."
    )
  })
})

describe("parseReporters", () => {
  it.each([
    { texts: [], expected: [{ name: "list", file: undefined }] },
    {
      texts: ["list", "junit=a=b.xml"],
      expected: [
        { name: "list", file: undefined },
        { name: "junit", file: "a=b.xml" }
      ]
    },
    {
      texts: ["html"],
      expected: [
        { name: "list", file: undefined },
        { name: "html", file: "capstan-report.html" }
      ]
    },
    {
      texts: ["html=a.html", "html"],
      expected: [
        { name: "list", file: undefined },
        { name: "html", file: "a.html" },
        { name: "html", file: "capstan-report.html" }
      ]
    },
    {
      texts: ["html=a.html", "json"],
      expected: [
        { name: "html", file: "a.html" },
        { name: "json", file: undefined }
      ]
    },
    { texts: ["html", "html"], expected: "Two reporters would write to capstan-report.html." },
    { texts: ["jnit"], expected: "There is no reporter 'jnit'. Did you mean 'junit'?" },
    { texts: ["json="], expected: "--reporter json= names no file." },
    {
      texts: ["list", "json"],
      expected:
        "Only one reporter can write to the terminal: give the others a file, as in --reporter junit=report.xml."
    },
    {
      texts: ["github"],
      expected: [
        { name: "list", file: undefined },
        { name: "github", file: undefined }
      ]
    },
    {
      texts: ["github", "dot", "blob", "ndjson=events.ndjson"],
      expected: [
        { name: "github", file: undefined },
        { name: "dot", file: undefined },
        { name: "blob", file: "capstan-blob.ndjson" },
        { name: "ndjson", file: "events.ndjson" }
      ]
    },
    {
      texts: ["github", "json"],
      expected:
        "Only one reporter can write to the terminal: give the others a file, as in --reporter junit=report.xml."
    },
    { texts: ["json=a", "junit=a"], expected: "Two reporters would write to a." }
  ])("reads $texts", ({ expected, texts }) => {
    assert.deepStrictEqual(value(parseReporters(texts)), expected)
  })
})
