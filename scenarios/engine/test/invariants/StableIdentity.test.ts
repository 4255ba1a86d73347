import { assert, describe, it } from "@effect/vitest"
import { stableIdentity } from "../../src/invariants/StableIdentity.ts"
import { type HandMadeWorld, judge, type Situation, workerMachine } from "./HandMadeWorld.ts"

/** A Machine with this instance behind it, on a Node of this name. */
const machine = (world: HandMadeWorld, name: string, instance: string | undefined, node?: string): void =>
  world.put(
    workerMachine(name, {
      spec: instance === undefined ? {} : { providerID: `dev:///a/${instance}` },
      ...(node === undefined ? {} : { status: { nodeRef: { name: node } } })
    })
  )

const violations: ReadonlyArray<Situation> = [
  {
    situation: "the provider id changes",
    happens: (world) => {
      machine(world, "m", "i-1")
      machine(world, "m", "i-2")
    },
    says: ["Machine m changed its provider id from dev:///a/i-1 to dev:///a/i-2"]
  },
  {
    situation: "the Node is forgotten",
    happens: (world) => {
      machine(world, "m", "i-1", "n")
      machine(world, "m", "i-1")
    },
    says: ["Machine m changed its Node from n to nothing"]
  },
  {
    situation: "two Machines claim one instance",
    happens: (world) => {
      machine(world, "m1", "i-1")
      machine(world, "m2", "i-1")
    },
    says: ["Machines m2 and m1 have the same provider id"]
  },
  {
    situation: "two Machines whose instances both live are on one Node",
    happens: (world) => {
      world.instance("i-1")
      world.instance("i-2")
      machine(world, "m1", "i-1", "n")
      machine(world, "m2", "i-2", "n")
    },
    says: ["Machines m2 and m1 have the same Node"]
  }
]

const legal: ReadonlyArray<Situation> = [
  {
    situation: "set once, and written again and again beside it",
    happens: (world) => {
      machine(world, "m", undefined)
      machine(world, "m", "i-1")
      machine(world, "m", "i-1", "n")
      world.change("Machine", "m", { status: { nodeRef: { name: "n" }, phase: "Running" } })
    }
  },
  {
    situation: "a new Machine gets the address, and so the Node's name, of a dead one",
    happens: (world) => {
      world.instance("i-1", { state: "terminated" })
      world.instance("i-2")
      machine(world, "m1", "i-1", "ip-10-0-0-5")
      machine(world, "m2", "i-2", "ip-10-0-0-5")
    }
  },
  {
    situation: "it takes over from a Machine that is gone",
    happens: (world) => {
      world.instance("i-1")
      machine(world, "m1", "i-1", "n")
      world.vanish("Machine", "m1")
      machine(world, "m2", "i-1", "n")
    }
  },
  {
    situation: "Nodes of one name in two clusters",
    happens: (world) => {
      world.instance("i-1")
      world.instance("i-2")
      machine(world, "m1", "i-1", "n")
      world.put(
        workerMachine("m2", {
          spec: { clusterName: "d", providerID: "dev:///a/i-2" },
          status: { nodeRef: { name: "n" } }
        })
      )
    }
  }
]

describe("I12", () => {
  it.each(violations)("sees it: $situation", (each) => assert.deepStrictEqual(judge(stableIdentity, each), each.says))
  it.each(legal)("is silent: $situation", (each) => assert.deepStrictEqual(judge(stableIdentity, each), []))
})
