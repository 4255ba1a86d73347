import { networkingError } from "@capstan/aws"
import { describe, expect, it } from "vitest"
import { fromSdk } from "../src/SdkError.ts"

const called = { service: "ec2", operation: "RunInstances", input: { UserData: "dG9wIHNlY3JldA==" } } as const

/** What the SDK throws when AWS has answered. */
const answer = (name: string, httpStatusCode: number, more: object = {}) =>
  Object.assign(new Error(`said ${name}`), {
    name,
    $fault: "client",
    $metadata: { httpStatusCode, requestId: "r-1" },
    ...more
  })

/** What Node throws when a socket fails. */
const socket = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more })

describe("fromSdk", () => {
  it.each([
    { thrown: answer("InvalidVpcID.NotFound", 400), code: "InvalidVpcID.NotFound", outcome: "refused" },
    {
      thrown: answer("AccessPointNotFoundException", 400, { Code: "LoadBalancerNotFound" }),
      code: "LoadBalancerNotFound",
      outcome: "refused"
    },
    {
      thrown: answer("NoSuchEntityException", 404, { Error: { Code: "NoSuchEntity" } }),
      code: "NoSuchEntity",
      outcome: "refused"
    },
    { thrown: answer("RequestLimitExceeded", 503), code: "RequestLimitExceeded", outcome: "refused" },
    { thrown: answer("InsufficientInstanceCapacity", 500), code: "InsufficientInstanceCapacity", outcome: "refused" },
    { thrown: answer("VcpuLimitExceeded", 500), code: "VcpuLimitExceeded", outcome: "refused" },
    { thrown: answer("InternalError", 500), code: "InternalError", outcome: "unknown" },
    { thrown: answer("Unavailable", 503), code: "Unavailable", outcome: "unknown" },
    { thrown: answer("RequestTimeout", 400), code: "RequestTimeout", outcome: "unknown" },
    { thrown: socket("ECONNREFUSED", { syscall: "connect" }), code: networkingError, outcome: "unsent" },
    { thrown: socket("ENOTFOUND", { syscall: "getaddrinfo" }), code: networkingError, outcome: "unsent" },
    { thrown: socket("ECONNRESET", { syscall: "read" }), code: networkingError, outcome: "unknown" },
    { thrown: socket("ECONNRESET"), code: networkingError, outcome: "unknown" },
    {
      thrown: Object.assign(new Error(""), {
        code: "ECONNREFUSED",
        errors: [socket("ECONNREFUSED", { syscall: "connect" }), socket("ENETUNREACH", { syscall: "connect" })]
      }),
      code: networkingError,
      outcome: "unsent"
    },
    {
      thrown: Object.assign(new Error("printed: hunter2"), { name: "CredentialsProviderError" }),
      code: "CredentialsProviderError",
      outcome: "refused"
    },
    {
      thrown: new Error("Resolved credential object is not valid"),
      code: "CredentialsProviderError",
      outcome: "refused"
    },
    { thrown: Object.assign(new Error("late"), { name: "TimeoutError" }), code: networkingError, outcome: "unknown" },
    { thrown: undefined, code: networkingError, outcome: "unknown" },
    { thrown: "a text", code: networkingError, outcome: "unknown" }
  ])("$thrown is $code, $outcome", ({ code, outcome, thrown }) => {
    const failed = fromSdk(called, thrown)
    expect([failed.error.code, failed.outcome]).toEqual([code, outcome])
  })

  it.each([
    { code: "ExpiredToken", status: 400, remedy: "have expired: renew them" },
    { code: "RequestExpired", status: 400, remedy: "clock is off" },
    { code: "InvalidClientTokenId", status: 403, remedy: "check the access key" },
    { code: "AuthFailure", status: 401, remedy: "check the access key" },
    { code: "SignatureDoesNotMatch", status: 403, remedy: "the secret access key is not the access key's" }
  ])("$code says how to mend it", ({ code, remedy, status }) => {
    expect(fromSdk(called, answer(code, status)).error.message).toContain(remedy)
  })

  it("an address that is held is no matter of credentials", () => {
    const held = fromSdk({ ...called, operation: "ReleaseAddress" }, answer("AuthFailure", 400))
    expect(held.error.message).toBe("said AuthFailure")
  })

  it("says where nobody listened", () => {
    const thrown = socket("ECONNREFUSED", { syscall: "connect", address: "127.0.0.1", port: 5000 })
    expect(fromSdk(called, thrown).error.message).toContain("no connection to 127.0.0.1:5000 (ECONNREFUSED)")
  })

  it.each([
    ["the headers of a request", answer("SignatureDoesNotMatch", 403, { message: "x-amz-security-token:hunter2" })],
    ["what a credential process printed", Object.assign(new Error("hunter2"), { name: "CredentialsProviderError" })],
    ["user data", answer("InvalidParameterValue", 400, { message: "Invalid value 'dG9wIHNlY3JldA==' for userData" })]
  ])("never tells %s", (_, thrown) => {
    expect(JSON.stringify(fromSdk(called, thrown).error)).not.toMatch(/hunter2|dG9wIHNlY3JldA==/)
  })
})
