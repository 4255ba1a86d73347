/** `capstan sim aws`: a simulated AWS account for the SDKs, the AWS CLI and boto3, by the wall clock, until Ctrl-C. */
import { type Stop, usage } from "@capstan/command-line"
import { Kernel } from "@capstan/kernel"
import { capaImage, capaInstanceProfiles, regions, SimulatedAws } from "@capstan/simulator-aws"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { parseAwsKeys } from "../input/AwsKeys.ts"
import { parseSeeds } from "../input/SeedRange.ts"
import { parsePort, parseSpeed } from "../input/SimFlags.ts"
import { callLine } from "../sim/CallLine.ts"
import { openAwsDoor } from "../sim/OpenAwsDoor.ts"
import { RealTime } from "@capstan/engine"

export interface SimAwsFlags {
  readonly port: string | undefined
  readonly host: string | undefined
  readonly region: string | undefined
  readonly speed: string | undefined
  readonly seed: string | undefined
  readonly accessKeyId: string | undefined
  readonly images: ReadonlyArray<string>
  readonly keyPairs: ReadonlyArray<string>
  readonly roles: ReadonlyArray<string>
  readonly calls: boolean
}

export const simAwsCommand = (flags: SimAwsFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const wish = yield* Effect.mapError(Effect.fromResult(wishOf(flags, process.env)), usage)
      const kernel = new Kernel({ seed: wish.seed, epochMillis: yield* Clock.currentTimeMillis, keep: "hash" })
      const aws = new SimulatedAws(kernel, { region: wish.region, seeds: seedsOf(wish) })
      if (flags.calls) kernel.trace.subscribe((event) => print(callLine(event, kernel.trace.epochMillis)))
      const time = new RealTime(kernel, wish.speed)
      const exports = yield* openAwsDoor({ aws, time, host: wish.host, port: wish.port, keys: wish.keys })
      print(welcome(wish, exports))
      return yield* time.run
    })
  )

const print = (text: string | undefined): void => {
  if (text !== undefined) process.stdout.write(`${text}\n`)
}

type Wish = Result.Result.Success<ReturnType<typeof wishOf>>

const wishOf = (flags: SimAwsFlags, environment: NodeJS.ProcessEnv) =>
  Result.gen(function* () {
    const region = flags.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
    if (!Object.hasOwn(regions, region)) {
      return yield* Result.fail(`There is no region '${region}'; there are ${Object.keys(regions).join(", ")}.`)
    }
    const [seed = 0, ...others] = yield* parseSeeds(flags.seed ?? "0")
    if (others.length > 0) return yield* Result.fail("An account has one --seed.")
    const host = flags.host ?? "127.0.0.1"
    return {
      region,
      seed,
      host,
      port: yield* parsePort(flags.port ?? "5100"),
      speed: yield* parseSpeed(flags.speed ?? "1x"),
      keys: yield* parseAwsKeys({ accessKeyId: flags.accessKeyId, host }, environment),
      images: flags.images.length === 0 ? ["v1.33.1", "v1.34.0"] : flags.images,
      keyPairs: flags.keyPairs.length === 0 ? ["default"] : flags.keyPairs,
      roles: flags.roles
    }
  })

const imagesOf = (wish: Wish) =>
  wish.images.map((version, index) => capaImage({ id: `ami-${String(index + 1).padStart(17, "0")}`, version }))

const seedsOf = (wish: Wish) => ({
  images: imagesOf(wish),
  keyPairs: wish.keyPairs,
  instanceProfiles: capaInstanceProfiles,
  roles: wish.roles
})

/** What a user needs to send calls here. */
const welcome = (wish: Wish, exports: ReadonlyArray<string>): string => {
  const images = imagesOf(wish).map(({ id, name }) => `${id} ${name}`)
  return [
    `A simulated AWS account in ${wish.region}, at ${wish.speed}x, until Ctrl-C:`,
    "",
    ...exports,
    "",
    `  images     ${images.join("\n             ")}`,
    `  key pairs  ${wish.keyPairs.join(", ")}`,
    ""
  ].join("\n")
}
