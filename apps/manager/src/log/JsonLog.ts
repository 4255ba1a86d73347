/**
 * Log lines as klog writes them in JSON: `ts` in milliseconds, `v`, `msg`, `err`, and what is known of the reconcile. On stderr.
 *
 * What the lines say comes from our own sentences and from errors, which hold no credentials.
 *
 * @source https://kubernetes.io/docs/concepts/cluster-administration/system-logs/#json-log-format
 */
import { Cause, type LogLevel, Logger, References } from "effect"

/** From which `-v` on a level is shown, as upstream numbers them. */
const verbosityOf: { readonly [Level in LogLevel.LogLevel]?: number } = { Info: 0, Debug: 4, Trace: 6, All: 6 }

/** The least level that is shown with this `-v`. */
export const levelOf = (verbosity: number): LogLevel.LogLevel =>
  verbosity >= 6 ? "Trace" : verbosity >= 4 ? "Debug" : "Info"

const isError = (level: LogLevel.LogLevel): boolean => level === "Error" || level === "Fatal"

const textOf = (message: unknown): string =>
  Array.isArray(message)
    ? message.map(textOf).join(" ")
    : typeof message === "string"
      ? message
      : JSON.stringify(message)

const lineOf = (options: Logger.Options<unknown>): string => {
  const { cause, date, fiber, logLevel, message } = options
  const failure = cause.reasons.length === 0 ? {} : { err: Cause.pretty(cause) }
  return JSON.stringify({
    ts: date.getTime(),
    ...(isError(logLevel) ? { level: "error" } : { level: logLevel.toLowerCase(), v: verbosityOf[logLevel] ?? 0 }),
    msg: textOf(message),
    ...fiber.getRef(References.CurrentLogAnnotations),
    ...failure
  })
}

export const jsonLogger = Logger.withConsoleError(Logger.make(lineOf))

export const textLogger = Logger.withConsoleError(Logger.formatLogFmt)
