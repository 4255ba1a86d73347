/**
 * How a program of Capstan ends: what it says on stderr, and its exit code.
 *
 * Imports modules one by one, not whole libraries: what is not imported costs no start-up time.
 *
 * @source docs/reference/command-line.md
 */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { ExitCode, Stop } from "./ExitCode.ts"

/** `Unknown subcommand "tset". Did you mean 'test'?` */
const onOneLine = (message: string): string =>
  message.replace(
    /\s*Did you mean this\?\s*(.+)/s,
    (_, words: string) => `. Did you mean '${words.split(/\s+/).join("' or '")}'?`
  )

/** Only what is wrong, and where to read on: not the whole help in front of it. */
export const presenter: CliOutput.Presenter = {
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const errors = event.errors.map(({ message }) => `capstan: ${onOneLine(message)}`)
    return Console.error(`${errors.join("\n")}\n\nSee ${event.commandPath.join(" ")} --help.`)
  }
}

/** A request for help is no mistake. */
export const codeOf = (exit: Exit.Exit<unknown, unknown>): ExitCode => {
  if (Exit.isSuccess(exit)) return ExitCode.passed
  if (Cause.hasInterruptsOnly(exit.cause)) return ExitCode.interrupted
  const error = Cause.squash(exit.cause)
  if (error instanceof Stop) return error.code
  if (!CliError.isCliError(error)) return ExitCode.defect
  return error._tag === "ShowHelp" && error.errors.length === 0 ? ExitCode.passed : ExitCode.usage
}

/** Says what has not been said yet. */
export const tell = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const error = Cause.squash(cause)
  if (CliError.isCliError(error)) return Effect.void
  if (!(error instanceof Stop)) return Console.error(`A defect of Capstan; please report it:\n${Cause.pretty(cause)}`)
  return error.message === "" ? Effect.void : Console.error(`capstan: ${error.message}`)
}
