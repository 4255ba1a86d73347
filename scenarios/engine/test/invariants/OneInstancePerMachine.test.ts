import { assert, describe, it } from "@effect/vitest"
import { oneInstancePerMachine } from "../../src/invariants/OneInstancePerMachine.ts"
import { infrastructureOf, judge, type Situation, workerMachine } from "./HandMadeWorld.ts"

const violations: ReadonlyArray<Situation> = [
  {
    situation: "a repeated launch under the same token gave a second instance",
    happens: (world) => {
      world.instance("i-1", { ownerUid: "u", name: "m" })
      world.instance("i-2", { ownerUid: "u", name: "m" })
    },
    says: ["machine m has i-1 and i-2"]
  },
  {
    situation: "a crash between RunInstances and saving its id, without any token",
    happens: (world) => {
      world.instance("i-1", { name: "m" })
      world.instance("i-2", { name: "m" })
    },
    says: ["machine m has i-1 and i-2"]
  },
  {
    situation: "every launch had a token of its own",
    happens: (world) => {
      world.instance("i-1", { ownerUid: "random-1", name: "m" })
      world.instance("i-2", { ownerUid: "random-2", name: "m" })
    },
    says: ["machine m has i-1 and i-2"]
  },
  {
    situation: "the first one is only stopped",
    happens: (world) => {
      world.instance("i-1", { ownerUid: "u", name: "m" })
      world.instance("i-1", { state: "stopped" })
      world.instance("i-2", { ownerUid: "u", name: "m", state: "pending" })
    },
    says: ["machine m has i-1 and i-2"]
  },
  {
    situation: "three of them",
    happens: (world) => {
      for (const id of ["i-1", "i-2", "i-3"]) world.instance(id, { ownerUid: "u", name: "m" })
    },
    says: ["machine m has i-1 and i-2", "machine m has i-1 and i-3"]
  },
  {
    situation: "the second one was terminated at once",
    happens: (world) => {
      world.instance("i-1", { ownerUid: "u", name: "m" })
      world.instance("i-2", { ownerUid: "u", name: "m" })
      world.instance("i-2", { state: "terminated" })
    },
    says: ["machine m has i-1 and i-2"]
  }
]

const legal: ReadonlyArray<Situation> = [
  {
    situation: "every machine has its own",
    happens: (world) => {
      world.instance("i-1", { ownerUid: "u1", name: "m1" })
      world.instance("i-2", { ownerUid: "u2", name: "m2" })
      world.instance("i-1", { state: "stopped" })
      world.instance("i-1", { state: "pending" })
    }
  },
  {
    situation: "a new one after the old one has begun to go",
    happens: (world) => {
      world.instance("i-1", { ownerUid: "u", name: "m" })
      world.instance("i-1", { state: "shutting-down" })
      world.instance("i-2", { ownerUid: "u", name: "m" })
    }
  },
  {
    situation: "strangers of one name",
    happens: (world) => {
      world.instance("i-1", { cluster: undefined, name: "web" })
      world.instance("i-2", { cluster: undefined, name: "web" })
    }
  },
  {
    situation: "machines of one name in two clusters",
    happens: (world) => {
      world.instance("i-1", { cluster: "c", name: "m" })
      world.instance("i-2", { cluster: "d", name: "m" })
    }
  },
  {
    situation: "a name tag that a user gave to all machines",
    happens: (world) => {
      const [one, other] = [infrastructureOf(workerMachine("m1")), infrastructureOf(workerMachine("m2"))]
      world.put(one)
      world.put(other)
      world.instance("i-1", { ownerUid: one.metadata.uid, name: "node" })
      world.instance("i-2", { ownerUid: other.metadata.uid, name: "node" })
    }
  }
]

describe("I1", () => {
  it.each(violations)("sees it: $situation", (each) =>
    assert.deepStrictEqual(judge(oneInstancePerMachine, each), each.says)
  )
  it.each(legal)("is silent: $situation", (each) => assert.deepStrictEqual(judge(oneInstancePerMachine, each), []))
})
