/**
 * What flags hold, as text: durations as Go writes them, and addresses to listen at. Pure.
 *
 * @source https://pkg.go.dev/time#ParseDuration
 */
import { Result } from "effect"

const unitMillis: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `15s`, `10m`, `1h30m`, `500ms`: whole milliseconds, above zero. */
export const parseDuration = (flag: string, text: string): Result.Result<number, string> => {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  const whole = parts.map(([part]) => part).join("") === text && parts.length > 0
  const millis = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitMillis[unit ?? ""] ?? 0), 0)
  return whole && millis >= 1
    ? Result.succeed(Math.round(millis))
    : Result.fail(`--${flag} '${text}' is no duration: say it as 15s, 10m or 1h30m.`)
}

/** Above zero. */
export const parseCount = (flag: string, text: string): Result.Result<number, string> =>
  /^[1-9]\d{0,5}$/.test(text)
    ? Result.succeed(Number(text))
    : Result.fail(`--${flag} '${text}' is no count: say a whole number above zero.`)

export interface ListenAt {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

/** `:9440` for all addresses of the machine, `localhost:8080`, `[::1]:8080`; `undefined` for `0`, which means not to listen. */
export const parseAddress = (flag: string, text: string): Result.Result<ListenAt | undefined, string> => {
  if (text === "0") return Result.succeed(undefined)
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  const port = Number(found?.[3])
  const host = found?.[1] ?? found?.[2] ?? ""
  return found !== null && port <= 65_535
    ? Result.succeed({ host: host === "" ? "0.0.0.0" : host, port })
    : Result.fail(`--${flag} '${text}' is no address: say it as :9440, localhost:8080, or 0 for none.`)
}

export const isLoopback = ({ host }: ListenAt): boolean =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host)

const speedMax = 3600

/** `20x@2026-11-23T03:00:00.000Z`: a world's pace, and the moment at which its clock showed what the wall's did. */
export const parseWorldTime = (
  flag: string,
  text: string
): Result.Result<{ readonly speed: number; readonly startMillis: number }, string> => {
  const found = /^(\d+(?:\.\d+)?)x@(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)$/.exec(text)
  const [speed, startMillis] = [Number(found?.[1]), Date.parse(found?.[2] ?? "")]
  return speed > 0 && speed <= speedMax && Number.isFinite(startMillis)
    ? Result.succeed({ speed, startMillis })
    : Result.fail(`--${flag} '${text}' is none: take what \`capstan sim up\` prints, such as 20x@2030-01-01T00:00:00Z.`)
}
