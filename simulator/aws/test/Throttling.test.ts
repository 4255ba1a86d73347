import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { requestBucket, take, throttledAnswer } from "../src/Throttling.ts"
import { aWorld, codeOf } from "./World.ts"

const bucket = { size: 5, refillPerSecond: 2 }

describe("token buckets", () => {
  it("a bucket never used is full", () => assert.deepStrictEqual(take(bucket, undefined, 0, 1), { tokens: 4, at: 0 }))

  it("a bucket fills with time, and never over its size", () => {
    const empty = { tokens: 0, at: 1000 }
    assert.isUndefined(take(bucket, empty, 1499, 1))
    assert.deepStrictEqual(take(bucket, empty, 1500, 1), { tokens: 0, at: 1500 })
    assert.deepStrictEqual(take(bucket, empty, 100_000, 1), { tokens: 4, at: 100_000 })
  })

  it("a call takes as many tokens as it affects resources", () => {
    assert.deepStrictEqual(take(bucket, undefined, 0, 5), { tokens: 0, at: 0 })
    assert.isUndefined(take(bucket, undefined, 0, 6))
  })

  const rows: ReadonlyArray<
    readonly [service: string, operation: string, request: object, size: number, refill: number]
  > = [
    ["ec2", "RunInstances", {}, 5, 2],
    ["ec2", "TerminateInstances", {}, 100, 5],
    ["ec2", "CreateTags", {}, 100, 10],
    ["ec2", "CreateNatGateway", {}, 10, 1],
    ["ec2", "CreateVpc", {}, 50, 5],
    ["ec2", "DescribeVpcs", {}, 100, 20],
    ["ec2", "DescribeInstances", {}, 50, 10],
    ["ec2", "DescribeInstances", { Filters: [] }, 50, 10],
    ["ec2", "DescribeInstances", { InstanceIds: ["i-1"] }, 100, 20],
    ["ec2", "DescribeInstances", { MaxResults: 10 }, 100, 20],
    ["secretsmanager", "CreateSecret", {}, 50, 50]
  ]
  for (const [service, operation, request, size, refillPerSecond] of rows) {
    it(`${service} ${operation} ${JSON.stringify(request)} has ${size} tokens and gets ${refillPerSecond} a second`, () => {
      assert.deepStrictEqual(requestBucket(service, operation, request)?.bucket, { size, refillPerSecond })
    })
  }

  it("identities are not limited", () => assert.isUndefined(requestBucket("sts", "GetCallerIdentity", {})))

  it("each service has its own word for it", () => {
    assert.deepStrictEqual(
      ["ec2", "elb", "secretsmanager"].map((service) => throttledAnswer(service).code),
      ["RequestLimitExceeded", "Throttling", "ThrottlingException"]
    )
  })
})

describe("an account that is asked too often", () => {
  it("refuses the sixth launch at one instant, and takes one more half a second later", () => {
    const { run, aws, subnet, launch } = aWorld()
    const all = run(
      Effect.all(
        Array.from({ length: 6 }, () => Effect.result(launch(subnet))),
        { concurrency: "unbounded" }
      )
    )
    assert.deepStrictEqual(all.map(codeOf), ["ok", "ok", "ok", "ok", "ok", "RequestLimitExceeded"])
    assert.strictEqual(codeOf(run(Effect.result(Effect.delay(launch(subnet), "500 millis")))), "ok")
    const launches = aws.calls().find((count) => count.id === "ec2.RunInstances")
    assert.deepStrictEqual(launches, { id: "ec2.RunInstances", calls: 7, errors: { RequestLimitExceeded: 1 } })
  })

  it("has tighter limits when told so", () => {
    const { run, aws } = aWorld()
    aws.setThrottling(0.02)
    const ask = Effect.result(aws.clients.ec2.describeVpcs({ MaxResults: 5 }))
    const all = run(
      Effect.all(
        Array.from({ length: 3 }, () => ask),
        { concurrency: "unbounded" }
      )
    )
    assert.deepStrictEqual(all.map(codeOf), ["ok", "ok", "RequestLimitExceeded"])
  })
})
