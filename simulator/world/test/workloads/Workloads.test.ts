import { Node, Pod, PodDisruptionBudget } from "@capstan/kubernetes"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { makeWorld, type TestWorld } from "../TestWorld.ts"
import type { WorkloadDeclaration } from "../../src/index.ts"

const web: WorkloadDeclaration = { name: "web", namespace: "shop", replicas: 4, minAvailable: 3 }

const running = (declared: WorkloadDeclaration = web, workers = ["i-w1", "i-w2"]): TestWorld => {
  const w = makeWorld()
  w.world.declareWorkload(declared)
  w.initialise()
  w.joinWorkers(...workers)
  w.wait(60)
  return w
}

const byNode = (w: TestWorld): ReadonlyArray<number> => {
  const counts = new Map<string, number>()
  for (const pod of w.pods("shop")) {
    const node = pod.spec.nodeName ?? ""
    if (pod.metadata.deletionTimestamp === undefined) counts.set(node, (counts.get(node) ?? 0) + 1)
  }
  return [...counts.values()].sort()
}

const setUnschedulable = (w: TestWorld, id: string, unschedulable: boolean): void => {
  const name = w.world.machineState(id)?.node ?? ""
  w.server().patch(Node, { namespace: "", name }, { type: "merge", body: { spec: { unschedulable } } })
}

const evictFrom = (w: TestWorld, id: string): ReadonlyArray<string> => {
  const node = w.world.machineState(id)?.node
  return w
    .pods("shop")
    .filter((pod) => pod.spec.nodeName === node && pod.metadata.deletionTimestamp === undefined)
    .map((pod) => {
      const result = w.server().evict({ namespace: "shop", name: pod.metadata.name })
      return Result.isSuccess(result) ? "ok" : result.failure.reason
    })
}

describe("a declared workload", () => {
  it("runs its Pods evenly on Nodes that take them, within a budget", () => {
    const w = running()
    expect(byNode(w)).toEqual([2, 2])
    expect(w.world.workloads()).toEqual([
      { cluster: "demo", name: "web", namespace: "shop", replicas: 4, available: 4, belowBudgetSeconds: 0 }
    ])
    const budget = Result.getOrThrow(w.server().get(PodDisruptionBudget, { namespace: "shop", name: "web" }))
    expect(budget.status).toMatchObject({
      disruptionsAllowed: 1,
      currentHealthy: 4,
      desiredHealthy: 3,
      expectedPods: 4
    })
  })

  it("waits for a Node that takes its Pods", () => {
    const w = makeWorld()
    w.world.declareWorkload(web)
    w.initialise()
    w.wait(60)
    expect(w.pods("shop").map((pod) => pod.status?.phase)).toEqual(["Pending", "Pending", "Pending", "Pending"])
    expect(w.world.workloads()).toMatchObject([{ available: 0, belowBudgetSeconds: 0 }])
    w.joinWorkers("i-w1")
    w.wait(30)
    expect(w.world.workloads()).toMatchObject([{ available: 4, belowBudgetSeconds: 0 }])
  })

  it("is only in the cluster that it names", () => {
    const w = running({ ...web, cluster: "other" })
    expect(w.pods("shop")).toEqual([])
    expect(w.world.workloads()).toEqual([])
  })

  it("is evicted no further than its budget allows, and runs elsewhere", () => {
    const w = running()
    setUnschedulable(w, "i-w1", true)
    expect(evictFrom(w, "i-w1")).toEqual(["ok", "TooManyRequests"])
    w.wait(30)
    expect(evictFrom(w, "i-w1")).toEqual(["ok"])
    w.wait(30)
    expect(byNode(w)).toEqual([4])
    expect(w.pods("shop")).toHaveLength(4)
    expect(w.world.workloads()).toMatchObject([{ available: 4, belowBudgetSeconds: 0 }])
  })

  it("is below its budget from the moment a machine dies until its Pods run elsewhere", () => {
    const w = running()
    w.cloud.terminate("i-w1")
    w.wait(1)
    expect(w.world.workloads()).toMatchObject([{ available: 2, belowBudgetSeconds: 1 }])
    w.wait(39)
    expect(w.world.workloads()).toMatchObject([{ available: 2, belowBudgetSeconds: 40 }])
    w.wait(120)
    // The cloud controller deletes the Node after 40 s, and 40 s later its Pods go.
    const [view] = w.world.workloads()
    expect(view?.available).toBe(4)
    expect(view?.belowBudgetSeconds).toBeGreaterThan(80)
    expect(view?.belowBudgetSeconds).toBeLessThan(90)
  })

  it("on a machine that hangs is put elsewhere after five minutes and cleaned up when that wakes", () => {
    const w = running()
    w.world.hang("i-w1")
    w.wait(330)
    expect(w.world.workloads()).toMatchObject([{ available: 2 }])
    w.wait(30)
    expect(w.world.workloads()).toMatchObject([{ available: 4 }])
    expect(w.pods("shop")).toHaveLength(6)
    w.world.wake("i-w1")
    w.wait(60)
    expect(w.pods("shop")).toHaveLength(4)
    expect(w.world.workloads()[0]?.belowBudgetSeconds).toBeGreaterThan(340)
  })

  it("on a machine that is back soon enough keeps its Pods", () => {
    const w = running()
    const before = w.pods("shop").map((pod) => pod.metadata.uid)
    w.world.hang("i-w1")
    w.wait(120)
    w.world.wake("i-w1")
    w.wait(60)
    expect(w.pods("shop").map((pod) => pod.metadata.uid)).toEqual(before)
    expect(w.world.workloads()).toMatchObject([{ available: 4 }])
  })

  it("without a budget is never below it", () => {
    const w = running({ name: "web", namespace: "shop", replicas: 2 })
    w.cloud.stop("i-w1")
    w.cloud.stop("i-w2")
    w.wait(60)
    expect(w.world.workloads()).toMatchObject([{ available: 0, belowBudgetSeconds: 0 }])
  })

  it("counts percentages of its replicas", () => {
    const w = running({ name: "web", namespace: "shop", replicas: 4, maxUnavailable: "50%" })
    expect(w.server().get(PodDisruptionBudget, { namespace: "shop", name: "web" })).toMatchObject({
      success: { status: { disruptionsAllowed: 2, desiredHealthy: 2 } }
    })
  })

  it("gets a new Pod when one is deleted, while the old one ends", () => {
    const w = running()
    const [first] = w.pods("shop")
    w.server().delete(Pod, { namespace: "shop", name: first?.metadata.name ?? "" })
    w.wait(0.001)
    expect(w.pods("shop")).toHaveLength(5)
    w.wait(20)
    expect(w.pods("shop")).toHaveLength(4)
  })
})
