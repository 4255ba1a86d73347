import { assert, describe, it } from "@effect/vitest"
import { parse } from "yaml"
import { yamlLines } from "../../src/model/Yaml.ts"
import { recordedRun } from "../RecordedRun.ts"

describe("yamlLines", () => {
  it("is read back by a YAML parser as the same value, for every object of a run", () => {
    const { objectsAt, result, startMillis } = recordedRun("worker-instance-kill")
    const objects = objectsAt(startMillis + result.virtualMillis)
    assert.isAbove(objects.length, 20)
    for (const object of objects) {
      const text = yamlLines(object).join("\n")
      assert.deepStrictEqual(parse(text), JSON.parse(JSON.stringify(object)), text)
    }
  })

  it.each([
    { value: { a: "true", b: true, c: null, d: 1.5, e: "1", f: "", g: "on" } },
    { value: { text: "two\nlines", deep: { more: "a\n\nb: c\n#d" } } },
    { value: { list: [{ a: 1, b: [2, 3] }, [], {}, "x: y", "- z", "#no"] } },
    { value: { "a/b.c": "d # e", "x: y": "k:v", " s ": " t ", "2030-01-01": "2030-01-01T00:00:00Z" } },
    { value: [["a"], [["b"]], { c: [] }] },
    {
      value: {
        ends: "with\nnewline\n",
        starts: " with space\nb",
        quote: '"',
        back: "\\",
        cr: "a\r\nb",
        tilde: "~",
        nan: ".nan",
        dot: "."
      }
    }
  ])("keeps $value", ({ value }) => {
    assert.deepStrictEqual(parse(yamlLines(value).join("\n")), value)
  })
})
