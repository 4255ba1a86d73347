import { assert, describe, it } from "@effect/vitest"
import { strangersUntouched } from "../../src/invariants/StrangersUntouched.ts"
import { type HandMadeWorld, judge, type Situation } from "./HandMadeWorld.ts"

const stranger = { id: "s-1", cluster: undefined, digest: "as it was" } as const

const begin = (world: HandMadeWorld): void => {
  world.resources = [{ type: "subnet", createdMillis: 0, ...stranger }]
  world.pass(1)
}

const violations: ReadonlyArray<Situation> = [
  {
    situation: "a stranger's subnet is deleted by the very first call",
    happens: (world) => {
      begin(world)
      world.setResources([])
    },
    says: ["subnet s-1 is not ours and is gone"]
  },
  {
    situation: "its rules are changed",
    happens: (world) => {
      begin(world)
      world.setResources([{ ...stranger, digest: "otherwise" }])
    },
    says: ["subnet s-1 is not ours and was changed"]
  },
  {
    situation: "it gets our tag",
    happens: (world) => {
      begin(world)
      world.setResources([{ ...stranger, cluster: "c" }])
    },
    says: ["subnet s-1 is not ours and was taken over for cluster c"]
  },
  {
    situation: "a call that the cloud does not tell of deletes it",
    happens: (world) => {
      begin(world)
      world.resources = []
      world.pass(2)
    },
    says: ["subnet s-1 is not ours and is gone"]
  },
  {
    situation: "a stranger's instance is terminated in the second of another call",
    happens: (world) => {
      world.instance("i-1", { cluster: undefined })
      world.setResources([{ id: "s-2" }])
      world.instance("i-1", { state: "terminated" })
      world.end()
    },
    says: ["instance i-1 is not ours and is gone"]
  }
]

const legal: ReadonlyArray<Situation> = [
  {
    situation: "our own come, change and go beside it",
    happens: (world) => {
      begin(world)
      world.setResources([stranger, { id: "s-2", digest: "1" }])
      world.pass(1)
      world.setResources([stranger, { id: "s-2", digest: "2" }])
      world.pass(1)
      world.setResources([stranger])
      world.end()
    }
  },
  {
    situation: "what somebody makes later may go again",
    happens: (world) => {
      begin(world)
      world.setResources([stranger, { id: "lb-1", type: "load balancer", cluster: undefined }])
      world.pass(5)
      world.setResources([stranger])
      world.end()
    }
  },
  {
    situation: "nobody else is there",
    happens: (world) => {
      world.pass(1)
      world.setResources([{ id: "s-2" }])
      world.pass(1)
      world.setResources([])
      world.end()
    }
  }
]

describe("I18", () => {
  it.each(violations)("sees it: $situation", (each) =>
    assert.deepStrictEqual(judge(strangersUntouched, each), each.says)
  )
  it.each(legal)("is silent: $situation", (each) => assert.deepStrictEqual(judge(strangersUntouched, each), []))
})
