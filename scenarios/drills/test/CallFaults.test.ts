import { type AwsError, Ec2, Elb } from "@capstan/aws"
import { faultNamed } from "@capstan/engine"
import { Kernel } from "@capstan/kernel"
import { SimulatedAws } from "@capstan/simulator-aws"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Layer } from "effect"
import {
  CallFaults,
  callFaultOf,
  callFaultsFor,
  callFaultsLayer,
  callFaultsStruck,
  type JournalError
} from "../src/index.ts"

const minute = 60_000

/** Runs a program whose calls go through faults, in front of an account of its own. */
const struck = <A>(
  program: (
    begin: (name: string, parameters: Record<string, unknown>) => Effect.Effect<void, JournalError, CallFaults>
  ) => Effect.Effect<A, AwsError | JournalError, Ec2 | Elb | CallFaults>
): A => {
  const kernel = new Kernel({ seed: 0 })
  const aws = new SimulatedAws(kernel, { region: "eu-west-1" })
  const begin = (name: string, parameters: Record<string, unknown>) =>
    Effect.gen(function* () {
      const fault = faultNamed(name)
      if (fault === undefined) throw new Error(`no fault ${name}`)
      const faults = yield* CallFaults
      const expires = (yield* Clock.currentTimeMillis) + 10 * minute
      yield* faults.begin(callFaultOf({ fault, parameters }, "drill/step", expires))
    })
  const layer = callFaultsStruck.pipe(Layer.provide(aws.layer), Layer.provideMerge(callFaultsLayer))
  const exit = kernel.complete(Effect.provide(program(begin), layer))
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  return exit.value
}

const describeVpcs = Effect.flatMap(Ec2, (ec2) => ec2.describeVpcs({}))
const createVpc = Effect.flatMap(Ec2, (ec2) => ec2.createVpc({ CidrBlock: "10.0.0.0/16" }))
const codeOf = (call: Effect.Effect<unknown, AwsError, Ec2 | Elb>) =>
  Effect.match(call, { onSuccess: () => "ok", onFailure: ({ code }) => code })

describe("faults of calls in our own layer", () => {
  it("let everything through while there are none", () => {
    assert.strictEqual(
      struck(() => codeOf(createVpc)),
      "ok"
    )
  })

  it("throttle in each service's own words, and only what they name", () => {
    const codes = struck((begin) =>
      Effect.gen(function* () {
        yield* begin("api.throttle", { service: "ec2", operations: ["DescribeVpcs"] })
        yield* begin("api.throttle", { service: "elb" })
        const balancers = Effect.flatMap(Elb, (elb) => elb.describeLoadBalancers({}))
        return [yield* codeOf(describeVpcs), yield* codeOf(createVpc), yield* codeOf(balancers)]
      })
    )
    assert.deepStrictEqual(codes, ["RequestLimitExceeded", "ok", "Throttling"])
  })

  it("lose the answer of a call that is carried out", () => {
    const [code, vpcs] = struck((begin) =>
      Effect.gen(function* () {
        yield* begin("api.error", { service: "ec2", operations: ["CreateVpc"], code: "InternalError", performed: true })
        const code = yield* codeOf(createVpc)
        return [code, (yield* describeVpcs).Vpcs?.length] as const
      })
    )
    assert.deepStrictEqual([code, vpcs], ["InternalError", 1])
  })

  it("carry nothing out otherwise", () => {
    const vpcs = struck((begin) =>
      Effect.gen(function* () {
        yield* begin("api.error", { service: "ec2", operations: ["CreateVpc"], code: "InternalError" })
        yield* codeOf(createVpc)
        return (yield* describeVpcs).Vpcs?.length
      })
    )
    assert.strictEqual(vpcs, 0)
  })

  it("make calls take longer", () => {
    const took = struck((begin) =>
      Effect.gen(function* () {
        const begun = yield* Clock.currentTimeMillis
        yield* describeVpcs
        const usual = (yield* Clock.currentTimeMillis) - begun
        yield* begin("api.latency", { service: "ec2", delay: "7s" })
        yield* describeVpcs
        return (yield* Clock.currentTimeMillis) - begun - 2 * usual
      })
    )
    assert.strictEqual(took, 7000)
  })

  it("leave a zone without capacity: launches into its subnets are refused, and no other call", () => {
    const codes = struck(() =>
      Effect.gen(function* () {
        const faults = yield* CallFaults
        const expiresMillis = (yield* Clock.currentTimeMillis) + 10 * minute
        const fault = faultNamed("zone.capacity")
        if (fault === undefined) throw new Error("no such fault")
        const subnet = (id: string, zone: string) => ({ id, zone, cluster: "demo", vpc: "vpc-1", tags: {} })
        const subnets = [subnet("subnet-a", "eu-west-1a"), subnet("subnet-b", "eu-west-1b")]
        const estate = { instances: [], subnets, loadBalancers: [] }
        const request = { fault, parameters: { zone: "eu-west-1b" } }
        for (const each of callFaultsFor(request, estate, "drill/step", expiresMillis)) yield* faults.begin(each)
        const ec2 = yield* Ec2
        const count = { MinCount: 1, MaxCount: 1, ImageId: "ami-00000000000000001" }
        const inside = (SubnetId: string) =>
          codeOf(ec2.runInstances({ ...count, NetworkInterfaces: [{ DeviceIndex: 0, SubnetId }] }))
        const plain = codeOf(ec2.runInstances({ ...count, SubnetId: "subnet-b" }))
        return [yield* inside("subnet-b"), yield* plain, yield* inside("subnet-a"), yield* codeOf(describeVpcs)]
      })
    )
    assert.deepStrictEqual(codes.slice(0, 2), ["InsufficientInstanceCapacity", "InsufficientInstanceCapacity"])
    assert.notStrictEqual(codes[2], "InsufficientInstanceCapacity")
    assert.strictEqual(codes[3], "ok")
  })

  it("are over when their owner ends them, and by themselves at their end", () => {
    const codes = struck((begin) =>
      Effect.gen(function* () {
        const faults = yield* CallFaults
        yield* begin("api.throttle", { service: "ec2" })
        const first = yield* codeOf(describeVpcs)
        yield* faults.end("drill/step")
        const second = yield* codeOf(describeVpcs)
        yield* begin("api.throttle", { service: "ec2" })
        yield* Effect.sleep("11 minutes")
        return [first, second, yield* codeOf(describeVpcs)]
      })
    )
    assert.deepStrictEqual(codes, ["RequestLimitExceeded", "ok", "ok"])
  })
})
