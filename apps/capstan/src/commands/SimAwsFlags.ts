/** The flags of `capstan sim aws`; what it does is loaded when it is called. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Option from "effect/Option"
import { repeatedFlag, switchFlag, textFlag } from "../input/Flags.ts"

export const simAws = Command.make(
  "aws",
  {
    port: textFlag("port", "N", "Port to listen at, 0 for any free one; 5100 unless given"),
    host: textFlag("host", "ADDRESS", "Address to listen at; 127.0.0.1 unless given"),
    region: textFlag("region", "REGION", "The account's region; AWS_REGION or us-east-1 unless given"),
    speed: textFlag("speed", "60x", "Virtual seconds in a real one; 1x unless given"),
    seed: textFlag("seed", "N", "0, unless given, for median delays; any other seed draws them"),
    accessKeyId: textFlag("access-key-id", "ID", "The access key id that opens the account; test unless given"),
    images: repeatedFlag("image", "VERSION", "Kubernetes version of a machine image in the account (repeatable)"),
    keyPairs: repeatedFlag("key-pair", "NAME", "A key pair in the account; default unless given (repeatable)"),
    roles: repeatedFlag("role", "ARN", "A role that may be assumed (repeatable)"),
    calls: switchFlag("calls", "Print every call and what came of it")
  },
  ({ calls, images, keyPairs, roles, ...rest }) =>
    Effect.flatMap(
      Effect.promise(() => import("./SimAwsCommand.ts")),
      ({ simAwsCommand }) =>
        simAwsCommand({
          calls,
          images,
          keyPairs,
          roles,
          port: Option.getOrUndefined(rest.port),
          host: Option.getOrUndefined(rest.host),
          region: Option.getOrUndefined(rest.region),
          speed: Option.getOrUndefined(rest.speed),
          seed: Option.getOrUndefined(rest.seed),
          accessKeyId: Option.getOrUndefined(rest.accessKeyId)
        })
    )
).pipe(
  Command.withDescription("Serve a simulated AWS account: EC2, classic load balancers, Secrets Manager, IAM, STS"),
  Command.withExamples([
    { command: "capstan sim aws", description: "At http://127.0.0.1:5100, until Ctrl-C" },
    { command: "capstan sim aws --port 0 --speed 60x", description: "At any free port; an hour goes by in a minute" }
  ])
)
