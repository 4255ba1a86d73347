/**
 * The command line: runs what was asked for and ends the process with its code. Runs when imported.
 *
 * Imports modules one by one, not whole libraries: what is not imported costs no start-up time.
 */
import { codeOf, ExitCode, presenter, tell } from "@capstan/command-line"
import { runMain } from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { commandTree } from "./CommandTree.ts"
import { version } from "./Version.ts"

const environment = Layer.mergeAll(
  NodeServices.layer,
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
)

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
