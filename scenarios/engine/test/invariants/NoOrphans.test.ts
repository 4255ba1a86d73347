import { assert, describe, it } from "@effect/vitest"
import { noOrphans } from "../../src/invariants/NoOrphans.ts"
import { type HandMadeWorld, infrastructureOf, judge, type Situation, thing, workerMachine } from "./HandMadeWorld.ts"

const machine = infrastructureOf(workerMachine("m"))
const { uid } = machine.metadata

const known = (world: HandMadeWorld): void => {
  world.put(thing("DevCluster", "c"))
  world.put({ ...machine, spec: { providerID: "dev:///a/i-1" } })
  world.instance("i-1", { ownerUid: uid })
}

const violations: ReadonlyArray<Situation> = [
  {
    situation: "a subnet outlives its cluster by more than half an hour",
    happens: (world) => {
      known(world)
      world.setResources([{ id: "s-1" }])
      world.instance("i-1", { state: "terminated" })
      world.vanish("DevMachine", "m")
      world.vanish("DevCluster", "c")
      world.pass(32)
    },
    says: ["subnet s-1 of cluster c has no owner any more"]
  },
  {
    situation: "it is there when the run ends, however young",
    happens: (world) => {
      world.put(thing("DevCluster", "c"))
      world.setResources([{ id: "s-1" }])
      world.vanish("DevCluster", "c")
      world.pass(1)
      world.end()
    },
    says: ["subnet s-1 of cluster c has no owner any more"]
  },
  {
    situation: "an instance whose machine was deleted in a gap, in a cluster that lives on",
    happens: (world) => {
      known(world)
      world.vanish("DevMachine", "m")
      world.pass(32)
    },
    says: ["instance i-1 of cluster c has no owner any more"]
  },
  {
    situation: "a second instance, launched without a token, that no machine knows",
    happens: (world) => {
      known(world)
      world.instance("i-2", { name: "m" })
      world.pass(32)
    },
    says: ["instance i-2 of cluster c is known to no object"]
  },
  {
    situation: "an instance whose id was lost and never found again",
    happens: (world) => {
      world.put(thing("DevCluster", "c"))
      world.put(machine)
      world.instance("i-1", { ownerUid: uid })
      world.pass(32)
    },
    says: ["instance i-1 of cluster c is known to no object"]
  },
  {
    situation: "half an hour after the last fault",
    happens: (world) => {
      known(world)
      world.fault(true)
      world.vanish("DevMachine", "m")
      world.pass(60)
      world.fault(false)
      world.pass(32)
    },
    says: ["instance i-1 of cluster c has no owner any more"]
  }
]

const legal: ReadonlyArray<Situation> = [
  {
    situation: "everything is known",
    happens: (world) => {
      known(world)
      world.setResources([{ id: "s-1" }])
      world.pass(120)
      world.end()
    }
  },
  {
    situation: "resources are found by the name of the Cluster, not of the infrastructure cluster",
    happens: (world) => {
      world.put(thing("DevCluster", "c-7f2"))
      world.setResources([{ id: "s-1" }])
      world.pass(60)
      world.end()
    }
  },
  {
    situation: "what is a stranger's",
    happens: (world) => {
      world.instance("i-9", { cluster: undefined })
      world.setResources([{ id: "s-9", cluster: undefined }])
      world.pass(60)
      world.end()
    }
  },
  {
    situation: "an instance whose id is found again within half an hour, after a crash",
    happens: (world) => {
      world.put(thing("DevCluster", "c"))
      world.put(machine)
      world.instance("i-1", { ownerUid: uid })
      world.pass(25)
      world.put({ ...machine, spec: { providerID: "dev:///a/i-1" } })
      world.pass(60)
      world.end()
    }
  },
  {
    situation: "a run that ends just after a launch",
    happens: (world) => {
      world.put(thing("DevCluster", "c"))
      world.put(machine)
      world.instance("i-1", { ownerUid: uid })
      world.end()
    }
  },
  {
    situation: "an instance that is shutting down",
    happens: (world) => {
      known(world)
      world.vanish("DevMachine", "m")
      world.instance("i-1", { state: "shutting-down" })
      world.pass(60)
      world.end()
    }
  },
  {
    situation: "while a fault lasts",
    happens: (world) => {
      known(world)
      world.fault(true)
      world.vanish("DevMachine", "m")
      world.pass(60)
      world.end()
    }
  },
  {
    situation: "the clock begins anew when it had an owner in between",
    happens: (world) => {
      world.setResources([{ id: "s-1" }])
      world.pass(20)
      world.put(thing("DevCluster", "c"))
      world.pass(20)
      world.vanish("DevCluster", "c")
      world.pass(20)
    }
  }
]

describe("I2", () => {
  it.each(violations)("sees it: $situation", (each) => assert.deepStrictEqual(judge(noOrphans, each), each.says))
  it.each(legal)("is silent: $situation", (each) => assert.deepStrictEqual(judge(noOrphans, each), []))
})
