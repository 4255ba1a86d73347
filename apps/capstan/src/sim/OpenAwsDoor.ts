/** A simulated AWS account, open to real clients: keys, sockets and what clients need to know put together. */
import type { Stop } from "@capstan/command-line"
import type { SimulatedAws } from "@capstan/simulator-aws"
import { Keyring } from "@capstan/simulator-aws/wire"
import * as Effect from "effect/Effect"
import { formatAddress } from "effect/http/HttpServer"
import type * as Scope from "effect/Scope"
import type { AwsKeys } from "../input/AwsKeys.ts"
import { awsDoor } from "./AwsDoor.ts"
import { type ListenAt, listenAt } from "./Listening.ts"
import type { RealTime } from "@capstan/engine"

export interface OpenAwsDoorOptions extends ListenAt {
  readonly aws: SimulatedAws
  readonly time: Pick<RealTime, "within">
  readonly keys: AwsKeys
}

/** Serves the account until the scope closes; answers with the lines that make a shell's AWS clients talk to it. */
export const openAwsDoor = (options: OpenAwsDoorOptions): Effect.Effect<ReadonlyArray<string>, Stop, Scope.Scope> =>
  Effect.gen(function* () {
    const { aws, host, keys, port, time } = options
    const server = yield* listenAt({ host, port })
    yield* server.serve(awsDoor(aws, new Keyring({ region: aws.region, ...keys }), time))
    return [
      `  export AWS_ENDPOINT_URL=${formatAddress(server.address)}`,
      `  export AWS_REGION=${aws.region} AWS_DEFAULT_REGION=${aws.region}`,
      `  export AWS_ACCESS_KEY_ID=${keys.accessKeyId}`,
      `  export AWS_SECRET_ACCESS_KEY=${keys.shownSecret}`
    ]
  })
