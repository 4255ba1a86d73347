import { assert, describe, it } from "@effect/vitest"
import { evenSpread } from "../../src/invariants/EvenSpread.ts"
import {
  cluster,
  controlPlaneMachine,
  type HandMadeWorld,
  judge,
  type Situation,
  workerMachine
} from "./HandMadeWorld.ts"

let made = 0

/** Control-plane Machines in these zones, one after another. */
const into = (world: HandMadeWorld, zones: string, version = "v1.34.0"): void => {
  for (const zone of zones) world.put(controlPlaneMachine(`cp-${version}-${made++}`, { zone, version }))
}

const settled = (world: HandMadeWorld, ...zones: ReadonlyArray<string>): void => {
  world.put(cluster(zones))
  world.nowMillis += 120_000
}

const violations: ReadonlyArray<Situation> = [
  {
    situation: "a second one in a zone while another zone has none",
    happens: (world) => {
      settled(world, "a", "b", "c")
      world.put(controlPlaneMachine("cp1", { zone: "a" }))
      world.put(controlPlaneMachine("cp2", { zone: "a" }))
    },
    says: ["Machine cp2 is number 2 in a while another zone has 0"]
  },
  {
    situation: "replacements go on into the zone that has most",
    happens: (world) => {
      settled(world, "a", "b", "c")
      into(world, "abca")
      world.put(controlPlaneMachine("cp5", { zone: "a" }))
    },
    says: ["Machine cp5 is number 3 in a while another zone has 1"]
  },
  {
    situation: "a zone that is not for control planes",
    happens: (world) => {
      settled(world, "a", "b")
      world.put(controlPlaneMachine("cp1", { zone: "z" }))
    },
    says: ["Machine cp1 was put into z; usable are a, b"]
  },
  {
    situation: "no zone at all although there are some",
    happens: (world) => {
      settled(world, "a", "b")
      world.put(controlPlaneMachine("cp1"))
    },
    says: ["Machine cp1 was put into no zone; usable are a, b"]
  }
]

const legal: ReadonlyArray<Situation> = [
  {
    situation: "one after another over all zones, and round again",
    happens: (world) => {
      settled(world, "a", "b", "c")
      into(world, "abcabca")
    }
  },
  {
    situation: "what faults and users did to the spread is not judged; the next one evens it out",
    happens: (world) => {
      settled(world, "a", "b", "c")
      world.put(controlPlaneMachine("cp1", { zone: "a" }))
      world.put(controlPlaneMachine("cp2", { zone: "a" }), "other")
      world.put(controlPlaneMachine("cp3", { zone: "b" }))
    }
  },
  {
    situation: "a replacement goes into the zone of the dead one, even while the zone is dark",
    happens: (world) => {
      settled(world, "a", "b", "c")
      into(world, "bc")
      world.put(controlPlaneMachine("cp1", { zone: "a" }))
      world.vanish("Machine", "cp1")
      world.put(controlPlaneMachine("cp4", { zone: "a" }))
    }
  },
  {
    situation: "a rollout spreads the new ones among themselves",
    happens: (world) => {
      settled(world, "a", "b", "c")
      into(world, "abc")
      into(world, "abc", "v1.35.0")
    }
  },
  {
    situation: "a rollout of the same version: those that are outdated do not count",
    happens: (world) => {
      settled(world, "a", "b", "c")
      const outdated = { conditions: [{ type: "UpToDate", status: "False" }] }
      for (const name of ["o1", "o2", "o3"])
        world.put(controlPlaneMachine(name, { zone: "a", status: outdated }), "other")
      into(world, "bca")
    }
  },
  {
    situation: "a Machine began to be deleted after the choice",
    happens: (world) => {
      settled(world, "a", "b", "c")
      into(world, "ab")
      world.put(controlPlaneMachine("cp3", { zone: "c" }))
      world.condemn("Machine", "cp3", "other")
      world.put(controlPlaneMachine("cp4", { zone: "a" }))
    }
  },
  {
    situation: "a zone vanished, or came, just before",
    happens: (world) => {
      settled(world, "a", "b", "c")
      into(world, "ab")
      world.put(cluster(["a", "b"]))
      world.put(controlPlaneMachine("cp3", { zone: "c" }))
      world.nowMillis += 120_000
      into(world, "ab")
      world.put(cluster(["a", "b", "d"]))
      world.put(controlPlaneMachine("cp6", { zone: "a" }))
    }
  },
  {
    situation: "a cluster without zones",
    happens: (world) => {
      settled(world)
      world.put(controlPlaneMachine("cp1"))
      world.put(controlPlaneMachine("cp2"))
    }
  },
  {
    situation: "workers go where their deployment says",
    happens: (world) => {
      settled(world, "a", "b")
      for (const name of ["w1", "w2", "w3"]) world.put(workerMachine(name, { spec: { failureDomain: "a" } }))
    }
  }
]

describe("I14", () => {
  it.each(violations)("sees it: $situation", (each) => assert.deepStrictEqual(judge(evenSpread, each), each.says))
  it.each(legal)("is silent: $situation", (each) => assert.deepStrictEqual(judge(evenSpread, each), []))
})
