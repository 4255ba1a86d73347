import { assert, describe, it } from "@effect/vitest"
import { addressOf, findObject, readAddress, readClock } from "../../src/model/Moment.ts"
import { readRecorded } from "../RecordedRun.ts"

describe("addressOf", () => {
  const { objects } = readRecorded("worker-instance-kill")

  it("is read back as the same place, for every object of a run", () => {
    for (const object of [undefined, ...objects.keys()]) {
      const place = { run: 3, t: 754_321, object, event: 17 }
      const asked = readAddress(addressOf(place, objects))
      assert.strictEqual(asked.run, 3)
      assert.strictEqual(asked.t, 754_321)
      assert.strictEqual(asked.event, 17)
      assert.strictEqual(asked.object === undefined ? undefined : findObject(objects, asked.object), object)
    }
  })

  it("is what a person can read and write", () => {
    const key = [...objects.values()].find(({ kind }) => kind === "Cluster")?.key
    assert.match(
      addressOf({ run: 0, t: 62_000, object: key, event: undefined }, objects),
      /^#t=00:01:02\.000&object=Cluster\/[\w-]+\/[\w-]+$/
    )
  })
})

describe("readClock", () => {
  it.each([
    { text: "00:09:49.415", expected: 589_415 },
    { text: "26:00:00", expected: 93_600_000 },
    { text: "9:49", expected: 589_000 },
    { text: "589415", expected: 589_415 },
    { text: "", expected: undefined },
    { text: "soon", expected: undefined },
    { text: "-1", expected: undefined },
    { text: "1:2:3:4", expected: undefined }
  ])("'$text' is $expected", ({ expected, text }) => {
    assert.strictEqual(readClock(text), expected)
  })
})
