import { assert, describe, it } from "@effect/vitest"
import { etcdQuorum } from "../../src/invariants/EtcdQuorum.ts"
import {
  cluster,
  controlPlane,
  controlPlaneMachine,
  type HandMadeWorld,
  infrastructureOf,
  judge,
  type Situation,
  workerMachine
} from "./HandMadeWorld.ts"

/** A control plane of Machines `cp1` and so on, each with a healthy member. */
const controlPlaneOf = (world: HandMadeWorld, replicas: number): void => {
  world.put(cluster())
  world.put(controlPlane(replicas))
  const names = Array.from({ length: replicas }, (_, index) => `cp${index + 1}`)
  for (const name of names) {
    const machine = controlPlaneMachine(name)
    world.put(machine)
    world.put(infrastructureOf(machine))
  }
  world.setMembers(...names)
}

const violations: ReadonlyArray<Situation> = [
  {
    situation: "a healthy member is removed while another is ill",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.setMembers("cp1", "cp2", "-cp3")
      world.pass(2)
      world.removeMember("cp1")
    },
    says: ["etcd of c has 1 healthy of 2 voting members after a member was removed"]
  },
  {
    situation: "the last member is removed",
    happens: (world) => {
      controlPlaneOf(world, 1)
      world.removeMember("cp1")
    },
    says: ["etcd of c has 0 healthy of 0 voting members after a member was removed"]
  },
  {
    situation: "the control plane replaces a healthy Machine while another is ill",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.setMembers("cp1", "cp2", "-cp3")
      world.pass(2)
      world.condemn("Machine", "cp1")
    },
    says: ["etcd of c has 1 healthy of 2 voting members after Machine cp1 was deleted"]
  },
  {
    situation: "a second Machine of five is replaced when two more are ill",
    happens: (world) => {
      controlPlaneOf(world, 5)
      world.setMembers("cp1", "cp2", "-cp3", "-cp4", "-cp5")
      world.pass(2)
      world.condemn("Machine", "cp3")
    },
    says: ["etcd of c has 2 healthy of 4 voting members after Machine cp3 was deleted"]
  },
  {
    situation: "the instance of one of two goes while its member is still there",
    happens: (world) => {
      controlPlaneOf(world, 2)
      world.condemn("DevMachine", "cp1")
    },
    says: ["etcd of c has 1 healthy of 2 voting members after DevMachine cp1 was deleted"]
  },
  {
    situation: "a Machine without finalizers disappears at once",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.setMembers("cp1", "cp2", "-cp3")
      world.pass(2)
      world.vanish("Machine", "cp2")
    },
    says: ["etcd of c has 1 healthy of 2 voting members after Machine cp2 was deleted"]
  },
  {
    situation: "a crash after the Machine, before the member, leaves a member that nobody removes",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.vanish("Machine", "cp3", "other")
      world.pass(25)
      world.end()
    },
    says: ["etcd of c has a member cp3 without a Machine at the end"]
  },
  {
    situation: "a Machine whose member was removed and that nobody deletes",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.removeMember("cp3")
      world.pass(25)
      world.end()
    },
    says: ["Machine cp3 has no etcd member at the end"]
  }
]

