import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { Keyring, readCall, type WireCall, writeOutput } from "../../src/wire/index.ts"
import { sample } from "./Samples.ts"
import { allOperations, keys, region, schemaOf, send } from "./Sdk.ts"

const keyring = new Keyring({ region, ...keys })
const momentNow = () => ({ nowMillis: Date.now(), requestId: "00000000-0000-4000-8000-000000000001" })

/** What is in both, apart from what the SDK adds. */
const plain = (value: object): unknown => {
  const { $metadata: _, ...rest } = { $metadata: undefined, ...value }
  return withoutEmpty(rest)
}

/** A structure without members says nothing: the wire leaves it out. */
const withoutEmpty = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return [...value]
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (typeof value !== "object" || value === null || value instanceof Date) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, withoutEmpty(inner)] as const)
      .filter(([, inner]) => inner !== undefined && !(isObject(inner) && Object.keys(inner).length === 0))
  )
}
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)

describe("the SDK and the wire understand each other", () => {
  for (const { operation, service } of allOperations) {
    it(`${service} ${operation}`, async () => {
      const { input, output } = schemaOf(service, operation)
      for (const seed of [0, 1, 2, 3]) {
        const asked = sample(input, seed)
        const answered = sample(output, seed)
        let understood: WireCall | undefined
        const heard = await send(service, operation, asked, (request) => {
          const read = readCall(request, keyring, momentNow())
          if (Result.isFailure(read)) return read.failure
          understood = read.success
          return writeOutput(read.success, answered, momentNow())
        })
        assert.strictEqual(understood?.service.name, service)
        assert.strictEqual(understood?.operation.name, operation)
        assert.deepStrictEqual(plain(understood?.input ?? {}), plain(asked))
        assert.deepStrictEqual(plain(heard), plain(answered))
      }
    })
  }
})
