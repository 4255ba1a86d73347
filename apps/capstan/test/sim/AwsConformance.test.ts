/**
 * The conformance suite of the AWS waist through the real SDK, over a real socket, against the simulated account.
 *
 * The account's time is the test's: a call takes its latency and nothing else goes by, and when a check waits, time moves on at
 * once. So the suite is as quick and as certain as in process, and everything between is real: signing, bytes, sockets.
 */
import { Ec2, Elb, Iam, SecretsManager, Sts } from "@capstan/aws"
import { awsConformance, type AwsWaist } from "@capstan/aws/testing"
import { Kernel } from "@capstan/kernel"
import { SimulatedAws } from "@capstan/simulator-aws"
import { Keyring } from "@capstan/simulator-aws/wire"
import { Clock, Duration, Effect, Layer } from "effect"
import { formatAddress } from "effect/http/HttpServer"
import { awsDoor } from "../../src/sim/AwsDoor.ts"
import { listenAt } from "../../src/sim/Listening.ts"
import { sdkWaist } from "./SdkWaist.ts"
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
        const real = yield* Clock.Clock
        world = {
          aws,
          waist: inRealTime(real, yield* sdkWaist({ endpoint: formatAddress(server.address), region, keys }))
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

/** The same services with every call on the machine's own clock: an answer comes when it comes, whatever the world's time. */
const inRealTime = (clock: Clock.Clock, waist: Layer.Layer<AwsWaist>): Layer.Layer<AwsWaist> => {
  const real = <Client extends object>(client: Client): Client =>
    new Proxy(client, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== "function") return method
        return (input: object) =>
          Effect.provideService(Reflect.apply(method, target, [input]) as Effect.Effect<unknown>, Clock.Clock, clock)
      }
    })
  return Layer.mergeAll(
    Layer.effect(Ec2, Effect.map(Ec2, real)),
    Layer.effect(Elb, Effect.map(Elb, real)),
    Layer.effect(SecretsManager, Effect.map(SecretsManager, real)),
    Layer.effect(Iam, Effect.map(Iam, real)),
    Layer.effect(Sts, Effect.map(Sts, real))
  ).pipe(Layer.provide(waist))
}

for (const seed of [0, 7]) overTheWire(seed)
