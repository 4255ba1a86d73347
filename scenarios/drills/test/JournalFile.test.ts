import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Intent, Journal, layerFolder, openIntents, StopSwitch } from "../src/index.ts"

const intent = (number: number): Intent => ({
  _tag: "Intent",
  version: 1,
  id: `d/${number}`,
  drill: "d",
  at: "2030-01-01T00:00:00Z",
  expires: "2030-01-01T00:30:00Z",
  account: "123456789012",
  region: "eu-west-1",
  cluster: "demo",
  step: "hit",
  fault: "compute.stop",
  undo: { _tag: "StartInstance", instance: `i-${number}` }
})

/** A folder of its own for a test, which is away at its end. */
const inFolder = (
  test: (folder: string, file: string) => Effect.Effect<void, unknown, Journal | StopSwitch>
): Promise<void> => {
  const parent = mkdtempSync(join(tmpdir(), "capstan-drills-"))
  const folder = join(parent, "deep", "drills")
  return Effect.runPromise(
    test(folder, join(folder, "journal.ndjson")).pipe(
      Effect.provide(layerFolder(folder)),
      Effect.provide(NodeServices.layer),
      Effect.ensuring(Effect.sync(() => rmSync(parent, { recursive: true })))
    )
  )
}

describe("the journal's file", () => {
  it("is empty while there is none, and holds what was appended", () =>
    inFolder((_, file) =>
      Effect.gen(function* () {
        const journal = yield* Journal
        assert.deepStrictEqual(yield* journal.records, [])
        yield* journal.append(intent(1))
        yield* journal.append({ _tag: "Undone", version: 1, id: "d/1", at: "2030-01-01T00:01:00Z", how: "started" })
        yield* journal.append(intent(2))
        const records = yield* journal.records
        assert.deepStrictEqual(
          records.map(({ _tag }) => _tag),
          ["Intent", "Undone", "Intent"]
        )
        assert.deepStrictEqual(openIntents(records), [intent(2)])
        assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      })
    ))

  it("passes over a line that a crash tore, and goes on behind it", () =>
    inFolder((_, file) =>
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* journal.append(intent(1))
        appendFileSync(file, JSON.stringify(intent(2)).slice(0, 70))
        assert.deepStrictEqual(yield* journal.records, [intent(1)])
        yield* journal.append(intent(3))
        assert.deepStrictEqual(yield* journal.records, [intent(1), intent(3)])
        assert.match(readFileSync(file, "utf8"), /\n$/)
      })
    ))

  it("is not guessed at when a line is no record", () =>
    inFolder((_, file) =>
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* journal.append(intent(1))
        appendFileSync(file, `{"_tag":"Intent","version":2}\n`)
        const error = yield* Effect.flip(journal.records)
        assert.include(error.message, `${file}:2 is no record of a drill`)
      })
    ))

  it("says so when its folder cannot be made", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        // A file stands where the folder should be.
        writeFileSync(join(folder, ".."), "in the way")
        const journal = yield* Journal
        const error = yield* Effect.flip(journal.append(intent(1)))
        assert.match(error.message, /^(Reading|Writing) .*journal\.ndjson failed: .*--state/)
      })
    ))

  it("has the stop switch beside it", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const { isPulled, lift, place, pull } = yield* StopSwitch
        assert.isFalse(yield* isPulled)
        yield* lift
        yield* pull
        yield* pull
        assert.isTrue(yield* isPulled)
        assert.strictEqual(place, join(folder, "stop"))
        yield* lift
        assert.isFalse(yield* isPulled)
      })
    ))
})
