/** A simulated world for each check of a conformance suite: made before the check begins, and run until it ends. */
import type { ConformanceBackend } from "@capstan/provider/testing"
import { Cause, Effect, Exit, Layer } from "effect"
import { initUserData, joinUserData, makeWorld, type TestWorld } from "../TestWorld.ts"

export const seeds = [0, 1, 7]

/** A backend whose worlds differ by their seed. */
export const simulatedBackend = <Service, Given>(options: {
  readonly seed: number
  readonly layer: (layers: TestWorld["world"]["layers"]) => Layer.Layer<Service>
  /** Prepares a fresh world, in as much virtual time as it takes. */
  readonly given: (w: TestWorld) => Given
  readonly lacks?: ReadonlyArray<string>
}): ConformanceBackend<Service, Given> => {
  let current: { readonly w: TestWorld; readonly given: Given } | undefined
  const prepared = Effect.sync(() => {
    if (current === undefined) throw new Error("a check runs in a world")
    return current
  })
  return {
    name: `simulated world, seed ${options.seed}`,
    layer: Layer.unwrap(Effect.map(prepared, ({ w }) => options.layer(w.world.layers))),
    given: Effect.map(prepared, ({ given }) => given),
    run: (check) => {
      const w = makeWorld({ seed: options.seed })
      current = { w, given: options.given(w) }
      const exit = w.kernel.complete(check)
      if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    },
    ...(options.lacks === undefined ? {} : { lacks: options.lacks })
  }
}

export const controlPlanes = ["i-cp1", "i-cp2", "i-cp3"] as const

/** Lets time go by until the machine's API server answers: by then its etcd member votes. */
const untilServing = (w: TestWorld, id: string): void => {
  w.kernel.run({ until: () => w.world.serves(id, 6443), untilMillis: w.kernel.now() + 1_200_000 })
  if (!w.world.serves(id, 6443)) throw new Error(`${id} does not serve`)
}

export const launchControlPlane = (w: TestWorld, id: string): void =>
  w.cloud.launch(id, joinUserData(w.pki, { controlPlane: true }), { target: true })

/** A cluster of three control planes that serve. */
export const bootCluster = (w: TestWorld): void => {
  const [first, ...others] = controlPlanes
  w.cloud.launch(first, initUserData(w.pki), { target: true })
  untilServing(w, first)
  w.wait(60)
  w.addToken({ expiresInSeconds: 86_400 })
  for (const id of others) {
    launchControlPlane(w, id)
    untilServing(w, id)
  }
}
