/** The simulated server keeps the promises of the waist, in plain order and under a permuted schedule. */
import { conformanceKinds, kubernetesApiChecks, kubernetesApiConformance } from "@capstan/kubernetes/testing"
import { Kernel } from "@capstan/kernel"
import { Effect, Exit } from "effect"
import { describe, expect, test } from "vitest"
import { ApiServer, layer } from "../src/index.ts"

const world = (seed: number) => {
  const kernel = new Kernel({ seed })
  const server = new ApiServer(kernel, { name: "conformance", kinds: conformanceKinds })
  return { kernel, layer: layer(server, { userAgent: "conformance" }) }
}

describe("KubernetesApi conformance", () => {
  for (const { name, run, topic } of kubernetesApiChecks) {
    test(`${topic}: ${name}`, () => {
      const { kernel, layer } = world(0)
      const exit = kernel.complete(Effect.provide(run, layer))
      expect(Exit.isSuccess(exit) ? "kept" : String(exit.cause)).toBe("kept")
    })
  }

  test.each([1, 2, 3, 4711])("holds on one server with seed %i", (seed) => {
    const { kernel, layer } = world(seed)
    const exit = kernel.complete(kubernetesApiConformance(layer))
    expect(exit).toEqual(Exit.succeed([]))
  })
})
