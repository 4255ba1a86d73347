import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { parseStepCommand, StepCommand } from "../../src/input/StepCommand.ts"

const cases = [
  { line: "", command: StepCommand.Next() },
  { line: "  ", command: StepCommand.Next() },
  { line: "n", command: StepCommand.Next() },
  { line: "W", command: StepCommand.Write() },
  { line: "c", command: StepCommand.Continue({ expression: undefined }) },
  { line: "c  a == 'b c'  ", command: StepCommand.Continue({ expression: "a == 'b c'" }) },
  { line: "continue x", command: StepCommand.Continue({ expression: "x" }) },
  { line: "u 16m", command: StepCommand.Until({ millis: 960_000 }) },
  { line: "until 00:16:00", command: StepCommand.Until({ millis: 960_000 }) },
  { line: "t", command: StepCommand.Tree() },
  { line: "q", command: StepCommand.Quit() },
  { line: "?", command: StepCommand.Help() }
]

describe("parseStepCommand", () => {
  it.each(cases)("reads '$line'", ({ command, line }) => {
    assert.deepStrictEqual(Result.getOrThrow(parseStepCommand(line)), command)
  })

  it("says what is wrong", () => {
    const wrong = (line: string) =>
      Result.match(parseStepCommand(line), { onSuccess: () => "", onFailure: (message) => message })
    assert.include(wrong("step"), "'step' is no command here. h shows")
    assert.include(wrong("u"), "is no virtual time")
    assert.include(wrong("u yesterday"), "'yesterday' is no virtual time")
  })
})
