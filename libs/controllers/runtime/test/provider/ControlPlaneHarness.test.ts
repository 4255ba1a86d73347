/** The control-plane harness: finalizer, report after every pass, generation, deletion, pause. */
import { Cluster, KubeadmControlPlane } from "@capstan/api"
import { defineControlPlaneProvider, ProviderError, type Removal } from "@capstan/provider"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { controlPlaneController } from "../../src/provider/ControlPlaneHarness.ts"
import { anObject, MemoryApi } from "@capstan/kubernetes/testing"
import { pass, startManager } from "../TestManager.ts"

const owner = { apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Cluster", name: "prod", uid: "uid-of-prod" }
const key = { namespace: "default", name: "cp" }
const finalizer = "kubeadm.controlplane.cluster.x-k8s.io"

const world = (settings: { readonly paused?: boolean; readonly owned?: boolean } = {}) => {
  const api = new MemoryApi()
  const calls: Array<string> = []
  const state: { fails: boolean; removal: Removal } = {
    fails: false,
    removal: { _tag: "Removing", reason: "x", message: "", requeueAfterMillis: 5000 }
  }
  const provider = defineControlPlaneProvider({
    name: "test",
    kinds: { controlPlane: KubeadmControlPlane, others: [] },
    finalizer,
    controller: "kubeadmcontrolplane",
    ensure: ({ controlPlane }) =>
      Effect.suspend(() => {
        calls.push(`ensure ${controlPlane.get().metadata.finalizers?.join() ?? ""}`)
        return state.fails ? Effect.fail(new ProviderError({ reason: "Bad", message: "no" })) : Effect.succeed({})
      }),
    remove: () => Effect.sync(() => (calls.push("remove"), state.removal)),
    report: ({ controlPlane }) =>
      Effect.sync(() => {
        calls.push("report")
        controlPlane.change((object) => ({ ...object, status: { ...object.status, replicas: 3 } }))
      })
  })
  api.put(Cluster, anObject(Cluster, "prod", { spec: settings.paused === true ? { paused: true } : {} }))
  api.put(
    KubeadmControlPlane,
    anObject(KubeadmControlPlane, "cp", {
      metadata: { ownerReferences: settings.owned === false ? [] : [owner] },
      spec: {}
    })
  )
  const object = () => api.find(KubeadmControlPlane, key) as KubeadmControlPlane | undefined
  return { api, calls, object, state, start: startManager(api, [controlPlaneController(provider)]) }
}

describe("controlPlaneController", () => {
  it.effect("stores the finalizer, ensures, reports, and says which generation it has seen", () =>
    Effect.gen(function* () {
      const { calls, object, start } = world()
      yield* start
      assert.deepStrictEqual(calls, [`ensure ${finalizer}`, "report"])
      assert.deepStrictEqual([object()?.status?.replicas, object()?.status?.observedGeneration], [3, 1])
    })
  )

  it.effect("reports after a failed pass too, without the generation", () =>
    Effect.gen(function* () {
      const { calls, object, start, state } = world()
      state.fails = true
      yield* start
      assert.deepStrictEqual(calls, [`ensure ${finalizer}`, "report"])
      assert.deepStrictEqual([object()?.status?.replicas, object()?.status?.observedGeneration], [3, undefined])
    })
  )

  it.effect("waits for its owner", () =>
    Effect.gen(function* () {
      const { calls, start } = world({ owned: false })
      yield* start
      yield* pass("1 minute")
      assert.deepStrictEqual(calls, [])
    })
  )

  it.effect("says that it is paused and does nothing", () =>
    Effect.gen(function* () {
      const { calls, object, start } = world({ paused: true })
      yield* start
      yield* pass("1 minute")
      assert.deepStrictEqual(calls, [])
      assert.strictEqual(object()?.status?.conditions?.find(({ type }) => type === "Paused")?.status, "True")
    })
  )

  it.effect("lets go only once everything is removed", () =>
    Effect.gen(function* () {
      const { api, calls, object, start, state } = world()
      yield* start
      yield* Effect.orDie(api.client.delete(KubeadmControlPlane, key))
      yield* pass("12 seconds")
      assert.isDefined(object())
      assert.isAtLeast(calls.filter((call) => call === "remove").length, 2)
      state.removal = { _tag: "Removed" }
      yield* pass("5 seconds")
      assert.isUndefined(object())
    })
  )
})
