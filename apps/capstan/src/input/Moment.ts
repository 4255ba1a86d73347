/** A virtual time on the command line: `1h4m11s`, `90s`, `+5m`, `00:07:12` or `07:12`. Pure. */
import { parseDuration } from "@capstan/engine/text"
import * as Result from "effect/Result"

const clock = /^(?:(\d+):)?(\d{1,2}):(\d{2})(?:\.(\d{1,3}))?$/

/** Virtual milliseconds from the start of the run, or a sentence that says what is wrong. */
export const parseMoment = (text: string): Result.Result<number, string> => {
  const [whole, hours = "0", minutes = "", seconds = "", fraction = "0"] = clock.exec(text) ?? []
  if (whole !== undefined && Number(minutes) < 60 && Number(seconds) < 60) {
    const millis = Number(fraction.padEnd(3, "0"))
    return Result.succeed((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000 + millis)
  }
  const millis = parseDuration(text)
  return millis === undefined
    ? Result.fail(`'${text}' is no virtual time: write 1h4m11s or 01:04:11.`)
    : Result.succeed(millis)
}
