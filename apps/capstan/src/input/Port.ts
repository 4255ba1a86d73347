/** `--port N`: where a server listens. Pure. */
import * as Result from "effect/Result"

/** A TCP port, 0 for any free one, or a sentence that says what is wrong. */
export const parsePort = (text: string): Result.Result<number, string> =>
  /^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535
    ? Result.succeed(Number(text))
    : Result.fail(`--port takes a whole number up to 65535, 0 for any free port, not '${text}'.`)
