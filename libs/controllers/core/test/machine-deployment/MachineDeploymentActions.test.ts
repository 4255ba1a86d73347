/** A MachineSet of which nobody knows whether it was made is not made again. */
import { MachineSet, type NewObject } from "@capstan/api"
import { apiError } from "@capstan/kubernetes"
import { anObject, MemoryApi } from "@capstan/kubernetes/testing"
import { Cache, EventRecorder, makeCache } from "@capstan/runtime"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { noReference } from "../../src/contract/ProviderObject.ts"
import { performMachineDeploymentAction } from "../../src/machine-deployment/MachineDeploymentActions.ts"
import type { MachineDeploymentFacts } from "../../src/machine-deployment/MachineDeploymentFacts.ts"
import { MachineDeploymentAction } from "../../src/machine-deployment/MachineDeploymentPlan.ts"
import { aCluster, aDeployment, noon } from "../Specimens.ts"

const deployment = aDeployment()
/** What a cache shows that has seen no set. */
const facts: MachineDeploymentFacts = {
  deployment,
  cluster: aCluster(),
  selector: { _tag: "Labels", labels: {} },
  machineSets: [],
  machines: [],
  bootstrapTemplate: noReference,
  infrastructureTemplate: noReference,
  now: noon
}

const world = () => {
  const api = new MemoryApi()
  /** Sets that the cache was told to wait for. */
  const awaited: Array<string> = []
  const cache: Cache["Service"] = {
    ...makeCache({ client: api.client, spawn: () => {} }),
    wrote: (_, kind, { metadata }) => void (kind.kind === "MachineSet" && awaited.push(metadata.name))
  }
  const make = (given = facts) =>
    performMachineDeploymentAction(
      given,
      given.deployment,
      MachineDeploymentAction.CreateMachineSet({
        wishes: { replicas: 3, maxReplicas: 4, revision: 1, disableCreate: false }
      })
    ).pipe(
      Effect.provide(
        Layer.mergeAll(
          api.layer,
          Layer.succeed(Cache, cache),
          Layer.succeed(EventRecorder, { record: () => Effect.void })
        )
      )
    )
  const sets = () => api.list(MachineSet) as ReadonlyArray<MachineSet>
  return { api, awaited, make, sets }
}

describe("a MachineSet of which nobody knows whether it was made", () => {
  for (const reason of ["Unreachable", "Timeout", "ServerTimeout", "InternalError", "ServiceUnavailable"] as const) {
    const error = apiError(reason, "no answer")

    it.effect(`is found by the next pass when it was, after ${reason}, and waited for`, () =>
      Effect.gen(function* () {
        const { api, awaited, make, sets } = world()
        api.intervene = ({ body, name, operation }) => {
          if (operation !== "create") return undefined
          const { metadata, ...rest } = body as NewObject<object>
          api.put(MachineSet, anObject(MachineSet, name, { ...rest, metadata }))
          return error
        }
        assert.strictEqual(yield* Effect.flip(make()), error)
        assert.deepStrictEqual(awaited, [])
        api.intervene = () => undefined

        yield* make()
        const names = sets().map(({ metadata }) => metadata.name)
        assert.lengthOf(names, 1)
        assert.deepStrictEqual(awaited, names)
      })
    )

    it.effect(`is made by the next pass when it was not, after ${reason}`, () =>
      Effect.gen(function* () {
        const { api, make, sets } = world()
        api.intervene = ({ operation }) => (operation === "create" ? error : undefined)
        yield* Effect.flip(make())
        api.intervene = () => undefined
        yield* make()
        assert.lengthOf(sets(), 1)
      })
    )
  }

  it.effect("is not mistaken for one that is known, nor for another deployment's", () =>
    Effect.gen(function* () {
      const { make, sets } = world()
      yield* make()
      yield* make({ ...facts, machineSets: sets() })
      assert.lengthOf(sets(), 2)
      yield* make({ ...facts, deployment: aDeployment({ metadata: { uid: "uid-of-a-namesake" } }) })
      assert.lengthOf(sets(), 3)
    })
  )
})