const legal: ReadonlyArray<Situation> = [
  {
    situation: "scale-down of three healthy ones",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.condemn("Machine", "cp1")
      world.removeMember("cp1")
      world.condemn("DevMachine", "cp1")
      world.vanish("DevMachine", "cp1")
      world.vanish("Machine", "cp1")
      world.pass(25)
      world.end()
    }
  },
  {
    situation: "rollout of a single one, with a surge",
    happens: (world) => {
      controlPlaneOf(world, 2)
      world.condemn("Machine", "cp1")
      world.removeMember("cp1")
      world.condemn("DevMachine", "cp1")
    }
  },
  {
    situation: "the ill one of three is replaced",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.setMembers("cp1", "cp2", "-cp3")
      world.pass(6)
      world.condemn("Machine", "cp3")
      world.removeMember("cp3")
      world.condemn("DevMachine", "cp3")
    }
  },
  {
    situation: "faults take two of three: nobody did it of his own will",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.setMembers("cp1", "-cp2", "-cp3")
      world.pass(30)
      world.end()
    }
  },
  {
    situation: "a user deletes Machines; the control plane keeps the instances while etcd needs them",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.setMembers("cp1", "cp2", "-cp3")
      world.pass(2)
      world.condemn("Machine", "cp1", "other")
      world.condemn("Machine", "cp2", "other")
    }
  },
  {
    situation: "another falls ill in the very moment of the replacement",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.pass(5)
      world.setMembers("cp1", "-cp2", "cp3")
      world.condemn("Machine", "cp1")
      world.removeMember("cp1")
    }
  },
  {
    situation: "the cluster is deleted, and nobody tends to etcd",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.condemn("Cluster", "c", "other")
      for (const name of ["cp1", "cp2", "cp3"]) {
        world.condemn("Machine", name)
        world.condemn("DevMachine", name)
      }
    }
  },
  {
    situation: "the control plane is deleted, or is gone already",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.condemn("KubeadmControlPlane", "kcp", "other")
      world.condemn("Machine", "cp1")
      world.condemn("DevMachine", "cp1")
      world.vanish("KubeadmControlPlane", "kcp")
      world.condemn("Machine", "cp2")
      world.condemn("DevMachine", "cp2")
      world.condemn("DevMachine", "cp3")
    }
  },
  {
    situation: "the first Machine of a control plane that was never initialised is replaced",
    happens: (world) => {
      world.put(cluster())
      world.put(controlPlane(3))
      world.put(controlPlaneMachine("cp1", { status: {} }))
      world.condemn("Machine", "cp1")
      world.setMembers("cp2")
      world.put(controlPlaneMachine("cp2"))
      world.condemn("Machine", "cp2")
    }
  },
  {
    situation: "a Machine that never joined goes while etcd has no quorum",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.setMembers("cp1", "-cp2", "-cp3")
      world.pass(2)
      world.put(controlPlaneMachine("cp4", { status: {} }))
      world.condemn("Machine", "cp4")
    }
  },
  {
    situation: "workers go",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.setMembers("cp1", "-cp2", "-cp3")
      world.pass(2)
      world.put(workerMachine("w"))
      world.condemn("Machine", "w")
    }
  },
  {
    situation: "the etcd of a former cluster of the same name is dead",
    happens: (world) => {
      controlPlaneOf(world, 3)
      const old = { cluster: "c", members: [{ id: "1", name: "x", healthy: false, voter: true }] }
      world.etcd = [old, ...world.etcd]
      world.pass(5)
      world.condemn("Machine", "cp1")
      world.removeMember("cp1")
    }
  },
  {
    situation: "a learner has no vote",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.setMembers("cp1", "cp2", "+cp3")
      world.removeMember("cp3")
    }
  },
  {
    situation: "names of Nodes are not names of Machines",
    happens: (world) => {
      world.put(cluster())
      world.put(controlPlane(1))
      world.put(
        controlPlaneMachine("cp1", {
          status: { nodeRef: { name: "ip-10-0-0-5" }, addresses: [{ type: "InternalIP", address: "10.0.0.5" }] }
        })
      )
      world.setMembers("ip-10-0-0-5")
      world.pass(25)
      world.end()
    }
  },
  {
    situation: "a run that ends while a Machine joins, or while another is still being replaced",
    happens: (world) => {
      controlPlaneOf(world, 3)
      world.vanish("Machine", "cp3", "other")
      world.put(controlPlaneMachine("cp4", { status: {} }))
      world.end()
    }
  },
  {
    situation: "a Machine that has no Node yet has no member yet",
    happens: (world) => {
      controlPlaneOf(world, 2)
      world.put(controlPlaneMachine("cp3", { status: {} }))
      world.pass(25)
      world.end()
    }
  }
]

describe("I4", () => {
  it.each(violations)("sees it: $situation", (each) => assert.deepStrictEqual(judge(etcdQuorum, each), each.says))
  it.each(legal)("is silent: $situation", (each) => assert.deepStrictEqual(judge(etcdQuorum, each), []))
})
