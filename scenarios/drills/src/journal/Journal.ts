/**
 * The journal of drills: append a record so that it survives everything, read all that were appended.
 *
 * One record a line, as JSON. A line that was torn by a crash stands last and is passed over: what it was about to announce has
 * not begun. Anything else that cannot be read is an error, with its place: a journal is not to be guessed at.
 *
 * @source https://github.com/ndjson/ndjson-spec
 */
import { Context, Effect, Layer, Result, Schema } from "effect"
import { JournalLine, type JournalRecord } from "./JournalRecord.ts"

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
  /** Appends, after cutting the text down to `length` characters; returns when it is on the disk. */
  readonly append: (line: string, length: number) => Effect.Effect<void, JournalError>
}

const encode = Schema.encodeEffect(JournalLine)
const decode = Schema.decodeUnknownResult(JournalLine)

/** The part of a text that ends with a whole line. */
const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf("\n") + 1)

const parse = (text: string, place: string): Result.Result<ReadonlyArray<JournalRecord>, JournalError> => {
  const records: Array<JournalRecord> = []
  for (const [index, line] of wholeLines(text).split("\n").entries()) {
    if (line === "") continue
    const record = decode(line)
    if (Result.isFailure(record)) {
      const message = `${place}:${index + 1} is no record of a drill. Keep the file, take the line out, and undo by tags if in doubt: capstan aws janitor --tags-only.`
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
      yield* storage.append(`${line}\n`, wholeLines(text).length)
    }),
  records: Effect.flatMap(storage.read, (text) => Effect.fromResult(parse(text, storage.place)))
})

/** A journal in memory: for previews, which write nothing that has to last. */
export const layerMemory: Layer.Layer<Journal> = Layer.sync(Journal, () => {
  let text = ""
  return journalOn({
    place: "memory",
    read: Effect.sync(() => text),
    append: (line, length) =>
      Effect.sync(() => {
        text = text.slice(0, length) + line
      })
  })
})
