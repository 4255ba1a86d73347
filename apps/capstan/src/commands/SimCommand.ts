/** `capstan sim`: simulated worlds that live on by the wall clock, behind real sockets. */
import * as Command from "effect/cli/Command"
import { simAws } from "./SimAwsFlags.ts"

export const sim = Command.make("sim").pipe(
  Command.withDescription("Serve simulated worlds to real clients"),
  Command.withSubcommands([simAws])
)
