/** A simulated account behind a real socket, in real time, and the SDK's clients for it. */
import { EC2 } from "@aws-sdk/client-ec2"
import { Kernel } from "@capstan/kernel"
import { capaImage, capaInstanceProfiles, SimulatedAws } from "@capstan/simulator-aws"
import { Keyring } from "@capstan/simulator-aws/wire"
import { Effect } from "effect"
import { formatAddress } from "effect/http/HttpServer"
import { awsDoor } from "../../src/sim/AwsDoor.ts"
import { listenAt } from "../../src/sim/Listening.ts"
import { RealTime } from "@capstan/engine"

export const region = "ap-northeast-2"
export const keys = { accessKeyId: "test", secretAccessKey: "test" }
export const imageId = "ami-0a1b2c3d4e5f60718"

export const role = "arn:aws:iam::123456789012:role/builder"

export const seeds = {
  roles: [role],
  images: [capaImage({ id: imageId, version: "v1.30.0" })],
  keyPairs: ["default"],
  instanceProfiles: capaInstanceProfiles
}

/** Served until the scope closes, at this many virtual seconds in a real one. */
export const servedAccount = (speed: number) =>
  Effect.gen(function* () {
    const kernel = new Kernel({ seed: 0, keep: "hash" })
    const aws = new SimulatedAws(kernel, { region, seeds })
    const time = new RealTime(kernel, speed)
    const server = yield* listenAt({ host: "127.0.0.1", port: 0 })
    yield* server.serve(awsDoor(aws, new Keyring({ region, ...keys }), time))
    yield* Effect.forkScoped(time.run)
    const endpoint = formatAddress(server.address)
    const ec2 = new EC2({ endpoint, region, credentials: keys, maxAttempts: 1 })
    yield* Effect.addFinalizer(() => Effect.sync(() => ec2.destroy()))
    return { aws, ec2, endpoint, kernel, port: Number(new URL(endpoint).port) }
  })
