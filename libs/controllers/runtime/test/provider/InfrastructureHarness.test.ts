/** The infrastructure harness keeps the contract's promises for the smallest provider there is, under both contracts. */
import { KubernetesApi } from "@capstan/kubernetes"
import { infrastructureProviderConformance, type InfrastructureWorld } from "@capstan/provider/testing"
import { Effect, Fiber, Layer } from "effect"
import { infrastructureControllers } from "../../src/provider/InfrastructureHarness.ts"
import { FakeApi } from "../FakeApi.ts"
import { pass, settle, startManager } from "../TestManager.ts"
import { TinyCloud, tinyProvider } from "./TinyCloud.ts"

const open = (contract: "v1beta1" | "v1beta2"): Effect.Effect<InfrastructureWorld> =>
  Effect.sync(() => {
    const api = new FakeApi()
    const cloud = new TinyCloud()
    let left = Number.POSITIVE_INFINITY
    let stopped = false
    /** Carries the call out, and never answers once the manager is to die. */
    const door = <A, E>(perform: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => {
        if (stopped) return Effect.never
        left--
        if (left > 0) return perform
        stopped = true
        return Effect.andThen(Effect.exit(perform), Effect.never)
      })
    cloud.door = (perform) => door(Effect.sync(perform))
    const seen = { layer: Layer.succeed(KubernetesApi, api.clientThrough(door)) }
    return {
      api: api.client,
      cloud: Effect.sync(() => cloud.census),
      run: Effect.fnUntraced(function* (options) {
        left = options?.stopAfterCalls ?? Number.POSITIVE_INFINITY
        stopped = false
        const { fiber } = yield* startManager(seen, infrastructureControllers(tinyProvider(cloud, contract)))
        yield* pass("1 minute")
        yield* Fiber.interrupt(fiber)
        yield* settle
        return stopped
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
