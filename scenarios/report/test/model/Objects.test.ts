import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { objectAt, objectLines } from "../../src/model/Objects.ts"
import { recordedRun } from "../RecordedRun.ts"

/** A trace's patches are JSON, in which a field that is undefined is not there, with digests in the place of join tokens. */
const asTraced = (object: object): unknown =>
  JSON.parse(
    JSON.stringify(object).replaceAll(
      /(?<="token":")[a-z0-9]{6}\.[a-z0-9]{16}(?=")/g,
      (token) => `sha256:${createHash("sha256").update(token).digest("hex").slice(0, 16)}`
    )
  )

describe("objectLines", () => {
  it("rebuilds every object of the management cluster as it was, at any time of a real run", () => {
    const { events, objectsAt, result, startMillis } = recordedRun("worker-instance-kill")
    const lines = [...objectLines(events).values()].filter(({ api, kind }) => api === "management" && kind !== "Secret")
    for (const share of [0, 0.02, 0.1, 0.3, 0.5, 0.77, 1]) {
      const t = Math.round(result.virtualMillis * share)
      const rebuilt = new Map(
        lines.flatMap((line) => {
          const object = objectAt(line, t)
          return object === undefined ? [] : [[`${line.kind}/${line.namespace}/${line.name}`, object]]
        })
      )
      const real = objectsAt(startMillis + t).filter(({ kind }) => kind !== "Secret")
      assert.isAbove(real.length, 3)
      assert.strictEqual(rebuilt.size, real.length, `at ${t}`)
      for (const object of real) {
        const { name, namespace = "" } = object.metadata
        assert.deepStrictEqual(rebuilt.get(`${object.kind}/${namespace}/${name}`), asTraced(object))
      }
    }
  })
})
