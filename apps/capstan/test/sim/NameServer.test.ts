/** DNS, answered to Node's own resolver, and bytes that are no question. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Resolver } from "node:dns/promises"
import { answerTo, openNameServer, questionIn } from "../../src/sim/NameServer.ts"

const addressOf = (name: string): string | undefined => (name === "lb.example.com" ? "203.0.113.7" : undefined)

describe("openNameServer", () => {
  it.live("answers with the world's addresses, and that there is no other name", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const at = yield* openNameServer({ host: "127.0.0.1", addressOf, enter: (act) => act() })
        const resolver = new Resolver({ timeout: 2000, tries: 1 })
        resolver.setServers([at])
        assert.deepStrictEqual(yield* Effect.promise(() => resolver.resolve4("LB.example.com")), ["203.0.113.7"])
        const failure = yield* Effect.promise(() => resolver.resolve4("other.example.com").catch((error) => error.code))
        assert.strictEqual(failure, "ENOTFOUND")
        const none = yield* Effect.promise(() => resolver.resolve6("lb.example.com").catch((error) => error.code))
        assert.strictEqual(none, "ENODATA")
      })
    )
  )
})

describe("answerTo", () => {
  const query = Buffer.from("abcd01000001000000000000026c62076578616d706c6503636f6d0000010001", "hex")

  it("reads a question", () => {
    assert.deepStrictEqual(questionIn(query), { name: "lb.example.com", type: 1, end: query.length })
  })

  it("says of what is cut off or twisted that it cannot be read, whatever it is", () => {
    for (let length = 0; length < query.length; length++) {
      const answer = answerTo(query.subarray(0, length), addressOf)
      if (length < 12) assert.isUndefined(answer)
      else assert.strictEqual((answer?.[3] ?? 0) & 0x0f, 1)
    }
    const pointer = Buffer.from(query)
    pointer[12] = 0xc0
    assert.strictEqual((answerTo(pointer, addressOf)?.[3] ?? 0) & 0x0f, 1)
  })
})
