import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { blake2b } from "../../../src/aws-cluster/network/Blake2b.ts"
import { loadBalancerName } from "../../../src/aws-cluster/network/LoadBalancerName.ts"

describe("loadBalancerName", () => {
  it("is the cluster's name with a suffix", () =>
    assert.strictEqual(loadBalancerName("capi-quickstart"), "capi-quickstart-apiserver"))
  it("has dashes for dots", () => assert.strictEqual(loadBalancerName("a.b"), "a-b-apiserver"))
  it("is the user's own when there is one", () => assert.strictEqual(loadBalancerName("a", "mine"), "mine"))
  it("is a digest of 28 letters and digits when the name is too long", () =>
    assert.match(loadBalancerName("a-name-that-is-much-too-long"), /^[0-9a-z]{28}-k8s$/))
})

describe("blake2b", () => {
  it.each([0, 1, 3, 127, 128, 129, 256, 1000])("agrees with Node on %d bytes", (length) => {
    const input = Uint8Array.from({ length }, (_, index) => index % 251)
    assert.strictEqual(
      Buffer.from(blake2b(input, 64)).toString("hex"),
      createHash("blake2b512").update(input).digest("hex")
    )
  })

  it("gives another function for another length", () => {
    const short = Buffer.from(blake2b(new TextEncoder().encode("abc"), 32)).toString("hex")
    assert.strictEqual(short, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")
  })
})
