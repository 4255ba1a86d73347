/**
 * The journal as a file, and the stop switch beside it: `journal.ndjson` and `stop` in one folder.
 *
 * A record is written and synced before `append` returns; when the file is new, so is its folder's entry. The file belongs to
 * its user alone: it names accounts and resources.
 *
 * @source https://man7.org/linux/man-pages/man2/fsync.2.html
 */
import { Effect, FileSystem, Layer, Path, type PlatformError } from "effect"
import { Journal, JournalError, journalOn } from "./Journal.ts"
import { StopSwitch } from "./StopSwitch.ts"

const journalName = "journal.ndjson"
const stopName = "stop"

const failed = (doing: string) => (error: PlatformError.PlatformError) =>
  new JournalError({
    message: `${doing} failed: ${error.message}. Check the folder and its permissions, or give --state another one.`
  })

/** Makes what stands in a folder survive a loss of power. */
const syncFolder = (fs: FileSystem.FileSystem, folder: string) =>
  Effect.scoped(Effect.flatMap(fs.open(folder, { flag: "r" }), (handle) => handle.sync))

const journalFile = (folder: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const place = path.join(folder, journalName)
    const write = (line: string, length: number, before: string) =>
      Effect.scoped(
        Effect.gen(function* () {
          yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
          const torn = before.length > length
          const handle = yield* fs.open(place, { flag: "a", mode: 0o600 })
          // What a crash tore is cut off, or the next line would be torn too.
          if (torn) yield* handle.truncate(Buffer.byteLength(before.slice(0, length)))
          yield* handle.writeAll(Buffer.from(line))
          yield* handle.sync
          if (before !== "") return
          yield* syncFolder(fs, folder)
          yield* syncFolder(fs, path.dirname(path.resolve(folder)))
        })
      )
    const read = fs.readFileString(place).pipe(
      Effect.catchIf(
        (error) => error.reason._tag === "NotFound",
        () => Effect.succeed("")
      ),
      Effect.mapError(failed(`Reading ${place}`))
    )
    return journalOn({
      place,
      read,
      append: (line, length) =>
        Effect.flatMap(read, (before) => Effect.mapError(write(line, length, before), failed(`Writing ${place}`)))
    })
  })

const stopFile = (folder: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const place = path.join(folder, stopName)
    return StopSwitch.of({
      place,
      isPulled: Effect.mapError(fs.exists(place), failed(`Looking for ${place}`)),
      pull: Effect.mapError(
        Effect.andThen(
          fs.makeDirectory(folder, { recursive: true, mode: 0o700 }),
          fs.writeFileString(place, "No drill may act while this file is here.\n", { mode: 0o600 })
        ),
        failed(`Writing ${place}`)
      ),
      lift: Effect.mapError(fs.remove(place, { force: true }), failed(`Removing ${place}`))
    })
  })

/** The journal and the stop switch of a folder, which is made when something is written. */
export const layerFolder = (
  folder: string
): Layer.Layer<Journal | StopSwitch, never, FileSystem.FileSystem | Path.Path> =>
  Layer.merge(Layer.effect(Journal, journalFile(folder)), Layer.effect(StopSwitch, stopFile(folder)))
