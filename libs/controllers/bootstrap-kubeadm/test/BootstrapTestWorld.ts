/** The kubeadm bootstrap provider under its harness, over two APIs in memory: the management cluster's and the workload cluster's. */
import { makeKindRegistry } from "@capstan/api"
import { KubernetesApi } from "@capstan/kubernetes"
import { makeCallLimit, MemoryApi } from "@capstan/kubernetes/testing"
import { CertificateAuthority, WorkloadClusters } from "@capstan/provider"
import type { BootstrapWorld } from "@capstan/provider/testing"
import { bootstrapController, Kinds, runManager } from "@capstan/runtime"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { kubeadmBootstrapProvider } from "../src/KubeadmBootstrapProvider.ts"

/** Certificates that only say what they are for. */
const readableCertificates = Layer.succeed(CertificateAuthority, {
  createAuthority: ({ commonName }) =>
    Effect.succeed({ certificate: `certificate of ${commonName}`, key: `key of ${commonName}` }),
  createServiceAccountKey: Effect.succeed({ certificate: "public key", key: "private key" }),
  issue: ({ commonName }) =>
    Effect.succeed({ certificate: `certificate of ${commonName}`, key: `key of ${commonName}` }),
  publicKeyHash: (certificate) => Effect.succeed(`sha256:${certificate.length}`),
  expiry: () => Effect.succeed("2040-01-01T00:00:00Z")
})

const settle = Effect.repeat(TestClock.adjust(0), { times: 20 })

export const openBootstrapWorld = Effect.sync((): BootstrapWorld => {
  const management = new MemoryApi()
  const workload = new MemoryApi()
  const limit = makeCallLimit()
  const services = Layer.mergeAll(
    Layer.succeed(KubernetesApi, management.clientThrough(limit.door)),
    Layer.succeed(WorkloadClusters, {
      connect: () => Effect.succeed({ client: workload.clientThrough(limit.door), probe: Effect.void })
    }),
    readableCertificates,
    Layer.succeed(Kinds, makeKindRegistry([]))
  )
  const manager = runManager(
    { name: "test" },
    Effect.map(kubeadmBootstrapProvider, (provider) => [bootstrapController(provider)])
  ).pipe(Effect.provide(services))
  return {
    api: management.client,
    run: Effect.fnUntraced(function* (options) {
      limit.open(options?.stopAfterCalls)
      const fiber = yield* Effect.forkChild(manager)
      yield* settle
      // In steps: a reconcile that is due in between runs at its time, not at the end.
      yield* Effect.repeat(Effect.andThen(TestClock.adjust("5 seconds"), settle), { times: 18 })
      yield* Fiber.interrupt(fiber)
      yield* settle
      return limit.isReached()
    }),
    objects: Effect.sync(() => {
      management.collectGarbage()
      return [...management.objects.values()].filter(({ kind }) => kind !== "Event")
    })
  }
})
