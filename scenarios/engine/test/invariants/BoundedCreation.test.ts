import { assert, describe, it } from "@effect/vitest"
import { boundedCreation } from "../../src/invariants/BoundedCreation.ts"
import {
  controlPlane,
  controlPlaneMachine,
  type HandMadeWorld,
  judge,
  type Situation,
  thing,
  workerMachine
} from "./HandMadeWorld.ts"

const deployment = (replicas: number, maxSurge?: number | string) =>
  thing("MachineDeployment", "md", {
    spec: { replicas, ...(maxSurge === undefined ? {} : { rollout: { strategy: { rollingUpdate: { maxSurge } } } }) }
  })

const setOf = (name: string, replicas: number, owned = true) =>
  thing("MachineSet", name, { spec: { replicas }, ...(owned ? { owner: deployment(1) } : {}) })

const fill = (world: HandMadeWorld, set: string, ...names: ReadonlyArray<string>): void => {
  for (const name of names) world.put(workerMachine(name, { owner: world.get("MachineSet", set) }))
}

const violations: ReadonlyArray<Situation> = [
  {
    situation: "a control plane of one makes replacement after replacement",
    happens: (world) => {
      world.put(controlPlane(1))
      for (const name of ["cp1", "cp2", "cp3"]) world.put(controlPlaneMachine(name))
    },
    says: ["KubeadmControlPlane kcp has 3 Machines after cp3 was created; 2 are allowed"]
  },
  {
    situation: "a control plane that sees no Machines begins anew, though the old ones are going",
    happens: (world) => {
      world.put(controlPlane(1, 0))
      world.put(controlPlaneMachine("cp1"))
      world.condemn("Machine", "cp1", "other")
      world.put(controlPlaneMachine("cp2"))
    },
    says: ["KubeadmControlPlane kcp has 2 Machines after cp2 was created; 1 are allowed"]
  },
  {
    situation: "a deployment of two makes a second set, which fills up beside the first",
    happens: (world) => {
      world.put(deployment(2))
      world.put(setOf("s1", 2))
      world.put(setOf("s2", 2))
      fill(world, "s1", "a1", "a2")
      fill(world, "s2", "b1", "b2")
    },
    says: ["MachineDeployment md has 4 Machines after b2 was created; 3 are allowed"]
  },
  {
    situation: "a set of its own makes one too many",
    happens: (world) => {
      world.put(setOf("s1", 1, false))
      fill(world, "s1", "a1", "a2")
    },
    says: ["MachineSet s1 has 2 Machines after a2 was created; 1 are allowed"]
  },
  {
    situation: "adopted Machines count",
    happens: (world) => {
      world.put(setOf("s1", 2, false))
      world.put(workerMachine("stray"), "other")
      world.put(workerMachine("stray", { owner: setOf("s1", 2, false) }))
      fill(world, "s1", "a1", "a2")
    },
    says: ["MachineSet s1 has 3 Machines after a2 was created; 2 are allowed"]
  },
  {
    situation: "long after somebody asked for fewer",
    happens: (world) => {
      world.put(deployment(3))
      world.put(setOf("s1", 3))
      fill(world, "s1", "a1", "a2", "a3")
      world.put(deployment(1), "other")
      world.nowMillis += 6 * 60_000
      fill(world, "s1", "a4")
    },
    says: ["MachineDeployment md has 4 Machines after a4 was created; 2 are allowed"]
  }
]

const legal: ReadonlyArray<Situation> = [
  {
    situation: "rollout of a control plane with its surge",
    happens: (world) => {
      world.put(controlPlane(3))
      for (const name of ["cp1", "cp2", "cp3", "cp4"]) world.put(controlPlaneMachine(name))
      world.condemn("Machine", "cp1")
      world.vanish("Machine", "cp1")
      world.put(controlPlaneMachine("cp5"))
    }
  },
  {
    situation: "rollout of a deployment: a percentage of surge rounds up, over both sets",
    happens: (world) => {
      world.put(deployment(3, "34%"))
      world.put(setOf("s1", 3))
      fill(world, "s1", "a1", "a2", "a3")
      world.put(setOf("s2", 2))
      fill(world, "s2", "b1", "b2")
    }
  },
  {
    situation: "Machines are replaced when they are gone, again and again",
    happens: (world) => {
      world.put(deployment(1, 0))
      world.put(setOf("s1", 1))
      for (let n = 0; n < 20; n++) {
        fill(world, "s1", `a${n}`)
        world.condemn("Machine", `a${n}`)
        world.vanish("Machine", `a${n}`)
      }
    }
  },
  {
    situation: "a creation that was under way when a user asked for fewer",
    happens: (world) => {
      world.put(controlPlane(5))
      for (const name of ["cp1", "cp2", "cp3", "cp4"]) world.put(controlPlaneMachine(name))
      world.put(controlPlane(3), "other")
      world.put(controlPlane(1), "other")
      world.nowMillis += 1000
      world.put(controlPlaneMachine("cp5"))
    }
  },
  {
    situation: "Machines that a user makes, and that the control plane adopts",
    happens: (world) => {
      world.put(controlPlane(1))
      for (const name of ["cp1", "cp2", "cp3", "cp4"]) world.put(controlPlaneMachine(name), "other")
    }
  },
  {
    situation: "other writes to Machines while there are too many",
    happens: (world) => {
      world.put(setOf("s1", 3, false))
      fill(world, "s1", "a1", "a2", "a3")
      world.put(setOf("s1", 1, false), "other")
      world.nowMillis += 10 * 60_000
      world.change("Machine", "a1", { status: { phase: "Running" } })
      world.condemn("Machine", "a1")
      world.vanish("Machine", "a1")
    }
  },
  {
    situation: "Machines of a set of another deployment",
    happens: (world) => {
      world.put(deployment(1, 0))
      world.put(setOf("s1", 1))
      fill(world, "s1", "a1")
      world.put(setOf("other", 1, false))
      fill(world, "other", "b1")
    }
  }
]

describe("I5", () => {
  it.each(violations)("sees it: $situation", (each) => assert.deepStrictEqual(judge(boundedCreation, each), each.says))
  it.each(legal)("is silent: $situation", (each) => assert.deepStrictEqual(judge(boundedCreation, each), []))
})
