import { type AwsError, Ec2, Elb } from "@capstan/aws"
import { faultNamed } from "@capstan/engine"
import { Kernel } from "@capstan/kernel"
import { SimulatedAws } from "@capstan/simulator-aws"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Layer } from "effect"
import { CallFaults, callFaultOf, callFaultsLayer, callFaultsStruck, type JournalError } from "../src/index.ts"

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
