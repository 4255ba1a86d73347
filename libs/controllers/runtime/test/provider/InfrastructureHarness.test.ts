/** The infrastructure harness keeps the contract's promises for the smallest provider there is, under both contracts. */
import { KubernetesApi } from "@capstan/kubernetes"
import { infrastructureProviderConformance, type InfrastructureWorld } from "@capstan/provider/testing"
import { Effect, Fiber, Layer } from "effect"
import { infrastructureControllers } from "../../src/provider/InfrastructureHarness.ts"
import { makeCallLimit, MemoryApi } from "@capstan/kubernetes/testing"
import { pass, settle, startManager } from "../TestManager.ts"
import { TinyCloud, tinyProvider } from "./TinyCloud.ts"

const open = (contract: "v1beta1" | "v1beta2"): Effect.Effect<InfrastructureWorld> =>
  Effect.sync(() => {
    const api = new MemoryApi()
    const cloud = new TinyCloud()
    const limit = makeCallLimit()
    cloud.door = (perform) => limit.door(Effect.sync(perform))
    const seen = { layer: Layer.succeed(KubernetesApi, api.clientThrough(limit.door)) }
    return {
      api: api.client,
      cloud: Effect.sync(() => cloud.census),
      run: Effect.fnUntraced(function* (options) {
        limit.open(options?.stopAfterCalls)
        const { fiber } = yield* startManager(seen, infrastructureControllers(tinyProvider(cloud, contract)))
        yield* pass("1 minute")
        yield* Fiber.interrupt(fiber)
        yield* settle
        return limit.isReached()
      })
    }
  })

for (const contract of ["v1beta1", "v1beta2"] as const) {
  infrastructureProviderConformance(`tiny, contract ${contract}`, {
    provider: tinyProvider(new TinyCloud(), contract),
    open: open(contract),
    clusterSpec: {},
    machineSpec: { size: 1 }
  })
}
