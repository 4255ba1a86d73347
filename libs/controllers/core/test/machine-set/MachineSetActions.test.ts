/** What is left of a Machine whose making failed: nothing that nobody collects, and nothing taken from a Machine that is there. */
import { Machine, makeKindRegistry, type NewObject } from "@capstan/api"
import { type ApiError, apiError } from "@capstan/kubernetes"
import { anObject, MemoryApi, type MemoryApiCall } from "@capstan/kubernetes/testing"
import { Cache, EventRecorder, Kinds, makeCache } from "@capstan/runtime"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { noReference } from "../../src/contract/ProviderObject.ts"
import { performMachineSetAction } from "../../src/machine-set/MachineSetActions.ts"
import type { MachineSetFacts, Part } from "../../src/machine-set/MachineSetFacts.ts"
import { MachineSetAction, planMachineSet } from "../../src/machine-set/MachineSetPlan.ts"
import { aCluster, aMachineSet, found, noon } from "../Specimens.ts"

const bootstrap = { group: "bootstrap.cluster.x-k8s.io" }
const FooConfig = found("FooConfig", "any", {}, bootstrap).kind.kind
const FooMachine = found("FooMachine", "any").kind.kind
const partKinds = [FooConfig, FooMachine]

const machineSet = aMachineSet("set", { spec: { replicas: 1 } })
const facts: MachineSetFacts = {
  machineSet,
  cluster: aCluster(),
  machineDeployment: undefined,
  controlPlane: noReference,
  bootstrapTemplate: found("FooConfigTemplate", "workers", {}, bootstrap),
  infrastructureTemplate: found("FooMachineTemplate", "workers"),
  selector: { _tag: "Labels", labels: {} },
  machines: [],
  parts: [],
  orphans: [],
  now: noon
}

const makeOne = MachineSetAction.CreateMachines({ count: 1 })
const perform = (api: MemoryApi, action: MachineSetAction, given = facts) =>
  performMachineSetAction(given, machineSet, action).pipe(
    Effect.provide(
      Layer.mergeAll(
        api.layer,
        Layer.succeed(Cache, makeCache({ client: api.client, spawn: () => {} })),
        Layer.succeed(EventRecorder, { record: () => Effect.void }),
        Layer.succeed(Kinds, makeKindRegistry(partKinds))
      )
    )
  )

/** The kinds of what is stored. */
const stored = (api: MemoryApi): ReadonlyArray<string> => [...api.objects.values()].map(({ kind }) => kind ?? "").sort()

const partsIn = (api: MemoryApi): ReadonlyArray<Part> =>
  partKinds.flatMap((kind) => api.list(kind).map((object): Part => ({ kind, object })))

const isCreate = (call: MemoryApiCall, kind: string): boolean => call.operation === "create" && call.kind === kind

/** An API that answers the creation of this kind with the error. */
const failing = (kind: string, error: ApiError): MemoryApi => {
  const api = new MemoryApi()
  api.intervene = (call) => (isCreate(call, kind) ? error : undefined)
  return api
}

/** An API that makes the Machine and then loses the answer. */
const silentlyMaking = (error: ApiError): MemoryApi => {
  const api = new MemoryApi()
  api.intervene = (call) => {
    if (!isCreate(call, "Machine")) return undefined
    const { metadata, ...body } = call.body as NewObject<object>
    api.put(Machine, anObject(Machine, call.name, { ...body, metadata }))
    return error
  }
  return api
}

const lost = (["Unreachable", "Timeout", "ServerTimeout"] as const).map((reason) => apiError(reason, "no answer"))
const refused = (["Forbidden", "Invalid", "AlreadyExists"] as const).map((reason) => apiError(reason, "no"))

describe("a Machine that cannot be made", () => {
  for (const error of refused) {
    it.effect(`takes its parts with it when the answer is ${error.reason}`, () =>
      Effect.gen(function* () {
        const api = failing("Machine", error)
        assert.strictEqual(yield* Effect.flip(perform(api, makeOne)), error)
        assert.deepStrictEqual(
          api.calls.map(({ kind, operation }) => `${operation} ${kind}`),
          [
            "create FooConfig",
            "create FooMachine",
            "create Machine",
            ...["FooConfig", "FooMachine"].map((kind) => `delete ${kind}`)
          ]
        )
        assert.deepStrictEqual(stored(api), [])
      })
    )
  }

  it.effect("takes its bootstrap config with it when its infrastructure is refused", () =>
    Effect.gen(function* () {
      const api = failing("FooMachine", apiError("Forbidden", "no"))
      yield* Effect.flip(perform(api, makeOne))
      assert.deepStrictEqual(stored(api), [])
    })
  )
})

describe("a Machine of which nobody knows whether it was made", () => {
  for (const error of lost) {
    it.effect(`keeps its parts after ${error.reason}, also when they are looked at as orphans`, () =>
      Effect.gen(function* () {
        const api = silentlyMaking(error)
        assert.strictEqual(yield* Effect.flip(perform(api, makeOne)), error)
        assert.deepStrictEqual(stored(api), ["FooConfig", "FooMachine", "Machine"])

        // The next pass, whose cache does not show the Machine yet.
        const next = { ...facts, orphans: partsIn(api) }
        const sweeps = planMachineSet(next).actions.filter(({ _tag }) => _tag === "SweepOrphan")
        assert.strictEqual(sweeps.length, 2)
        for (const sweep of sweeps) yield* perform(api, sweep, next)
        assert.deepStrictEqual(stored(api), ["FooConfig", "FooMachine", "Machine"])
      })
    )

    it.effect(`loses its parts to the next pass when it was not, after ${error.reason}`, () =>
      Effect.gen(function* () {
        const api = failing("Machine", error)
        yield* Effect.flip(perform(api, makeOne))
        assert.deepStrictEqual(stored(api), ["FooConfig", "FooMachine"])

        const next = { ...facts, orphans: partsIn(api) }
        for (const action of planMachineSet(next).actions) {
          if (action._tag === "SweepOrphan") yield* perform(api, action, next)
        }
        assert.deepStrictEqual(stored(api), [])
      })
    )
  }
})
