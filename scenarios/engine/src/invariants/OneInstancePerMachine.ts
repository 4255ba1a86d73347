/** I1: no crash, lost answer or retry ever makes a second machine. */
import { defineInvariant } from "./Invariant.ts"

const live = new Set(["pending", "running", "stopping", "stopped"])

export const oneInstancePerMachine = defineInvariant({
  id: "I1",
  rule: "an infrastructure machine has at most one live instance, ever",
  on: ["cloud"],
  start: () => ({}),
  check: (view) => {
    const owners = new Map<string, Array<string>>()
    for (const instance of view.instances()) {
      if (instance.ownerUid === undefined || !live.has(instance.state)) continue
      const ids = owners.get(instance.ownerUid)
      if (ids === undefined) owners.set(instance.ownerUid, [instance.id])
      else ids.push(instance.id)
    }
    return [...owners]
      .filter(([, ids]) => ids.length > 1)
      .map(([uid, ids]) => `machine ${uid} has ${ids.sort().join(" and ")}`)
  }
})
