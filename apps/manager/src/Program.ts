/**
 * The manager's program: `capstan manager …`. Runs when imported.
 *
 * The command line of Capstan hands the process over to it; started by itself it does without the first word.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Console, Effect, Exit, Layer } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from "effect/cli"
import { ManagerExit, Stop } from "./ManagerExit.ts"
import { managerCommand } from "./ManagerCommand.ts"
import manifest from "../package.json" with { type: "json" }

const onOneLine = (message: string): string =>
  message.replace(
    /\s*Did you mean this\?\s*(.+)/s,
    (_, words: string) => `. Did you mean '${words.split(/\s+/).join("' or '")}'?`
  )

/** Only what is wrong, and where to read on. */
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
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })
)

const codeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return ManagerExit.done
  if (Cause.hasInterruptsOnly(exit.cause)) return ManagerExit.interrupted
  const error = Cause.squash(exit.cause)
  if (error instanceof Stop) return error.code
  if (!CliError.isCliError(error)) return ManagerExit.defect
  return error._tag === "ShowHelp" && error.errors.length === 0 ? ManagerExit.done : ManagerExit.usage
}

const tell = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const error = Cause.squash(cause)
  if (CliError.isCliError(error)) return Effect.void
  if (!(error instanceof Stop)) return Console.error(`A defect of Capstan; please report it:\n${Cause.pretty(cause)}`)
  return Console.error(`capstan: ${error.message}`)
}

const words = process.argv.slice(2)

const program = Command.make("capstan").pipe(Command.withSubcommands([managerCommand]))

// Not by `runMain`: it takes SIGTERM for an interruption, and a manager ends what it has begun first (`StopSignal.ts`).
Command.runWith(program, { version: manifest.version })(words[0] === "manager" ? words : ["manager", ...words])
  .pipe(Effect.tapCause(tell), Effect.provide(environment), Effect.runFork)
  // What is left open, such as idle connections, holds nobody up.
  .addObserver((exit) => process.exit(codeOf(exit)))
