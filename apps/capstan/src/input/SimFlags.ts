/** What `capstan sim` is told in numbers. Pure. */
import * as Result from "effect/Result"

const speedMax = 3600

/** `60x` or `60`: virtual seconds in a real one. */
export const parseSpeed = (text: string): Result.Result<number, string> => {
  const found = /^(\d+(?:\.\d+)?)x?$/.exec(text)
  const speed = found === null ? Number.NaN : Number(found[1])
  return speed > 0 && speed <= speedMax
    ? Result.succeed(speed)
    : Result.fail(
        `--speed '${text}' is none: say how many times as fast as the clock, such as 60x, up to ${speedMax}x.`
      )
}

/** 0 stands for any free one. */
export const parsePort = (text: string): Result.Result<number, string> => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return port <= 65_535
    ? Result.succeed(port)
    : Result.fail(`--port '${text}' is none: say a number from 0 (any free one) to 65535.`)
}
