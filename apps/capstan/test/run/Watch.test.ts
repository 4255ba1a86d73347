import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue } from "effect"
import { mkdtempSync, renameSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rerunOnChange } from "../../src/run/Watch.ts"

/** A watch over two files; `waits` has an item for each time that it began to wait. */
const watching = Effect.fnUntraced(function* (run?: Effect.Effect<number>) {
  const home = mkdtempSync(join(tmpdir(), "capstan-watch-"))
  const files = ["a.yaml", "b.yaml"].map((name) => join(home, name))
  for (const file of files) writeFileSync(file, "1")
  writeFileSync(join(home, "stranger.yaml"), "1")
  const keyboard = yield* Queue.unbounded<string>()
  const waits = yield* Queue.unbounded<number>()
  let runs = 0
  const fiber = yield* Effect.forkChild(
    rerunOnChange({
      run: run ?? Effect.sync(() => ++runs),
      files: () => files,
      onWait: (count) => Queue.offerUnsafe(waits, count),
      keyboard
    })
  )
  return { home, keyboard, waits, runs: () => runs, ended: Fiber.join(fiber) }
})

describe("rerunOnChange", () => {
  it.live("runs again when a file is written or replaced, and not when another one is", () =>
    Effect.gen(function* () {
      const { ended, home, keyboard, runs, waits } = yield* watching()
      assert.strictEqual(yield* Queue.take(waits), 2)
      writeFileSync(join(home, "a.yaml"), "22")
      yield* Queue.take(waits)
      writeFileSync(join(home, "next"), "333")
      renameSync(join(home, "next"), join(home, "b.yaml"))
      yield* Queue.take(waits)
      assert.strictEqual(runs(), 3)
      writeFileSync(join(home, "stranger.yaml"), "22")
      yield* Effect.sleep(400)
      assert.strictEqual(runs(), 3)
      yield* Queue.offer(keyboard, "q")
      assert.strictEqual(yield* ended, 3)
    })
  )

  it.live("runs again for Enter, and for no other key", () =>
    Effect.gen(function* () {
      const { ended, keyboard, runs, waits } = yield* watching()
      yield* Queue.take(waits)
      yield* Queue.offerAll(keyboard, ["x", "\r"])
      yield* Queue.take(waits)
      assert.strictEqual(runs(), 2)
      yield* Queue.offer(keyboard, "\u0003")
      assert.isUndefined(yield* ended)
    })
  )

  it.live("ends a run where it stands", () =>
    Effect.gen(function* () {
      const { ended, keyboard } = yield* watching(Effect.never)
      yield* Queue.offerAll(keyboard, ["\r", "q"])
      assert.isUndefined(yield* ended)
    })
  )
})
