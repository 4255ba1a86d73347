/**
 * What every `NameResolver` has to do: a name has addresses, or it is not found, and that may change.
 *
 * Left out: how soon a change is seen, which belongs to the caches in between.
 *
 * @source https://www.rfc-editor.org/rfc/rfc2606 — names below `.invalid` never resolve.
 */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { NameNotFound, NameResolver } from "../NameResolver.ts"
import { type ConformanceBackend, eventually, failureOf, seamChecksOf } from "./ConformanceBackend.ts"

export interface NameResolverGiven {
  /** A name that resolves. */
  readonly host: string
  /** A name that does not resolve yet, and what makes it resolve soon, within five minutes. */
  readonly pending: { readonly host: string; readonly appear: Effect.Effect<void> }
}

const unknownHost = "no-such-host.invalid"

const address = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)$/i

const resolve = (host: string) => Effect.flatMap(NameResolver, (resolver) => resolver.resolve(host))

const notFound = Effect.fnUntraced(function* (host: string) {
  const error = yield* failureOf(`resolving ${host}`, resolve(host))
  assert.instanceOf(error, NameNotFound)
  assert.strictEqual(error.host, host)
})

/** Declares the suite for a backend; call it at the top of a test file. */
export const nameResolverConformance = (backend: ConformanceBackend<NameResolver, NameResolverGiven>): void => {
  describe(`NameResolver: ${backend.name}`, () => {
    const check = seamChecksOf(backend)

    check("a name has one address at least, and nothing else", ({ host }) =>
      Effect.gen(function* () {
        const addresses = yield* resolve(host)
        assert.isAtLeast(addresses.length, 1)
        for (const each of addresses) assert.match(each, address)
      })
    )

    check("a name that nobody has is not found, and the error says which", () => notFound(unknownHost))

    check("names that were asked for together are answered one by one", ({ host }) =>
      Effect.gen(function* () {
        const answers = yield* Effect.forEach([host, unknownHost, host], (each) => Effect.result(resolve(each)), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(
          answers.map((answer) => answer._tag),
          ["Success", "Failure", "Success"]
        )
      })
    )

    check("a name is not found until it is there, and is found then", ({ pending }) =>
      Effect.gen(function* () {
        yield* notFound(pending.host)
        yield* pending.appear
        const addresses = yield* eventually(`${pending.host} resolves`, resolve(pending.host))
        assert.isAtLeast(addresses.length, 1)
        for (const each of addresses) assert.match(each, address)
      })
    )
  })
}
