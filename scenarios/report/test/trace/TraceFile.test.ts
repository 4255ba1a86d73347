import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { gzipSync } from "node:zlib"
import { readTrace } from "../../src/trace/index.ts"
import { traceText } from "./Recorded.ts"

const read = (text: string | Uint8Array) => readTrace(typeof text === "string" ? Buffer.from(text) : text)
const failure = (text: string | Uint8Array) => {
  const answer = read(text)
  return Result.isFailure(answer) ? answer.failure : "it was read"
}

const header = '{"trace":1,"epochMillis":1893456000000}'
const event = (seq: number, kind = "mark") => JSON.stringify({ t: seq, seq, cause: 0, kind })

describe("readTrace", () => {
  it("reads a run, plain or gzipped", () => {
    const text = traceText("worker-instance-kill")
    const plain = Result.getOrThrow(read(text))
    assert.isFalse(plain.cutShort)
    assert.strictEqual(`${plain.lines.join("\n")}\n`, text)
    assert.strictEqual(plain.events.at(-1)?.kind, "verdict")
    assert.deepStrictEqual(Result.getOrThrow(read(gzipSync(text))), plain)
  })

  it("reads a file that was cut in the middle of a line up to there", () => {
    const text = traceText("worker-instance-kill")
    const cut = Result.getOrThrow(read(text.slice(0, text.length / 2)))
    assert.isTrue(cut.cutShort)
    assert.isAbove(cut.events.length, 100)
    assert.isTrue(text.startsWith(cut.lines.join("\n")))
  })

  it("reads a gzipped file that was cut", () => {
    const bytes = gzipSync(traceText("worker-instance-kill"))
    const cut = Result.getOrThrow(read(bytes.subarray(0, bytes.length - 2000)))
    assert.isTrue(cut.cutShort)
    assert.isAbove(cut.events.length, 100)
  })

  it("takes a trace without a verdict for cut, though its last line is whole", () => {
    assert.isTrue(Result.getOrThrow(read([header, event(1)].join("\n"))).cutShort)
    assert.isFalse(Result.getOrThrow(read([header, event(1, "verdict")].join("\n"))).cutShort)
  })

  it("says what is wrong with what is no trace", () => {
    assert.strictEqual(failure(""), "it is empty")
    assert.include(failure("kind: Scenario\n"), "it is not a trace")
    assert.include(failure('{"trace":2,"epochMillis":0}\n'), "format 2")
    assert.include(failure([header, event(1), "nonsense", event(3)].join("\n")), "its line 3 is not event 2")
    assert.include(failure([header, event(1), event(3)].join("\n")), "its line 3 is not event 2")
    assert.include(failure(Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from("no gzip at all")])), "damaged")
  })
})
