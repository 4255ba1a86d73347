import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  clientFromCall,
  ec2Mutating,
  ec2Operations,
  elbMutating,
  elbOperations,
  type StsOperations,
  stsOperations
} from "../src/index.ts"

describe("services derived from their operations", () => {
  it.effect("a method passes its operation's name and input to the one call behind it", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const answers: { readonly [K in keyof StsOperations]: StsOperations[K]["output"] } = {
        GetCallerIdentity: { Account: "123456789012" },
        AssumeRole: {}
      }
      const sts = clientFromCall<StsOperations>(stsOperations, (operation, input) =>
        Effect.sync(() => {
          seen.push(`${operation} ${JSON.stringify(input)}`)
          return answers[operation]
        })
      )
      assert.deepStrictEqual(yield* sts.getCallerIdentity({}), { Account: "123456789012" })
      yield* sts.assumeRole({ RoleArn: "arn:aws:iam::1:role/r", RoleSessionName: "s" })
      assert.deepStrictEqual(seen, [
        "GetCallerIdentity {}",
        `AssumeRole {"RoleArn":"arn:aws:iam::1:role/r","RoleSessionName":"s"}`
      ])
    })
  )

  it("an operation changes the account unless its name says that it reads", () => {
    for (const operation of ec2Operations) assert.strictEqual(ec2Mutating[operation], !operation.startsWith("Describe"))
    for (const operation of elbOperations) assert.strictEqual(elbMutating[operation], !operation.startsWith("Describe"))
  })
})
