import { assert, describe, it } from "@effect/vitest"
import { confirmedDeletion } from "../../src/invariants/ConfirmedDeletion.ts"
import {
  cluster,
  controlPlane,
  controlPlaneMachine,
  type HandMadeWorld,
  infrastructureOf,
  judge,
  type Situation,
  thing,
  workerMachine
} from "./HandMadeWorld.ts"

const machine = workerMachine("m")
const infrastructure = infrastructureOf(machine, { providerID: "dev:///a/i-1" })

const launched = (world: HandMadeWorld): void => {
  world.put(machine)
  world.put(infrastructure)
  world.instance("i-1", { ownerUid: infrastructure.metadata.uid })
}

const violations: ReadonlyArray<Situation> = [
  {
    situation: "the finalizer leaves when the termination was only asked for",
    happens: (world) => {
      launched(world)
      world.instance("i-1", { state: "shutting-down" })
      world.vanish("DevMachine", "m")
    },
    says: ["DevMachine m is gone while instance i-1 is shutting-down"]
  },
  {
    situation: "the finalizer leaves while the cloud does not answer; the instance had no token",
    happens: (world) => {
      launched(world)
      world.instance("i-1", { ownerUid: undefined })
      world.vanish("DevMachine", "m")
    },
    says: ["DevMachine m is gone while instance i-1 is running"]
  },
  {
    situation: "a user deletes an object that had an instance but never a finalizer",
    happens: (world) => {
      world.put({ ...infrastructure, metadata: { ...infrastructure.metadata, finalizers: [] } })
      world.instance("i-1")
      world.vanish("DevMachine", "m", "other")
    },
    says: ["DevMachine m is gone while instance i-1 is running"]
  },
  {
    situation: "the infrastructure cluster goes before its VPC",
    happens: (world) => {
      world.put(thing("DevCluster", "c-1"))
      world.setResources([{ id: "vpc-1", type: "VPC" }])
      world.vanish("DevCluster", "c-1")
    },
    says: ["DevCluster c-1 is gone while VPC vpc-1 is there"]
  },
  {
    situation: "the Machine goes before its infrastructure",
    happens: (world) => {
      launched(world)
      world.vanish("Machine", "m")
    },
    says: ["Machine m is gone while DevMachine m is there"]
  },
  {
    situation: "sets and control planes go before their Machines, a deployment before its sets",
    happens: (world) => {
      const deployment = thing("MachineDeployment", "md")
      const set = thing("MachineSet", "s", { owner: deployment })
      world.put(deployment)
      world.put(set)
      world.put(workerMachine("w", { owner: set }))
      world.put(controlPlane(1))
      world.put(controlPlaneMachine("cp1"))
      world.vanish("MachineDeployment", "md")
      world.vanish("MachineSet", "s")
      world.vanish("KubeadmControlPlane", "kcp")
    },
    says: [
      "MachineDeployment md is gone while MachineSet s is there",
      "MachineSet s is gone while Machine w is there",
      "KubeadmControlPlane kcp is gone while Machine cp1 is there"
    ]
  },
  {
    situation: "the Cluster goes in the gap before a new Machine has its owner",
    happens: (world) => {
      world.put(cluster())
      world.put(workerMachine("late"))
      world.vanish("Cluster", "c")
    },
    says: ["Cluster c is gone while Machine late is there"]
  }
]

const legal: ReadonlyArray<Situation> = [
  {
    situation: "everything goes in its order",
    happens: (world) => {
      world.put(cluster())
      world.put(thing("DevCluster", "c"))
      world.setResources([{ id: "s-1" }])
      launched(world)
      world.instance("i-1", { state: "terminated" })
      world.vanish("DevMachine", "m")
      world.vanish("Machine", "m")
      world.setResources([])
      world.vanish("DevCluster", "c")
      world.vanish("Cluster", "c")
    }
  },
  {
    situation: "an infrastructure machine that never got an instance",
    happens: (world) => {
      world.instance("i-9", { ownerUid: "somebody-else" })
      world.put(infrastructureOf(workerMachine("m")))
      world.vanish("DevMachine", "m")
    }
  },
  {
    situation: "a user takes the finalizers off",
    happens: (world) => {
      launched(world)
      world.vanish("DevMachine", "m", "other")
      world.vanish("Machine", "m", "other")
    }
  },
  {
    situation: "resources of strangers and of other clusters",
    happens: (world) => {
      world.put(thing("DevCluster", "c"))
      world.setResources([
        { id: "s-1", cluster: undefined },
        { id: "s-2", cluster: "d" }
      ])
      world.vanish("DevCluster", "c")
    }
  },
  {
    situation: "an old, empty set after a rollout",
    happens: (world) => {
      const set = thing("MachineSet", "new")
      world.put(set)
      world.put(thing("MachineSet", "old"))
      world.put(workerMachine("w", { owner: set }))
      world.vanish("MachineSet", "old")
    }
  },
  {
    situation: "kinds that stand for nothing",
    happens: (world) => {
      world.put(thing("Secret", "c-kubeconfig"))
      world.vanish("Secret", "c-kubeconfig")
    }
  }
]

describe("I11", () => {
  it.each(violations)("sees it: $situation", (each) =>
    assert.deepStrictEqual(judge(confirmedDeletion, each), each.says)
  )
  it.each(legal)("is silent: $situation", (each) => assert.deepStrictEqual(judge(confirmedDeletion, each), []))
})
