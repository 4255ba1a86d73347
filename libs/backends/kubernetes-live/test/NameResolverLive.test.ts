/** The live resolver keeps its contract on names that every machine has. */
import { NameNotFound, NameResolver } from "@capstan/provider"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { nameResolverLayer } from "../src/index.ts"

const resolve = (host: string) =>
  Effect.provide(
    Effect.flatMap(NameResolver, (resolver) => resolver.resolve(host)),
    nameResolverLayer
  )

describe("NameResolver", () => {
  it.live("a name of this machine has a loopback address", () =>
    Effect.map(resolve("localhost"), (addresses) => {
      assert.isNotEmpty(addresses)
      for (const address of addresses) assert.match(address, /^127\.|^::1$/)
    })
  )

  it.live("an address stands for itself", () =>
    Effect.map(resolve("127.0.0.1"), (addresses) => assert.deepStrictEqual(addresses, ["127.0.0.1"]))
  )

  it.live("a name that nobody may have is not found", () =>
    Effect.map(Effect.flip(resolve("no-such-host.invalid")), (error) => {
      assert.instanceOf(error, NameNotFound)
      assert.strictEqual(error.host, "no-such-host.invalid")
    })
  )
})
