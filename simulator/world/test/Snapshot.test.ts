import { Node } from "@capstan/kubernetes"
import { Kernel } from "@capstan/kernel"
import { describe, expect, it } from "vitest"
import { World } from "../src/index.ts"
import { FakeCloud } from "./FakeCloud.ts"
import { joinUserData, makeWorld, type TestWorld } from "./TestWorld.ts"

/** A story with everything in it: boots, joins, workloads, losses, returns. */
const begin = (seed: number): TestWorld => {
  const w = makeWorld({ seed })
  w.world.declareWorkload({ name: "web", replicas: 3, minAvailable: 2 })
  w.initialise()
  w.wait(600)
  w.joinControlPlanes("i-cp2")
  w.joinWorkers("i-w1", "i-w2")
  return w
}

const goOn = (w: Pick<TestWorld, "cloud" | "world" | "wait">): void => {
  w.cloud.stop("i-w1")
  w.wait(20)
  w.world.hang("i-cp1")
  w.wait(100)
  w.world.wake("i-cp1")
  w.wait(10)
  w.cloud.start("i-w1")
  w.wait(400)
  w.cloud.terminate("i-w2")
  w.wait(400)
}

describe("the same seed", () => {
  for (const seed of [0, 1, 2, 3]) {
    it(`${seed} tells the same story twice`, () => {
      const [one, two] = [begin(seed), begin(seed)]
      goOn(one)
      goOn(two)
      expect(one.kernel.trace.hash()).toBe(two.kernel.trace.hash())
    })
  }

  it("and another one tells it otherwise, to the same end", () => {
    const [one, two] = [begin(1), begin(2)]
    expect(one.kernel.trace.hash()).not.toBe(two.kernel.trace.hash())
    for (const w of [one, two]) {
      for (const id of ["i-cp1", "i-cp2", "i-w1", "i-w2"]) expect(w.readyStatus(id)).toBe("True")
    }
  })
})

describe("a saved world", () => {
  for (const at of [0, 5, 25, 125, 350]) {
    it(`goes on as it would have, also ${at} s into a machine's boot`, () => {
      const w = begin(5)
      w.cloud.launch("i-w3", joinUserData(w.pki))
      w.wait(at)
      const snapshot = w.kernel.save()
      goOn(w)
      const hash = w.kernel.trace.hash()

      const kernel = new Kernel({ seed: 5 })
      const cloud = new FakeCloud(kernel)
      const world = new World(kernel, { clouds: [cloud.ports], preconditions: { cni: true, cloudController: true } })
      kernel.restore(snapshot)
      const wait = (seconds: number): void => {
        const untilMillis = kernel.now() + seconds * 1000
        if (kernel.run({ untilMillis }) === "idle") kernel.advanceTo(untilMillis)
      }
      goOn({ cloud, world, wait })
      expect(kernel.trace.hash()).toBe(hash)
      expect(world.apiServerOf("demo")?.list(Node)).toEqual(w.server().list(Node))
      expect(world.workloads()).toEqual(w.world.workloads())
    })
  }
})
