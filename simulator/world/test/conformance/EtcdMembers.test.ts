import { etcdMembersConformance } from "@capstan/provider/testing"
import { Effect } from "effect"
import { cluster, type TestWorld } from "../TestWorld.ts"
import { bootCluster, controlPlanes, launchControlPlane, seeds, simulatedBackend } from "./SimulatedBackend.ts"

const newcomer = "i-cp4"

/** A fourth control plane, just when its member has been added: learners take four seconds at least to catch up. */
const addLearner = (w: TestWorld): Effect.Effect<string> =>
  Effect.gen(function* () {
    launchControlPlane(w, newcomer)
    for (;;) {
      const member = w.world.etcd()[0]?.members.find((each) => each.instanceId === newcomer)
      if (member !== undefined) return member.name
      yield* Effect.sleep("100 millis")
    }
  })

for (const seed of seeds) {
  etcdMembersConformance(
    simulatedBackend({
      seed,
      layer: (layers) => layers.etcdMembers,
      given: (w) => {
        bootCluster(w)
        w.connect()
        const machines = new Map(controlPlanes.map((id) => [w.world.machineState(id)?.node ?? "", id]))
        const at = (node: string, act: (id: string) => void): Effect.Effect<void> =>
          Effect.sync(() => {
            const id = machines.get(node)
            if (id === undefined) throw new Error(`no machine of Node ${node}`)
            act(id)
          })
        const [first = "", second = "", third = ""] = machines.keys()
        return {
          cluster,
          nodes: [first, second, third],
          stop: (node) => at(node, (id) => w.cloud.stop(id)),
          start: (node) => at(node, (id) => w.cloud.start(id)),
          addLearner: addLearner(w)
        }
      }
    })
  )
}
