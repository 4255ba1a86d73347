/** `--speed 60x`: how many seconds go by in a simulated world in a real one. Pure. */
import * as Result from "effect/Result"

const fastest = 100_000

/** Virtual seconds in a real one, or a sentence that says what is wrong. */
export const parseSpeed = (text: string): Result.Result<number, string> => {
  const speed = /^[0-9]{1,6}(?:\.[0-9]{1,3})?x?$/.test(text) ? Number(text.replace("x", "")) : 0
  return speed > 0 && speed <= fastest
    ? Result.succeed(speed)
    : Result.fail(`--speed takes a number above 0 and up to ${fastest}, as in 60x, not '${text}'.`)
}
