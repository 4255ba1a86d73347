import { awsError, networkingError } from "@capstan/aws"
import { describe, expect, it } from "vitest"
import { isRepeatable, waitMillis } from "../src/Repeating.ts"

const failed = (code: string, statusCode: number) => awsError("ec2", "RunInstances", code, "no", statusCode)
const throttled = failed("RequestLimitExceeded", 503)
const unanswered = failed(networkingError, 0)
const broken = failed("InternalError", 500)
const refused = failed("InvalidParameterValue", 400)
const token = { ClientToken: "one-of-a-kind" }

describe("isRepeatable", () => {
  it.each([
    { rule: "a throttled read", error: throttled, mutating: false, input: {}, expected: true },
    { rule: "a throttled change: it was refused", error: throttled, mutating: true, input: {}, expected: true },
    { rule: "a read that nobody answered", error: unanswered, mutating: false, input: {}, expected: true },
    { rule: "a change that nobody answered", error: unanswered, mutating: true, input: {}, expected: false },
    {
      rule: "a change with a token that nobody answered",
      error: unanswered,
      mutating: true,
      input: token,
      expected: true
    },
    {
      rule: "a secret with a token that met trouble",
      error: broken,
      mutating: true,
      input: { ClientRequestToken: "t" },
      expected: true
    },
    { rule: "a change that met trouble", error: broken, mutating: true, input: {}, expected: false },
    { rule: "a read that met trouble", error: broken, mutating: false, input: {}, expected: true },
    { rule: "a refused read", error: refused, mutating: false, input: {}, expected: false },
    { rule: "a refused launch", error: refused, mutating: true, input: token, expected: false }
  ])("$rule: $expected", ({ error, expected, input, mutating }) => {
    expect(isRepeatable(error, mutating, input)).toBe(expected)
  })
})

describe("waitMillis", () => {
  it("doubles, is longer for throttled calls, and ends at 20 s", () => {
    expect([2, 3, 4].map((next) => waitMillis(broken, next, 1))).toEqual([100, 200, 400])
    expect([2, 3, 4].map((next) => waitMillis(throttled, next, 1))).toEqual([500, 1000, 2000])
    expect(waitMillis(throttled, 30, 1)).toBe(20_000)
    expect(waitMillis(throttled, 3, 0)).toBe(0)
  })
})
