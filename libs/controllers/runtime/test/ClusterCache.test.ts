/** Connections to a workload cluster: when they are made, lost and made again, and who is told. */
import { Cluster, type KindObject, makeKind } from "@capstan/api"
import { KubernetesApi, Secret } from "@capstan/kubernetes"
import { WorkloadClusters, WorkloadUnreachable } from "@capstan/provider"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Schema } from "effect"
import { Base64 } from "effect/encoding"
import { ClusterCache } from "../src/ClusterCache.ts"
import { type Controller, makeController } from "../src/Controller.ts"
import type { RuntimeServices } from "../src/Manager.ts"
import { done } from "../src/Result.ts"
import { anObject, MemoryApi } from "@capstan/kubernetes/testing"
import { pass, settle, startManager } from "./TestManager.ts"

const Node = makeKind({ group: "", kind: "Node", version: "v1", schema: Schema.Struct({}), scope: "Cluster" })
const key = { namespace: "default", name: "prod" }

const clusterObject = (provisioned: boolean): KindObject<typeof Cluster> => {
  const status = { initialization: { infrastructureProvisioned: provisioned } }
  return anObject(Cluster, "prod", { spec: {}, status }) as KindObject<typeof Cluster>
}

/** A management cluster, a workload cluster that can be cut off, and a controller that notes what it sees. */
const world = () => {
  const management = new MemoryApi()
  const workload = new MemoryApi()
  const notes: Array<string> = []
  const state = { up: true, unauthorized: false, connects: 0, probes: 0 }
  const failure = () => new WorkloadUnreachable({ cluster: "prod", message: "down", unauthorized: state.unauthorized })
  const workloads = Layer.succeed(WorkloadClusters, {
    connect: ({ kubeconfig }) =>
      Effect.suspend(() => {
        state.connects++
        if (!state.up || kubeconfig !== "kubeconfig") return Effect.fail(failure())
        state.unauthorized = false
        return Effect.succeed({
          client: workload.client,
          probe: Effect.suspend(() => {
            state.probes++
            return state.up && !state.unauthorized ? Effect.void : Effect.fail(failure())
          })
        })
      })
  })
  const controller: Controller<RuntimeServices> = makeController<RuntimeServices>({
    name: "watcher",
    kind: Cluster,
    watches: [],
    when: () => false,
    intervalMillis: 0,
    clusterCacheEvents: (cluster) => [cluster],
    probeGraceMillis: 25_000,
    reconcile: Effect.fnUntraced(function* () {
      const clusters = yield* ClusterCache
      const at = (yield* Clock.currentTimeMillis) / 1000
      const { connected, consecutiveFailures } = clusters.health(key)
      const watched = yield* clusters.watch({ cluster: key, controller: "watcher", kind: Node, map: () => [key] }).pipe(
        Effect.andThen(clusters.reader(key)),
        Effect.flatMap((reader) => reader.list(Node)),
        Effect.match({ onFailure: () => "no nodes", onSuccess: (nodes) => `${nodes.length} nodes` })
      )
      notes.push(`${at}s ${connected ? "connected" : "disconnected"}, ${consecutiveFailures} failures, ${watched}`)
      return done
    })
  })
  const putKubeconfig = () =>
    management.put(Secret, anObject(Secret, "prod-kubeconfig", { data: { value: Base64.encode("kubeconfig") } }))
  const api = { layer: Layer.succeed(KubernetesApi, management.client) }
  return { management, workload, notes, state, putKubeconfig, start: startManager(api, [controller], workloads) }
}

describe("ClusterCache", () => {
  it.effect("connects once the infrastructure stands and the kubeconfig is there, and tells who wants to know", () =>
    Effect.gen(function* () {
      const { management, notes, putKubeconfig, start, state } = world()
      putKubeconfig()
      management.put(Cluster, clusterObject(false))
      yield* start
      yield* pass("5 minutes")
      assert.strictEqual(state.connects, 0)
      management.put(Cluster, clusterObject(true))
      yield* settle
      assert.deepStrictEqual([state.connects, notes[0]], [1, "300s connected, 0 failures, 0 nodes"])
    })
  )

  it.effect("asks again each thirty seconds while there is no kubeconfig", () =>
    Effect.gen(function* () {
      const { management, notes, putKubeconfig, start } = world()
      management.put(Cluster, clusterObject(true))
      yield* start
      yield* pass("10 seconds")
      putKubeconfig()
      yield* pass("30 seconds")
      assert.include(notes, "30s connected, 0 failures, 0 nodes")
    })
  )

  it.effect("wakes the watcher for changes there, on this connection and the next", () =>
    Effect.gen(function* () {
      const { management, notes, putKubeconfig, start, state, workload } = world()
      putKubeconfig()
      management.put(Cluster, clusterObject(true))
      yield* start
      yield* settle
      workload.put(Node, anObject(Node, "n1"))
      yield* settle
      assert.deepStrictEqual(notes, ["0s connected, 0 failures, 0 nodes", "0s connected, 0 failures, 1 nodes"])
      state.unauthorized = true
      yield* pass("10 seconds")
      assert.strictEqual(state.connects, 2)
      notes.length = 0
      workload.put(Node, anObject(Node, "n2"))
      yield* settle
      assert.deepStrictEqual(notes, ["10s connected, 0 failures, 2 nodes"])
    })
  )

  it.effect("gives a connection up after five failed probes, tells so, and tries again after thirty seconds", () =>
    Effect.gen(function* () {
      const { management, notes, putKubeconfig, start, state } = world()
      putKubeconfig()
      management.put(Cluster, clusterObject(true))
      yield* start
      yield* pass("30 seconds")
      notes.length = 0
      state.up = false
      yield* pass("55 seconds")
      assert.deepStrictEqual(notes, ["60s connected, 3 failures, 0 nodes", "80s disconnected, 5 failures, no nodes"])
      notes.length = 0
      state.up = true
      yield* pass("25 seconds")
      assert.deepStrictEqual(notes, ["110s connected, 0 failures, 0 nodes"])
    })
  )

  it.effect("ends with the Cluster", () =>
    Effect.gen(function* () {
      const { management, putKubeconfig, start, state } = world()
      putKubeconfig()
      management.put(Cluster, clusterObject(true))
      yield* start
      yield* pass("30 seconds")
      assert.strictEqual(state.probes, 3)
      management.remove(Cluster, key)
      yield* pass("5 minutes")
      assert.strictEqual(state.probes, 3)
    })
  )
})
