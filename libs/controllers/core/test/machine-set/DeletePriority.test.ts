import { assert, describe, it } from "@effect/vitest"
import { deletePriority, machinesToDelete } from "../../src/machine-set/DeletePriority.ts"
import { ago, aMachine, aRunningMachine, condition, noon } from "../Specimens.ts"

const aged = (name: string, days: number) =>
  aRunningMachine(name, { metadata: { creationTimestamp: ago(days * 86_400) } })
const names = (
  order: "Random" | "Newest" | "Oldest",
  machines: ReadonlyArray<ReturnType<typeof aMachine>>,
  count = machines.length
) => machinesToDelete(machines, { order, count, nowMillis: noon.millis }).map((machine) => machine.metadata.name)

const all = [
  aged("fine", 1),
  aMachine("nodeless"),
  aRunningMachine("marked", { metadata: { annotations: { "cluster.x-k8s.io/delete-machine": "" } } }),
  aRunningMachine("going", { metadata: { deletionTimestamp: ago(1) } })
]

describe("machinesToDelete", () => {
  it.each(["Random", "Newest", "Oldest"] as const)("%s: going, marked, unhealthy, then by policy", (order) => {
    assert.deepStrictEqual(names(order, all), ["going", "marked", "nodeless", "fine"])
  })

  it("is not random at all", () =>
    assert.deepStrictEqual(names("Random", [aged("b", 9), aged("a", 1), aged("c", 5)]), ["a", "b", "c"]))
  it("takes the newest first", () =>
    assert.deepStrictEqual(names("Newest", [aged("a", 9), aged("b", 1), aged("c", 5)]), ["b", "c", "a"]))
  it("takes the oldest first", () =>
    assert.deepStrictEqual(names("Oldest", [aged("a", 1), aged("b", 9), aged("c", 5)]), ["b", "c", "a"]))
  it("takes no more than asked, and none below zero", () => {
    assert.strictEqual(names("Random", all, 2).length, 2)
    assert.strictEqual(names("Random", all, -1).length, 0)
  })

  it("counts a failed health check and a bad Node as unhealthy", () => {
    for (const type of ["HealthCheckSucceeded", "NodeHealthy"]) {
      const machine = aRunningMachine("x", { status: { conditions: [condition(type, "False")] } })
      assert.strictEqual(deletePriority(machine, "Random", noon.millis), 50)
    }
  })
})
