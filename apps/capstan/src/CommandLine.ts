/**
 * The command line: runs what was asked for and ends the process with its code. Runs when imported.
 *
 * Imports modules one by one, not whole libraries: what is not imported costs no start-up time.
 */
import { runMain } from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { commandTree } from "./CommandTree.ts"
import { ExitCode, Stop } from "./ExitCode.ts"
import { version } from "./Version.ts"

/** `Unknown subcommand "tset". Did you mean 'test'?` */
const onOneLine = (message: string): string =>
  message.replace(
    /\s*Did you mean this\?\s*(.+)/s,
    (_, words: string) => `. Did you mean '${words.split(/\s+/).join("' or '")}'?`
  )

/** Only what is wrong, and where to read on: not the whole help in front of it. */
const presenter: CliOutput.Presenter = {
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const errors = event.errors.map(({ message }) => `capstan: ${onOneLine(message)}`)
    return Console.error(`${errors.join("\n")}\n\nSee ${event.commandPath.join(" ")} --help.`)
  }
}

const environment = Layer.mergeAll(
  NodeServices.layer,
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
)

const codeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return ExitCode.passed
  if (Cause.hasInterruptsOnly(exit.cause)) return ExitCode.interrupted
  const error = Cause.squash(exit.cause)
  if (error instanceof Stop) return error.code
  if (!CliError.isCliError(error)) return ExitCode.defect
  return error._tag === "ShowHelp" && error.errors.length === 0 ? ExitCode.passed : ExitCode.usage
}

/** Says what has not been said yet. */
const tell = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const error = Cause.squash(cause)
  if (CliError.isCliError(error)) return Effect.void
  if (!(error instanceof Stop)) return Console.error(`A defect of Capstan; please report it:\n${Cause.pretty(cause)}`)
  return error.message === "" ? Effect.void : Console.error(`capstan: ${error.message}`)
}

// A reader that goes away, such as `head`, has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
  process.exit(ExitCode.passed)
})

/** `--changed` alone, whose value may be left out, as the flag's empty value. */
const given = process.argv.slice(2).map((argument) => (argument === "--changed" ? "--changed=" : argument))

Command.runWith(commandTree, { version })(given).pipe(
  Effect.tapCause(tell),
  Effect.provide(environment),
  runMain({
    disableErrorReporting: true,
    // The process ends by itself once its output is written; nothing holds it.
    teardown: (exit) => {
      process.exitCode = codeOf(exit)
    }
  })
)
