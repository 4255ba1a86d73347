import { type AwsError, awsError, clientFromCall, Ec2, ec2Operations, Elb, elbOperations } from "@capstan/aws"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { withBatchedInstances, withBatchedLoadBalancers } from "../src/BatchedDescribes.ts"

interface Asked {
  readonly InstanceIds?: ReadonlyArray<string>
  readonly LoadBalancerNames?: ReadonlyArray<string>
}

/** Both services, over things that are all there but those that are called wrong. */
const services = () => {
  const asked: Array<Asked> = []
  const call = (_: string, input: Asked): Effect.Effect<object, AwsError> =>
    Effect.suspend(() => {
      asked.push(input)
      const ids = input.InstanceIds ?? []
      const names = input.LoadBalancerNames ?? []
      const wrong = ids.find((id) => id.startsWith("wrong"))
      if (wrong !== undefined)
        return Effect.fail(awsError("ec2", "DescribeInstances", `InvalidInstanceID.${wrong}`, ""))
      if (names.includes("wrong")) {
        return Effect.fail(awsError("elb", "DescribeLoadBalancers", "LoadBalancerNotFound", ""))
      }
      return Effect.succeed({
        Reservations: ids.map((InstanceId) => ({ Instances: [{ InstanceId }] })),
        LoadBalancerDescriptions: names.map((LoadBalancerName) => ({ LoadBalancerName }))
      })
    })
  const ec2: Ec2["Service"] = withBatchedInstances(clientFromCall(ec2Operations, call as never))
  const elb: Elb["Service"] = withBatchedLoadBalancers(clientFromCall(elbOperations, call as never))
  return { asked, ec2, elb }
}

/** Does all at once; a second goes by meanwhile. */
const together = <A, E>(effects: ReadonlyArray<Effect.Effect<A, E>>) =>
  Effect.gen(function* () {
    const all = yield* Effect.forkChild(Effect.all(effects.map(Effect.result), { concurrency: "unbounded" }))
    yield* TestClock.adjust("1 second")
    return yield* Fiber.join(all)
  })

it.effect("asks for instances that are asked for together in as few calls as may be", () =>
  Effect.gen(function* () {
    const { asked, ec2 } = services()
    const ids = Array.from({ length: 150 }, (_, index) => `i-${index}`)
    const found = yield* together(ids.map((id) => ec2.describeInstances({ InstanceIds: [id] })))
    assert.deepStrictEqual(
      found.map((one) => Result.getOrThrow(one).Reservations?.map(({ Instances }) => Instances?.[0]?.InstanceId)),
      ids.map((id) => [id])
    )
    assert.deepStrictEqual(
      asked.map(({ InstanceIds = [] }) => InstanceIds.length),
      [100, 50]
    )
  })
)

it.effect("asks once for what several ask for", () =>
  Effect.gen(function* () {
    const { asked, elb } = services()
    const found = yield* together([1, 2, 3].map(() => elb.describeLoadBalancers({ LoadBalancerNames: ["api"] })))
    assert.isTrue(found.every(Result.isSuccess))
    assert.deepStrictEqual(asked, [{ LoadBalancerNames: ["api"] }])
  })
)

it.effect.each(["wrong.NotFound", "wrong.Malformed"])("lets only who asked for it hear of it: %s", (wrong) =>
  Effect.gen(function* () {
    const { asked, ec2 } = services()
    const found = yield* together(["i-1", wrong, "i-2"].map((id) => ec2.describeInstances({ InstanceIds: [id] })))
    assert.deepStrictEqual(
      found.map((one) => (Result.isFailure(one) ? one.failure.code : "found")),
      ["found", `InvalidInstanceID.${wrong}`, "found"]
    )
    assert.strictEqual(asked.length, 4)
  })
)

it.effect("lets an absent load balancer be absent for those alone who asked for it", () =>
  Effect.gen(function* () {
    const { elb } = services()
    const found = yield* together(
      ["api", "wrong"].map((name) => elb.describeLoadBalancers({ LoadBalancerNames: [name] }))
    )
    assert.deepStrictEqual(
      found.map((one) => (Result.isFailure(one) ? one.failure.code : "found")),
      ["found", "LoadBalancerNotFound"]
    )
  })
)

it.effect("leaves questions that ask for more than one thing as they are", () =>
  Effect.gen(function* () {
    const { asked, ec2 } = services()
    const questions = [{ InstanceIds: ["i-1", "i-2"] }, { InstanceIds: ["i-1"], MaxResults: 5 }, {}]
    yield* together(questions.map((question) => ec2.describeInstances(question)))
    assert.deepStrictEqual(asked, questions)
  })
)
