/** The dev provider under its harness, over an API and a cloud in memory; calls to both can be cut off. */
import { makeKindRegistry } from "@capstan/api"
import { KubernetesApi, type KubernetesClient } from "@capstan/kubernetes"
import { makeCallLimit, MemoryApi } from "@capstan/kubernetes/testing"
import { NameResolver, WorkloadClusters, WorkloadUnreachable } from "@capstan/provider"
import type { InfrastructureWorld } from "@capstan/provider/testing"
import { infrastructureControllers, Kinds, runManager } from "@capstan/runtime"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { DevCloud, devCloudThrough } from "../src/cloud/DevCloud.ts"
import { makeMemoryCloud, type MemoryCloud } from "../src/cloud/MemoryCloud.ts"
import { devProvider } from "../src/DevProvider.ts"

const noWorkloads = Layer.succeed(WorkloadClusters, {
  connect: ({ cluster }) =>
    Effect.fail(new WorkloadUnreachable({ cluster: cluster.name, message: "none", unauthorized: false }))
})

const settle = Effect.repeat(TestClock.adjust(0), { times: 20 })

export interface DevWorld extends InfrastructureWorld {
  readonly api: KubernetesClient
  readonly memory: MemoryCloud
  /** Starts the controllers, lets so many seconds pass, stops them. */
  readonly runFor: (seconds: number, stopAfterCalls?: number) => Effect.Effect<boolean>
}

export const openDevWorld = Effect.sync((): DevWorld => {
  const api = new MemoryApi()
  const memory = makeMemoryCloud(["dev-a", "dev-b", "dev-c"])
  const limit = makeCallLimit()
  const services = Layer.mergeAll(
    Layer.succeed(KubernetesApi, api.clientThrough(limit.door)),
    Layer.succeed(
      DevCloud,
      devCloudThrough((call) => limit.door(memory.carry(call)))
    ),
    Layer.succeed(NameResolver, memory.resolver),
    Layer.succeed(Kinds, makeKindRegistry([])),
    noWorkloads
  )
  const manager = runManager({ name: "test" }, Effect.map(devProvider, infrastructureControllers)).pipe(
    Effect.provide(services)
  )
  const runFor = Effect.fnUntraced(function* (seconds: number, stopAfterCalls?: number) {
    limit.open(stopAfterCalls)
    const fiber = yield* Effect.forkChild(manager)
    yield* settle
    // In steps: a reconcile that is due in between runs at its time, not at the end.
    yield* Effect.repeat(Effect.andThen(TestClock.adjust("1 second"), settle), { times: seconds })
    yield* Fiber.interrupt(fiber)
    yield* settle
    return limit.isReached()
  })
  return {
    api: api.client,
    memory,
    runFor,
    run: (options) => runFor(60, options?.stopAfterCalls),
    cloud: Effect.map(memory.state, ({ balancers, machines }) => [
      ...balancers.map(({ name }) => `balancer/${name}`),
      ...machines.filter(({ state }) => state !== "terminated").map(({ id }) => `machine/${id}`)
    ])
  }
})
