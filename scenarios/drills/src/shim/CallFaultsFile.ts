/**
 * Faults of calls between two processes: the drill writes them into a file of its folder, and the controllers' AWS layer reads it.
 *
 * Whoever reads says so in a second file, over and over, so that a drill knows whether anybody would feel its faults. A fault that
 * nobody ends is over at its own end. The files are replaced as a whole: a reader never sees half of one.
 *
 * @source docs/guides/real-aws.md
 */
import type { Ec2, Elb, Iam, SecretsManager, Sts } from "@capstan/aws"
import { Clock, Effect, FileSystem, Layer, Path, type PlatformError, Schema } from "effect"
import { JournalError } from "../journal/Journal.ts"
import { CallFault, callFaultWords, CallFaults, layerStruck } from "./CallFaults.ts"

const faultsName = "call-faults.json"
const listenerName = "call-faults.listener"

/** How often a reader says that it is there, and how old its word may be. */
const sayMillis = 20_000
/** How often a reader tells its log what strikes. */
const tellMillis = 2_000
const staleMillis = 60_000

const FaultsFile = Schema.fromJsonString(Schema.Array(CallFault))
const decode = Schema.decodeUnknownEffect(FaultsFile)
const encode = Schema.encodeEffect(FaultsFile)

type Files = FileSystem.FileSystem | Path.Path

const failed = (doing: string) => (error: PlatformError.PlatformError) =>
  new JournalError({
    message: `${doing} failed: ${error.message}. Check the folder and its permissions, or give --state another one.`
  })

/** Puts a text in the place of a file, as a whole. */
const replace = (folder: string, name: string, text: string): Effect.Effect<void, JournalError, Files> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const place = path.join(folder, name)
    yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
    yield* fs.writeFileString(`${place}.part`, text, { mode: 0o600 })
    yield* fs.rename(`${place}.part`, place)
  }).pipe(Effect.mapError(failed(`Writing ${name} in ${folder}`)))

/** The faults of a folder's file. */
export const layerFolder = (folder: string): Layer.Layer<CallFaults, never, Files> =>
  Layer.effect(
    CallFaults,
    Effect.gen(function* () {
      const context = yield* Effect.context<Files>()
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      // Ends are told by the clock of whoever made the layer, whatever time its callers live in.
      const clock = yield* Clock.Clock
      // A file that is not there, or that nobody can read, is no fault: controllers go on.
      const written = fs.readFileString(path.join(folder, faultsName)).pipe(
        Effect.flatMap(decode),
        Effect.catch(() => Effect.succeed<ReadonlyArray<CallFault>>([]))
      )
      const change = (faults: (before: ReadonlyArray<CallFault>) => ReadonlyArray<CallFault>) =>
        Effect.gen(function* () {
          const before = yield* written
          const after = faults(before)
          if (after.length === 0 && before.length === 0) return
          yield* replace(folder, faultsName, yield* Effect.orDie(encode(after)))
        }).pipe(Effect.provide(context))
      return CallFaults.of({
        all: written,
        active: Effect.map(written, (faults) => {
          const now = clock.currentTimeMillisUnsafe()
          return faults.filter((fault) => now < fault.expiresMillis)
        }),
        begin: (fault) => change((before) => [...before, fault]),
        end: (owner) => change((before) => before.filter((fault) => fault.owner !== owner))
      })
    })
  )

/**
 * The five services with the faults of a folder in front of them, which also says that somebody listens there. What strikes is logged
 * as a warning when it begins, and when it is over.
 */
export const struckByFolder = (
  folder: string
): Layer.Layer<
  Ec2 | Elb | SecretsManager | Iam | Sts,
  JournalError,
  Ec2 | Elb | SecretsManager | Iam | Sts | Files
> => {
  const say = Effect.flatMap(Clock.currentTimeMillis, (now) => replace(folder, listenerName, String(now)))
  const listening = Layer.effectDiscard(
    Effect.gen(function* () {
      const faults = yield* CallFaults
      yield* say
      yield* Effect.logWarning(`drills may make calls to AWS fail: their faults are read from ${folder}`)
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(sayMillis), Effect.ignore(say))))
      let before: ReadonlyArray<string> = []
      const tell = Effect.gen(function* () {
        const now = (yield* faults.active).map((fault) => `drill ${fault.owner}: ${callFaultWords(fault)}`)
        for (const each of now) if (!before.includes(each)) yield* Effect.logWarning(`calls to AWS fail: ${each}`)
        for (const each of before) if (!now.includes(each)) yield* Effect.logWarning(`over: ${each}`)
        before = now
      })
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(tell, Effect.sleep(tellMillis))))
    })
  )
  return Layer.mergeAll(layerStruck, listening).pipe(Layer.provide(layerFolder(folder)))
}

/** Whether controllers somewhere read the faults of this folder. */
export const isHeard = (folder: string): Effect.Effect<boolean, never, Files> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const said = yield* fs.readFileString(path.join(folder, listenerName)).pipe(
      Effect.map(Number),
      Effect.catch(() => Effect.succeed(0))
    )
    return (yield* Clock.currentTimeMillis) - said < staleMillis
  })
