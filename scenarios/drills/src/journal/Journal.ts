/**
 * The journal of drills: append a record so that it survives everything, read all that were appended.
 *
 * One record a line, as JSON. A line that a crash tore is no JSON and is passed over: what it was about to announce has not begun.
 * Nothing that was written is ever changed, so several writers do each other no harm. A line that is JSON and no record is an
 * error, with its place: a journal is not to be guessed at.
 *
 * @source https://github.com/ndjson/ndjson-spec
 */
import { Context, Effect, Layer, Result, Schema } from "effect"
import { JournalLine, JournalRecord } from "./JournalRecord.ts"

/** The journal cannot be read or written; `message` says why and what to do. Nothing was done to the account. */
export class JournalError extends Schema.TaggedError<JournalError>()("JournalError", { message: Schema.String }) {}

export class Journal extends Context.Service<
  Journal,
  {
    /** Returns only when the record is on the disk. */
    readonly append: (record: JournalRecord) => Effect.Effect<void, JournalError>
    /** All records, the oldest first. Empty when there is no journal. */
    readonly records: Effect.Effect<ReadonlyArray<JournalRecord>, JournalError>
    /** Where it is kept, for messages. */
    readonly place: string
  }
>()("@capstan/drills/Journal") {}

/** What keeps a journal's text. */
export interface JournalStorage {
  readonly place: string
  /** The whole text. */
  readonly read: Effect.Effect<string, JournalError>
  /** Returns when the text is on the disk, behind all that was there. */
  readonly append: (text: string) => Effect.Effect<void, JournalError>
}

const encode = Schema.encodeEffect(JournalLine)
const decode = Schema.decodeUnknownResult(JournalRecord)

/** The value that a line holds; `undefined` for an empty or torn one. */
const valueOf = (line: string): unknown => {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

const parse = (text: string, place: string): Result.Result<ReadonlyArray<JournalRecord>, JournalError> => {
  const records: Array<JournalRecord> = []
  for (const [index, line] of text.split("\n").entries()) {
    const value = valueOf(line)
    if (value === undefined) continue
    const record = decode(value)
    if (Result.isFailure(record)) {
      const message = `${place}:${index + 1} is no record of a drill. Keep a copy of the file and take the line out; capstan aws janitor --tags-only goes without it.`
      return Result.fail(new JournalError({ message }))
    }
    records.push(record.success)
  }
  return Result.succeed(records)
}

/** A journal on some storage. */
export const journalOn = (storage: JournalStorage): Journal["Service"] => ({
  place: storage.place,
  append: (record) =>
    Effect.gen(function* () {
      const line = yield* Effect.orDie(encode(record))
      const text = yield* storage.read
      // Behind a torn line a new one begins.
      yield* storage.append(text === "" || text.endsWith("\n") ? `${line}\n` : `\n${line}\n`)
    }),
  records: Effect.flatMap(storage.read, (text) => Effect.fromResult(parse(text, storage.place)))
})

/** A journal in memory, for looking without writing anything that has to last. */
export const layerMemory: Layer.Layer<Journal> = Layer.sync(Journal, () => {
  let text = ""
  return journalOn({
    place: "memory",
    read: Effect.sync(() => text),
    append: (more) =>
      Effect.sync(() => {
        text += more
      })
  })
})
