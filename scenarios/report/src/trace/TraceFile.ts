/**
 * A trace as a file: newline-delimited JSON, a header first, plain or gzipped. Pure.
 *
 * A file that ends in the middle (a run that was killed, a copy that broke off) is read as far as it is whole, and says so. Anything
 * else that is wrong with it is refused, with its line.
 *
 * @source simulator/kernel/src/Trace.ts
 */
import type { TraceEvent } from "@capstan/kernel"
import * as Result from "effect/Result"
import { constants, gunzipSync } from "node:zlib"

export interface RecordedTrace {
  /** Epoch milliseconds at which virtual time began. */
  readonly epochMillis: number
  /** `seq` counts from 1 without gaps: event `seq` stands at `seq - 1`. */
  readonly events: ReadonlyArray<TraceEvent>
  /** The lines as they stand in the file, the header first: line `seq` is event `seq`. */
  readonly lines: ReadonlyArray<string>
  /** Of the newest event, virtual milliseconds. */
  readonly endMillis: number
  /** Whether the end of the run is missing. */
  readonly cutShort: boolean
}

const newline = 0x0a

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** The text's lines without their ends; the last one, too, when nothing ends it. */
const linesOf = (bytes: Buffer): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let from = 0
  while (from < bytes.length) {
    const end = bytes.indexOf(newline, from)
    const to = end === -1 ? bytes.length : end
    lines.push(bytes.toString("utf8", from, to))
    from = to + 1
  }
  return lines
}

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isEvent = (value: unknown): value is TraceEvent =>
  isRecord(value) &&
  typeof value["t"] === "number" &&
  typeof value["seq"] === "number" &&
  typeof value["cause"] === "number" &&
  typeof value["kind"] === "string"

const noTrace = 'it is not a trace: the first line of one is {"trace":1,…}, as capstan replay --trace writes it'

/** What the bytes of a trace file hold; a sentence that begins with `it` when they hold no trace. */
export const readTrace = (bytes: Uint8Array): Result.Result<RecordedTrace, string> => {
  const unpacked = isGzip(bytes) ? unpack(bytes) : Result.succeed(Buffer.from(bytes))
  if (Result.isFailure(unpacked)) return Result.fail(unpacked.failure)
  const lines = linesOf(unpacked.success)
  const header = parsed(lines[0] ?? "")
  if (!isRecord(header) || typeof header["trace"] !== "number" || typeof header["epochMillis"] !== "number") {
    return Result.fail(lines.length === 0 ? "it is empty" : noTrace)
  }
  if (header["trace"] !== 1)
    return Result.fail(`it is a trace of format ${header["trace"]}; this Capstan reads format 1`)
  const events: Array<TraceEvent> = []
  for (let place = 1; place < lines.length; place++) {
    const event = parsed(lines[place] ?? "")
    if (isEvent(event) && event.seq === place && event.cause < place) events.push(event)
    else if (place === lines.length - 1 && event === undefined) break
    else return Result.fail(`its line ${place + 1} is not event ${place} of a trace`)
  }
  return Result.succeed({
    epochMillis: header["epochMillis"],
    events,
    lines: lines.slice(0, events.length + 1),
    endMillis: events.at(-1)?.t ?? 0,
    cutShort: events.at(-1)?.kind !== "verdict"
  })
}

/** As much of it as there is: the end of a broken file is found out by its events. */
const unpack = (bytes: Uint8Array): Result.Result<Buffer, string> => {
  try {
    return Result.succeed(gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }))
  } catch {
    return Result.fail("it looks gzipped, but cannot be unpacked: it is damaged")
  }
}
