import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { awsError, catchClass, catchCode, errorClass, errorClasses, isCode } from "../src/index.ts"

describe("error classes", () => {
  const rows: ReadonlyArray<readonly [operation: string, code: string, expected: string | undefined]> = [
    ["DescribeVpcs", "InvalidVpcID.NotFound", "notFound"],
    ["DeleteNatGateway", "NatGatewayNotFound", "notFound"],
    ["RevokeSecurityGroupIngress", "InvalidPermission.NotFound", "notFound"],
    ["CreateRoute", "RouteAlreadyExists", "alreadyExists"],
    ["RunInstances", "RequestLimitExceeded", "throttled"],
    ["ReleaseAddress", "AuthFailure", "dependency"],
    ["DisassociateAddress", "AuthFailure", "dependency"],
    ["RunInstances", "AuthFailure", "unauthorized"],
    ["RunInstances", "UnauthorizedOperation", "unauthorized"],
    ["RunInstances", "ExpiredToken", "credentials"],
    ["DescribeVpcs", "CredentialsProviderError", "credentials"],
    ["RunInstances", "InsufficientInstanceCapacity", "capacity"],
    ["RunInstances", "VcpuLimitExceeded", "quota"],
    ["RunInstances", "NetworkingError", "unknownOutcome"],
    ["RunInstances", "InvalidParameterValue", undefined]
  ]
  for (const [operation, code, expected] of rows) {
    it(`${code} on ${operation} is ${expected ?? "a plain refusal"}`, () => {
      assert.strictEqual(errorClass(awsError("ec2", operation, code, "refused")), expected as never)
    })
  }

  it("no code stands in two classes", () => {
    const all = Object.values(errorClasses).flat()
    assert.strictEqual(new Set(all).size, all.length)
  })
})

describe("handling errors by code", () => {
  const fails = (code: string) => Effect.fail(awsError("ec2", "DescribeVpcs", code, "refused"))

  it.effect("a named code is handled, another passes", () =>
    Effect.gen(function* () {
      const handled = yield* catchCode("A", () => Effect.succeed("handled"))(fails("A"))
      assert.strictEqual(handled, "handled")
      const passed = yield* Effect.flip(catchCode(["A", "B"], () => Effect.succeed("handled"))(fails("C")))
      assert.isTrue(isCode(passed, "X", "C"))
    })
  )

  it.effect("a class is handled, another passes", () =>
    Effect.gen(function* () {
      const absent = catchClass("notFound", () => Effect.succeed("absent"))
      assert.strictEqual(yield* absent(fails("InvalidSubnetID.NotFound")), "absent")
      assert.strictEqual((yield* Effect.flip(absent(fails("DependencyViolation")))).code, "DependencyViolation")
    })
  )
})
