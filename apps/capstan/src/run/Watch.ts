/**
 * Does something again whenever files change, or Enter is pressed, until `q` or Ctrl-C.
 *
 * Editors write files in many ways: what counts is whether a file is another one than before, looked at whenever its folder stirs.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { statSync, watch } from "node:fs"
import { dirname } from "node:path"

/** Where keys come from, one at a time. */
export type Keyboard = Queue.Dequeue<string>

export interface WatchOptions<A> {
  /** Done at once, and again for each change; ended where it stands by `q` and Ctrl-C. */
  readonly run: Effect.Effect<A>
  /** The files that matter, absolute; asked after each run. */
  readonly files: () => ReadonlyArray<string>
  /** Told that it waits now. */
  readonly onWait: (files: number) => void
  readonly keyboard: Keyboard
}

/** A change is often several: real milliseconds to wait for the last of them. */
const settleMillis = 100

const interruptKey = "\u0003"

/** What it came to last; undefined when it was ended in the middle of the first, or by Ctrl-C. */
export const rerunOnChange = <A>(options: WatchOptions<A>): Effect.Effect<A | undefined> =>
  Effect.gen(function* () {
    const { files, keyboard, onWait, run } = options
    let last: A | undefined
    for (;;) {
      const before = new Map<string, string>()
      for (const file of files()) before.set(file, stateOf(file))
      const outcome = yield* Effect.raceFirst(
        Effect.map(run, (value) => ({ value })),
        quitKey(keyboard)
      )
      if (typeof outcome === "string") return outcome === "q" ? last : undefined
      last = outcome.value
      const watched = files()
      // Nothing was found: no file that may change can mend that.
      if (watched.length === 0) return last
      for (const file of watched) if (!before.has(file)) before.set(file, stateOf(file))
      onWait(watched.length)
      const key = yield* Effect.scoped(Effect.raceFirst(changeOf(before, watched), anyKey(keyboard)))
      if (key === "q") return last
      if (key === interruptKey) return undefined
    }
  })

/** Other keys pressed meanwhile mean nothing. */
const quitKey = (keyboard: Keyboard): Effect.Effect<string> =>
  Effect.flatMap(Queue.take(keyboard), (key) =>
    key === "q" || key === interruptKey ? Effect.succeed(key) : quitKey(keyboard)
  )

const anyKey = (keyboard: Keyboard): Effect.Effect<string> =>
  Effect.flatMap(Queue.take(keyboard), (key) =>
    key === "q" || key === interruptKey || key === "\r" || key === "\n" ? Effect.succeed(key) : anyKey(keyboard)
  )

/** Waits until a file is not what it was. */
const changeOf = (
  before: ReadonlyMap<string, string>,
  files: ReadonlyArray<string>
): Effect.Effect<string, never, Scope.Scope> =>
  Effect.gen(function* () {
    const stirs = yield* Queue.sliding<true>(1)
    for (const folder of new Set(files.map((file) => dirname(file)))) {
      yield* Effect.acquireRelease(
        Effect.sync(() => watchFolder(folder, () => Queue.offerUnsafe(stirs, true))),
        (watcher) => Effect.sync(() => watcher?.close())
      )
    }
    for (;;) {
      // What changed before anybody listened is seen at once.
      if (files.some((file) => stateOf(file) !== before.get(file))) return "changed"
      yield* Queue.take(stirs)
      yield* Effect.sleep(settleMillis)
    }
  })

/** Undefined where the folder is gone: its files are looked at when another one stirs. */
const watchFolder = (folder: string, onStir: () => void) => {
  try {
    const watcher = watch(folder, onStir)
    watcher.on("error", onStir)
    return watcher
  } catch {
    return undefined
  }
}

const stateOf = (file: string): string => {
  const state = statSync(file, { throwIfNoEntry: false })
  return state === undefined ? "missing" : `${state.mtimeMs} ${state.size} ${state.ino}`
}

/** Keys of the terminal as they are pressed, until the scope closes; the terminal is then as it was. */
export const terminalKeys: Effect.Effect<Keyboard, never, Scope.Scope> = Effect.gen(function* () {
  const keys = yield* Queue.unbounded<string>()
  const { stdin } = process
  const onData = (data: Buffer): void => {
    for (const key of data.toString()) Queue.offerUnsafe(keys, key)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      stdin.setRawMode(true)
      stdin.on("data", onData)
      stdin.resume()
    }),
    () =>
      Effect.sync(() => {
        stdin.off("data", onData)
        stdin.setRawMode(false)
        stdin.pause()
      })
  )
  return keys
})
