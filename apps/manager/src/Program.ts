/**
 * The manager's program: `capstan manager …`. Runs when imported.
 *
 * The command line of Capstan hands the process over to it; started by itself it does without the first word.
 */
import { codeOf, presenter, tell } from "@capstan/command-line"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { managerCommand } from "./ManagerCommand.ts"
import manifest from "../package.json" with { type: "json" }

const environment = Layer.mergeAll(
  NodeServices.layer,
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })
)

const words = process.argv.slice(2)

const program = Command.make("capstan").pipe(Command.withSubcommands([managerCommand]))

// Not by `runMain`: it takes SIGTERM for an interruption, and a manager ends what it has begun first (`StopSignal.ts`).
Command.runWith(program, { version: manifest.version })(words[0] === "manager" ? words : ["manager", ...words])
  .pipe(Effect.tapCause(tell), Effect.provide(environment), Effect.runFork)
  // What is left open, such as idle connections, holds nobody up.
  .addObserver((exit) => process.exit(codeOf(exit)))
