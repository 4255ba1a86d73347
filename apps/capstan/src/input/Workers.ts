/** How many worker threads. Pure. */
import * as Result from "effect/Result"

/** `--workers N`. */
export const parseWorkers = (text: string): Result.Result<number, string> =>
  /^[0-9]{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 256
    ? Result.succeed(Number(text))
    : Result.fail(`--workers takes a number from 1 to 256, not '${text}'.`)
