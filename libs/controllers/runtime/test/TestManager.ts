/** Managers for tests: started in the background over a fake API, stepped by the test clock. */
import { makeKindRegistry } from "@capstan/api"
import type { KubernetesApi } from "@capstan/kubernetes"
import { WorkloadClusters, WorkloadUnreachable } from "@capstan/provider"
import { type Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { Controller } from "../src/Controller.ts"
import { Kinds } from "../src/Kinds.ts"
import { type RuntimeServices, runManager } from "../src/Manager.ts"
import { ManagerProbe, type ManagerSnapshot } from "../src/ManagerProbe.ts"

export const noWorkloads = Layer.succeed(WorkloadClusters, {
  connect: ({ cluster }) =>
    Effect.fail(new WorkloadUnreachable({ cluster: cluster.name, message: "none", unauthorized: false }))
})

/** Lets everything run that can run now. */
export const settle = Effect.repeat(TestClock.adjust(0), { times: 20 })

/** Lets everything run that can run now, then moves the clock, then again. */
export const pass = (duration: Duration.Input) =>
  Effect.andThen(settle, Effect.andThen(TestClock.adjust(duration), settle))

const nowhere: ManagerSnapshot = { manager: "", starting: ["?"], controllers: [] }

/** Runs the controllers in the background; gives the probe's view. */
export const startManager = Effect.fnUntraced(function* (
  api: { readonly layer: Layer.Layer<KubernetesApi> },
  controllers: ReadonlyArray<Controller<RuntimeServices>>,
  workloads: Layer.Layer<WorkloadClusters> = noWorkloads
) {
  let snapshot: (() => ManagerSnapshot) | undefined
  const fiber = yield* runManager({ name: "test" }, controllers).pipe(
    Effect.provide(Layer.mergeAll(api.layer, workloads, Layer.succeed(Kinds, makeKindRegistry([])))),
    Effect.provideService(ManagerProbe, { register: (take) => void (snapshot = take) }),
    Effect.forkChild
  )
  yield* settle
  return { fiber, snapshot: () => snapshot?.() ?? nowhere }
})
