/** What can be asked of a run that stands still, a line at a time: `n`, `w`, `c workers.size() == 3`, `u 16m`, `t`, `q`. Pure. */
import * as Data from "effect/Data"
import * as Result from "effect/Result"
import { parseMoment } from "./Moment.ts"

export type StepCommand = Data.TaggedEnum<{
  /** To the next event. */
  Next: {}
  /** To the next write of an object. */
  Write: {}
  /** Until an expression holds; to the end without one. */
  Continue: { readonly expression: string | undefined }
  /** To a time, virtual milliseconds from the start. */
  Until: { readonly millis: number }
  Tree: {}
  Quit: {}
  Help: {}
}>
export const StepCommand = Data.taggedEnum<StepCommand>()

/** What there is, for who asks for help. */
export const stepHelp: ReadonlyArray<string> = [
  "  Enter, n   to the next event",
  "  w          to the next write of an object",
  "  c [CEL]    until the expression holds, or to the end",
  "  u T        to a time, such as 16m or 00:16:00",
  "  t          the objects as a tree",
  "  q          quit",
  "  h          this help"
]

/** A line as a command; a sentence when it is none. */
export const parseStepCommand = (line: string): Result.Result<StepCommand, string> => {
  const [, word = "", rest = ""] = /^\s*(\S*)\s*([^]*?)\s*$/.exec(line) ?? []
  switch (word.toLowerCase()) {
    case "":
    case "n":
    case "next":
      return Result.succeed(StepCommand.Next())
    case "w":
    case "write":
      return Result.succeed(StepCommand.Write())
    case "c":
    case "continue":
      return Result.succeed(StepCommand.Continue({ expression: rest === "" ? undefined : rest }))
    case "u":
    case "until":
      return Result.map(parseMoment(rest), (millis) => StepCommand.Until({ millis }))
    case "t":
    case "tree":
      return Result.succeed(StepCommand.Tree())
    case "q":
    case "quit":
      return Result.succeed(StepCommand.Quit())
    case "h":
    case "help":
    case "?":
      return Result.succeed(StepCommand.Help())
    default:
      return Result.fail(`'${word}' is no command here. h shows those that there are.`)
  }
}
