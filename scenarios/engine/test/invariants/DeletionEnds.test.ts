import { assert, describe, it } from "@effect/vitest"
import { deletionEnds } from "../../src/invariants/DeletionEnds.ts"
import {
  cluster,
  controlPlane,
  controlPlaneMachine,
  type HandMadeWorld,
  judge,
  type Situation,
  thing,
  workerMachine
} from "./HandMadeWorld.ts"

const since = (minutes: number): string => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString()

const draining = {
  conditions: [{ type: "Deleting", status: "True", reason: "DrainingNode", lastTransitionTime: since(0) }]
}

const drain = (world: HandMadeWorld, state: "running" | "stopped"): void => {
  world.instance("i-1", { state })
  world.put(workerMachine("m", { spec: { providerID: "dev:///a/i-1" }, status: draining }))
  world.condemn("Machine", "m", "other")
}

const violations: ReadonlyArray<Situation> = [
  {
    situation: "a cluster that is still going after 90 minutes",
    happens: (world) => {
      world.put(cluster())
      world.put(thing("DevCluster", "c"))
      world.condemn("Cluster", "c")
      world.pass(10)
      world.condemn("DevCluster", "c")
      world.pass(90)
    },
    says: [`Cluster c has been deleting since ${since(0)}`]
  },
  {
    situation: "a drain of a machine that the cloud says is stopped",
    happens: (world) => {
      drain(world, "stopped")
      world.pass(92)
    },
    says: [`Machine m has been deleting since ${since(0)}`]
  },
  {
    situation: "the world fell silent over it after half an hour",
    happens: (world) => {
      world.put(cluster())
      world.condemn("Cluster", "c")
      world.pass(30)
      world.end()
    },
    says: [`Cluster c has been deleting since ${since(0)}`]
  },
  {
    situation: "90 minutes after the cloud has healed",
    happens: (world) => {
      world.put(thing("DevMachine", "m"))
      world.fault(true)
      world.condemn("DevMachine", "m")
      world.pass(60)
      world.fault(false)
      world.pass(92)
    },
    says: [`DevMachine m has been deleting since ${since(0)}`]
  },
  {
    situation: "another Machine of the cluster has a hook, this one has not",
    happens: (world) => {
      world.put(workerMachine("m1", { annotations: { "pre-drain.delete.hook.machine.cluster.x-k8s.io/backup": "" } }))
      world.put(workerMachine("m2"))
      world.condemn("Machine", "m1")
      world.condemn("Machine", "m2")
      world.pass(92)
    },
    says: [`Machine m2 has been deleting since ${since(0)}`]
  },
  {
    situation: "the control plane's own hook is never dropped although etcd could spare the member",
    happens: (world) => {
      world.setMembers("cp1", "cp2", "cp3")
      world.put(controlPlaneMachine("cp1"))
      const marked = world.get("Machine", "cp1")
      const annotations = { "pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup": "" }
      world.put({ ...marked, metadata: { ...marked.metadata, annotations } })
      world.condemn("Machine", "cp1")
      world.pass(92)
    },
    says: [`Machine cp1 has been deleting since ${since(0)}`]
  }
]

const legal: ReadonlyArray<Situation> = [
  {
    situation: "a deletion that takes its time",
    happens: (world) => {
      world.put(cluster())
      world.condemn("Cluster", "c")
      world.pass(89)
      world.vanish("Cluster", "c")
      world.pass(60)
      world.end()
    }
  },
  {
    situation: "a run that ends while something is still going on",
    happens: (world) => {
      world.put(cluster())
      world.condemn("Cluster", "c")
      world.pass(40)
      world.put(workerMachine("m"))
      world.pass(10)
      world.end()
    }
  },
  {
    situation: "the cloud answers nothing",
    happens: (world) => {
      world.put(thing("DevMachine", "m"))
      world.condemn("DevMachine", "m")
      world.fault(true)
      world.pass(200)
      world.end()
    }
  },
  {
    situation: "a paused cluster",
    happens: (world) => {
      world.put(cluster([], { paused: true }))
      world.put(workerMachine("m"))
      world.condemn("Machine", "m")
      world.condemn("Cluster", "c")
      world.pass(200)
      world.end()
    }
  },
  {
    situation: "a user's hook, and the owners that wait for the Machine",
    happens: (world) => {
      world.put(cluster())
      world.put(
        workerMachine("m", { annotations: { "pre-terminate.delete.hook.machine.cluster.x-k8s.io/backup": "" } })
      )
      world.put(thing("MachineSet", "s"))
      world.condemn("MachineSet", "s")
      world.condemn("Machine", "m")
      world.condemn("Cluster", "c")
      world.pass(200)
      world.end()
    }
  },
  {
    situation: "a budget that holds up the drain of a machine that runs",
    happens: (world) => {
      drain(world, "running")
      world.pass(200)
      world.end()
    }
  },
  {
    situation: "a control-plane Machine that a user deleted after etcd had lost its quorum",
    happens: (world) => {
      world.put(controlPlane(3))
      world.setMembers("cp1", "-cp2", "-cp3")
      world.put(controlPlaneMachine("cp1"))
      world.condemn("Machine", "cp1", "other")
      world.pass(200)
      world.end()
    }
  }
]

describe("I3", () => {
  it.each(violations)("sees it: $situation", (each) => assert.deepStrictEqual(judge(deletionEnds, each), each.says))
  it.each(legal)("is silent: $situation", (each) => assert.deepStrictEqual(judge(deletionEnds, each), []))
})
