import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseAwsKeys } from "../../src/input/AwsKeys.ts"

const keysAt = (host: string, accessKeyId?: string, secret?: string) =>
  parseAwsKeys({ accessKeyId, host }, { CAPSTAN_SIM_SECRET_ACCESS_KEY: secret })

describe("parseAwsKeys", () => {
  it.each(["127.0.0.1", "127.1.2.3", "localhost", "::1"])("takes the demonstration's on %s", (host) => {
    const test = { accessKeyId: "test", secretAccessKey: "test", shownSecret: "test" }
    assert.deepStrictEqual(keysAt(host), Result.succeed(test))
    assert.deepStrictEqual(keysAt(host, undefined, ""), Result.succeed(test))
  })

  it.each(["0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.example.org", ""])("wants others on '%s'", (host) => {
    assert.isTrue(Result.isFailure(keysAt(host)))
    assert.deepStrictEqual(
      keysAt(host, "me", "hush"),
      Result.succeed({ accessKeyId: "me", secretAccessKey: "hush", shownSecret: "$CAPSTAN_SIM_SECRET_ACCESS_KEY" })
    )
  })
})
