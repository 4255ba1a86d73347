/**
 * The conformance suite of the AWS waist through the SDK, against an emulator: `npm run conformance:aws`.
 *
 * The emulator answers in no time, so a wait of the suite takes a thousandth of what it would; calls keep their own time. What the
 * suite takes for granted is made first, with the SDK.
 */
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

if (endpoint === undefined) throw new Error("no emulator is named: `npm run conformance:aws` brings one")
beforeAll(() =>
  Effect.runPromise(
    seedEmulator({ endpoint, region, credentials }, { keyPairs: [keyName], instanceProfiles: [instanceProfile] })
  )
)
awsConformance({
  name: "moto, through the SDK",
  layer: awsLive({ endpoint, region, credentials }),
  given: { imageId: "ami-00000000000000001", instanceType: "t3.large", keyName, instanceProfile },
  lacks: Object.keys(motoDifferences),
  run: (check) => Effect.runPromise(Effect.provideService(check, Clock.Clock, quick))
})
