/**
 * The conformance suite of the AWS waist through the real SDK, over a real socket, against the simulated account.
 *
 * The account's time is the test's: a call takes its latency and nothing else goes by, and when a check waits, time moves on at
 * once. So the suite is as quick and as certain as in process, and everything between is real: signing, bytes, sockets.
 */
import { awsConformance, type AwsWaist } from "@capstan/aws/testing"
import { Kernel } from "@capstan/kernel"
import { SimulatedAws } from "@capstan/simulator-aws"
import { Keyring } from "@capstan/simulator-aws/wire"
import { Clock, Duration, Effect, Layer } from "effect"
import { formatAddress } from "effect/http/HttpServer"
import { awsDoor } from "../../src/sim/AwsDoor.ts"
import { listenAt } from "../../src/sim/Listening.ts"
import { awsLive } from "@capstan/aws-live"
import { imageId, keys, region, seeds } from "./ServedAccount.ts"

/** A world of its own for every check. */
const overTheWire = (seed: number) => {
  let world: { readonly aws: SimulatedAws; readonly waist: Layer.Layer<AwsWaist> } | undefined
  const answering = new Set<string>()
  const present = () => {
    if (world === undefined) throw new Error("a check runs in a world")
    return world
  }
  awsConformance({
    name: `simulated account over the wire, seed ${seed}`,
    layer: Layer.unwrap(Effect.sync(() => present().waist)),
    given: {
      imageId,
      instanceType: "t3.large",
      keyName: "default",
      instanceProfile: "nodes.cluster-api-provider-aws.sigs.k8s.io"
    },
    run: (check) =>
      Effect.gen(function* () {
        const kernel = new Kernel({ seed })
        const aws = new SimulatedAws(kernel, { region, seeds })
        aws.setServes((id, port) => answering.has(`${id}:${port}`))
        const server = yield* listenAt({ host: "127.0.0.1", port: 0 })
        const within = <A, E>(effect: Effect.Effect<A, E>) => Effect.suspend(() => kernel.complete(effect))
        yield* server.serve(awsDoor(aws, new Keyring({ region, ...keys }), { within }))
        world = {
          aws,
          waist: awsLive({ endpoint: formatAddress(server.address), region, credentials: keys })
        }
        yield* Effect.provideService(check, Clock.Clock, clockOf(kernel))
      }).pipe(Effect.scoped, Effect.runPromise),
    answer: (id, port, answers) =>
      Effect.sync(() => {
        if (answers) answering.add(`${id}:${port}`)
        else answering.delete(`${id}:${port}`)
        present().aws.healthChanged(id)
      })
  })
}

/** The world's time, for the checks: whoever waits moves it on. */
const clockOf = (kernel: Kernel): Clock.Clock => {
  const nanos = () => BigInt(kernel.now()) * 1_000_000n
  return {
    currentTimeMillisUnsafe: () => kernel.now(),
    currentTimeMillis: Effect.sync(() => kernel.now()),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.suspend(() => kernel.complete(Effect.sleep(Duration.millis(Duration.toMillis(duration)))))
  }
}

for (const seed of [0, 7]) overTheWire(seed)
