import { awsError, networkingError } from "@capstan/aws"
import { describe, expect, it } from "vitest"
import { isRepeatable, waitMillis } from "../src/Repeating.ts"
import type { Failed } from "../src/SdkError.ts"

const failed = (code: string, statusCode: number, outcome: Failed["outcome"], operation = "RunInstances"): Failed => ({
  error: awsError("ec2", operation, code, "no", statusCode),
  outcome
})

const throttled = failed("RequestLimitExceeded", 503, "refused")
const unanswered = failed(networkingError, 0, "unknown")
const unsent = failed(networkingError, 0, "unsent")
const broken = failed("InternalError", 500, "unknown")
const refused = failed("InvalidParameterValue", 400, "refused")
const full = failed("InsufficientInstanceCapacity", 500, "refused")
const noCredentials = failed("CredentialsProviderError", 0, "refused")
const token = { ClientToken: "one-of-a-kind" }
const unansweredTo = (operation: string) => failed(networkingError, 0, "unknown", operation)

describe("isRepeatable", () => {
  it.each([
    { rule: "a throttled read", given: throttled, mutating: false, input: {}, expected: true },
    { rule: "a throttled change: it was refused", given: throttled, mutating: true, input: {}, expected: true },
    { rule: "a read that nobody answered", given: unanswered, mutating: false, input: {}, expected: true },
    { rule: "a change that nobody answered", given: unanswered, mutating: true, input: {}, expected: false },
    { rule: "a change that never went out", given: unsent, mutating: true, input: {}, expected: true },
    {
      rule: "a change with a token that nobody answered",
      given: unanswered,
      mutating: true,
      input: token,
      expected: true
    },
    {
      rule: "a secret with a token that met trouble",
      given: broken,
      mutating: true,
      input: { ClientRequestToken: "t" },
      expected: true
    },
    { rule: "a change that met trouble", given: broken, mutating: true, input: {}, expected: false },
    { rule: "a read that met trouble", given: broken, mutating: false, input: {}, expected: true },
    { rule: "a refused read", given: refused, mutating: false, input: {}, expected: false },
    { rule: "a refused launch", given: refused, mutating: true, input: token, expected: false },
    { rule: "a launch without capacity, token or not", given: full, mutating: true, input: token, expected: false },
    { rule: "a call without credentials", given: noCredentials, mutating: false, input: {}, expected: false },
    {
      rule: "a termination that nobody answered",
      given: unansweredTo("TerminateInstances"),
      mutating: true,
      input: {},
      expected: true
    },
    {
      rule: "a release that nobody answered",
      given: unansweredTo("ReleaseAddress"),
      mutating: true,
      input: {},
      expected: false
    }
  ])("$rule: $expected", ({ expected, given, input, mutating }) => {
    expect(isRepeatable(given, mutating, input)).toBe(expected)
  })
})

describe("waitMillis", () => {
  it("doubles, is longer for throttled calls, and ends at 20 s", () => {
    expect([2, 3, 4].map((next) => waitMillis(broken.error, next, 1))).toEqual([100, 200, 400])
    expect([2, 3, 4].map((next) => waitMillis(throttled.error, next, 1))).toEqual([500, 1000, 2000])
    expect(waitMillis(throttled.error, 30, 1)).toBe(20_000)
    expect(waitMillis(throttled.error, 3, 0)).toBe(0)
  })
})
