/** The bootstrap harness: when data is made, where it goes, and what happens when a pass is cut short. */
import { Cluster, type Condition, KubeadmConfig, Machine } from "@capstan/api"
import { apiError, Secret } from "@capstan/kubernetes"
import { type BootstrapOutcome, defineBootstrapProvider } from "@capstan/provider"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { bootstrapController } from "../../src/provider/BootstrapHarness.ts"
import { anObject, MemoryApi } from "@capstan/kubernetes/testing"
import { pass, startManager } from "../TestManager.ts"

const owner = { apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Machine", name: "m", uid: "uid-of-m" }
const labels = { "cluster.x-k8s.io/cluster-name": "prod" }
const configKey = { namespace: "default", name: "m" }
const reference = { apiGroup: "bootstrap.cluster.x-k8s.io", kind: "KubeadmConfig", name: "m" }

const world = (
  settings: { readonly provisioned?: boolean; readonly machine?: object; readonly nodeRef?: object } = {}
) => {
  const api = new MemoryApi()
  const calls: Array<string> = []
  let outcome: BootstrapOutcome = { _tag: "Generated", value: "user data", format: "cloud-config" }
  const provider = defineBootstrapProvider({
    name: "test",
    kinds: { config: KubeadmConfig, others: [] },
    controller: "kubeadmconfig",
    generate: () => Effect.sync(() => (calls.push("generate"), outcome)),
    refresh: () => Effect.sync(() => (calls.push("refresh"), { requeueAfterMillis: 300_000 })),
    remove: ({ config }) => Effect.sync(() => void calls.push(`remove ${config.name}`))
  })
  const status = { initialization: { infrastructureProvisioned: settings.provisioned ?? true } }
  api.put(Cluster, anObject(Cluster, "prod", { spec: {}, status }))
  api.put(
    Machine,
    anObject(Machine, "m", {
      metadata: { labels },
      spec: {
        clusterName: "prod",
        bootstrap: { configRef: reference, ...settings.machine },
        infrastructureRef: reference
      },
      ...(settings.nodeRef === undefined ? {} : { status: { nodeRef: settings.nodeRef } })
    })
  )
  api.put(KubeadmConfig, anObject(KubeadmConfig, "m", { metadata: { labels, ownerReferences: [owner] }, spec: {} }))
  const config = () => api.find(KubeadmConfig, configKey) as KubeadmConfig | undefined
  const condition = (type: string): Condition | undefined =>
    config()?.status?.conditions?.find((present) => present.type === type)
  const secret = () => api.find(Secret, configKey) as Secret | undefined
  return {
    api,
    calls,
    condition,
    config,
    secret,
    start: startManager(api, [bootstrapController(provider)]),
    become: (next: BootstrapOutcome) => void (outcome = next)
  }
}

describe("bootstrapController", () => {
  it.effect("puts the data into a Secret of the config's name and then says so", () =>
    Effect.gen(function* () {
      const { calls, condition, config, secret, start } = world()
      yield* start
      yield* pass("10 seconds")
      assert.deepStrictEqual(secret()?.data, { value: btoa("user data"), format: btoa("cloud-config") })
      assert.strictEqual(secret()?.type, "cluster.x-k8s.io/secret")
      assert.strictEqual(secret()?.metadata.labels?.["cluster.x-k8s.io/cluster-name"], "prod")
      assert.strictEqual(secret()?.metadata.ownerReferences?.[0]?.uid, "uid-of-m")
      assert.deepStrictEqual(
        [config()?.status?.dataSecretName, config()?.status?.initialization?.dataSecretCreated],
        ["m", true]
      )
      assert.deepStrictEqual(
        [condition("Ready")?.status, condition("DataSecretAvailable")?.status, condition("Paused")?.status],
        ["True", "True", "False"]
      )
      assert.deepStrictEqual(calls, ["generate", "refresh"])
    })
  )

  it.effect("waits for the cluster's infrastructure", () =>
    Effect.gen(function* () {
      const { calls, condition, start } = world({ provisioned: false })
      yield* start
      yield* pass("10 seconds")
      assert.deepStrictEqual(calls, [])
      assert.strictEqual(condition("DataSecretAvailable")?.reason, "NotAvailable")
    })
  )

  it.effect("says what the provider waits for and asks again", () =>
    Effect.gen(function* () {
      const { become, calls, condition, secret, start } = world()
      become({ _tag: "Waiting", reason: "NotAvailable", message: "for the control plane", requeueAfterMillis: 30_000 })
      yield* start
      yield* pass("10 seconds")
      assert.strictEqual(condition("DataSecretAvailable")?.message, "for the control plane")
      const before = calls.length
      become({ _tag: "Generated", value: "user data", format: "cloud-config" })
      yield* pass("30 seconds")
      assert.strictEqual(calls[before], "generate")
      assert.isDefined(secret())
    })
  )

  it.effect("adopts the data that the Machine has already", () =>
    Effect.gen(function* () {
      const { calls, config, secret, start } = world({
        machine: { dataSecretName: "elsewhere" },
        nodeRef: { name: "n" }
      })
      yield* start
      yield* pass("10 seconds")
      assert.strictEqual(config()?.status?.dataSecretName, "elsewhere")
      assert.isUndefined(secret())
      assert.deepStrictEqual(calls, [])
    })
  )

  it.effect("writes the Secret again when the pass before it was cut short", () =>
    Effect.gen(function* () {
      const { api, become, calls, config, secret, start } = world()
      let refused = 0
      api.intervene = ({ kind, operation }) =>
        operation === "patch" && kind === "KubeadmConfig" && refused++ === 0
          ? apiError("Unreachable", "lost")
          : undefined
      const { fiber } = yield* start
      assert.isDefined(secret())
      assert.isUndefined(config()?.status?.dataSecretName)
      become({ _tag: "Generated", value: "newer data", format: "cloud-config" })
      yield* pass("10 seconds")
      assert.strictEqual(secret()?.data?.["value"], btoa("newer data"))
      assert.strictEqual(config()?.status?.dataSecretName, "m")
      assert.deepStrictEqual(calls.slice(0, 2), ["generate", "generate"])
      void fiber
    })
  )

  it.effect("refuses a Secret that is somebody else's", () =>
    Effect.gen(function* () {
      const { api, condition, config, start } = world()
      api.put(
        Secret,
        anObject(Secret, "m", {
          metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Other", name: "o", uid: "o", controller: true }] }
        })
      )
      yield* start
      yield* pass("10 seconds")
      assert.isUndefined(config()?.status?.dataSecretName)
      assert.include(condition("DataSecretAvailable")?.message, "controlled by Other o")
    })
  )

  it.effect("gives back what a config held once it is gone", () =>
    Effect.gen(function* () {
      const { api, calls, start } = world()
      yield* start
      yield* pass("10 seconds")
      api.remove(KubeadmConfig, configKey)
      yield* pass("10 seconds")
      assert.strictEqual(calls.at(-1), "remove m")
    })
  )
})
