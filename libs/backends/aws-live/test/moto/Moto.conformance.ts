/**
 * The conformance suite of the AWS waist through the SDK, against an emulator: `npm run conformance:aws`.
 *
 * The emulator answers in no time, so a wait of the suite takes a thousandth of what it would; calls keep their own time. What the
 * suite takes for granted is made first, with the SDK. Differences are known of moto alone: another emulator has to pass it all.
 */
import { DescribeImagesCommand, EC2Client } from "@aws-sdk/client-ec2"
import { awsConformance } from "@capstan/aws/testing"
import { Clock, Duration, Effect } from "effect"
import { beforeAll } from "vitest"
import { awsLive } from "../../src/AwsLive.ts"
import { seedEmulator } from "../../src/EmulatorSeeds.ts"
import { motoDifferences } from "./Differences.ts"

const endpoint = process.env["CAPSTAN_CONFORMANCE_ENDPOINT"]
const region = "eu-west-1"
const credentials = { accessKeyId: "conformance", secretAccessKey: "conformance" }
const keyName = "default"
const instanceProfile = "nodes.cluster-api-provider-aws.sigs.k8s.io"

const real = Clock.Clock.defaultValue()
const quick: Clock.Clock = {
  currentTimeMillisUnsafe: () => real.currentTimeMillisUnsafe(),
  currentTimeMillis: real.currentTimeMillis,
  currentTimeNanosUnsafe: () => real.currentTimeNanosUnsafe(),
  currentTimeNanos: real.currentTimeNanos,
  monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: real.monotonicTimeNanos,
  sleep: (duration) => real.sleep(Duration.millis(Duration.toMillis(duration) / 1000))
}

/** An image that the emulator has: that of our moto, or else any. */
const anImage = async (url: string): Promise<string> => {
  const ec2 = new EC2Client({ endpoint: url, region, credentials })
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({}))
  ec2.destroy()
  const ids = Images.map((image) => image.ImageId ?? "")
  const found = ids.find((id) => id === "ami-00000000000000001") ?? ids[0]
  if (found === undefined) throw new Error(`the emulator at ${url} has no image to launch`)
  return found
}

const isMoto = async (url: string): Promise<boolean> => (await fetch(new URL("/moto-api/data.json", url))).ok

if (endpoint === undefined) throw new Error("no emulator is named: `npm run conformance:aws` brings one")
const moto = await isMoto(endpoint)
const imageId = await anImage(endpoint)
beforeAll(() =>
  Effect.runPromise(
    seedEmulator({ endpoint, region, credentials }, { keyPairs: [keyName], instanceProfiles: [instanceProfile] })
  )
)
awsConformance({
  name: `${moto ? "moto" : "an emulator"}, through the SDK`,
  layer: awsLive({ endpoint, region, credentials }),
  given: { imageId, instanceType: "t3.large", keyName, instanceProfile },
  ...(moto ? { lacks: motoDifferences } : {}),
  run: (check) => Effect.runPromise(Effect.provideService(check, Clock.Clock, quick))
})
