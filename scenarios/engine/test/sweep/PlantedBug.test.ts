import { Ec2, type Ec2Client } from "@capstan/aws"
import { awsProvider } from "@capstan/infrastructure-aws"
import type { Kernel } from "@capstan/kernel"
import { infrastructureControllers } from "@capstan/runtime"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { type Perturbation, preconditionsOf, Sweep } from "../../src/index.ts"
import { makeAwsCloud } from "../../src/simulated/AwsCloud.ts"
import type { SimulatedCloud } from "../../src/simulated/SimulatedCloud.ts"
import { cataloguePlan } from "./CataloguePlan.ts"

const plan = cataloguePlan("upstream-issues/s03-terminated-unnoticed.yaml")

/** The AWS provider with a bug: it launches without the client token by which it would know its launch again. */
const forgetful = (kernel: Kernel): SimulatedCloud => {
  const cloud = makeAwsCloud(kernel, preconditionsOf(plan).aws)
  const { account } = cloud
  if (account === undefined) throw new Error("the simulated cloud has an account")
  const withoutToken = Layer.effect(
    Ec2,
    Effect.map(Ec2, (ec2): Ec2Client => ({
      ...ec2,
      runInstances: ({ ClientToken: _, ...input }) => ec2.runInstances(input)
    }))
  ).pipe(Layer.provide(account.layer))
  return {
    ...cloud,
    controllers: Effect.map(awsProvider, (provider) => infrastructureControllers(provider)).pipe(
      Effect.provide(Layer.merge(account.layer, withoutToken))
    )
  }
}

const failuresOf = (sweep: Sweep, perturbation: Perturbation): ReadonlyArray<string> => {
  const { differences, result } = sweep.run(perturbation)
  return [
    ...differences,
    ...result.invariants.filter(({ violations }) => violations.length > 0).map(({ id }) => id),
    ...result.expectations.filter(({ status }) => status === "violated").map(({ id }) => id)
  ]
}

const crash: Perturbation = { _tag: "crash", when: "after", operation: "ec2.RunInstances", n: 2 }
const lost: Perturbation = { _tag: "lost", operation: "ec2.RunInstances", n: 2 }

describe("a provider that launches without a client token", () => {
  const sweep = new Sweep({ plan, seed: 0, cloud: forgetful })

  it("does well as long as nothing goes wrong", () => {
    assert.isTrue(sweep.survey([]).reference.passed)
  })

  it.each([crash, lost])("is found out by $_tag: a second instance", (perturbation) => {
    const failures = failuresOf(sweep, perturbation)
    assert.isTrue(
      failures.some((each) => each === "I1" || each.startsWith("i made in the cloud: ")),
      failures.join("\n")
    )
  })

  it.each([crash, lost])("is what the real one is not: $_tag makes no second instance", (perturbation) => {
    assert.deepStrictEqual(failuresOf(new Sweep({ plan, seed: 0 }), perturbation), [])
  })
})
