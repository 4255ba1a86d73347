/** A trace file of a real run, as `capstan replay --trace` writes it. */
import * as Result from "effect/Result"
import { readTrace, type RecordedTrace } from "../../src/trace/index.ts"
import { recordedRun } from "../RecordedRun.ts"

export const traceText = (name: string): string => {
  const run = recordedRun(name)
  const events = run.events.slice(0, run.result.statistics.events)
  const lines = [{ trace: 1, epochMillis: run.startMillis }, ...events].map((line) => JSON.stringify(line))
  return `${lines.join("\n")}\n`
}

export const recordedTrace = (name: string): RecordedTrace => Result.getOrThrow(readTrace(Buffer.from(traceText(name))))
