/** Durations of real time on the command line, `90s` or `10m`. Pure. */
import { parseDuration } from "@capstan/engine/text"
import * as Result from "effect/Result"

/** How long shrinking may take unless told otherwise, milliseconds. */
export const shrinkMillisDefault = 60_000

/** Milliseconds; a sentence when it is no time, or none at all. */
export const parseRealTime = (
  flag: string,
  text: string | undefined,
  otherwise: number
): Result.Result<number, string> => {
  if (text === undefined) return Result.succeed(otherwise)
  const millis = parseDuration(text)
  return millis === undefined || millis === 0 || text.startsWith("+")
    ? Result.fail(`${flag} takes a duration such as 90s or 10m, not '${text}'.`)
    : Result.succeed(millis)
}
