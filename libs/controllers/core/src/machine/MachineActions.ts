/** One action of a Machine's plan, one call. Repeating any of them does no harm. */
import type { Machine, ObjectKey } from "@capstan/api"
import { type ApiError, KubernetesApi, Node } from "@capstan/kubernetes"
import { ClusterCache, type ClusterNotConnected, EventRecorder, patchObject, patchWith } from "@capstan/runtime"
import { Effect } from "effect"
import { MachineAction } from "./MachinePlan.ts"

type Performed = Effect.Effect<unknown, ApiError | ClusterNotConnected, KubernetesApi | ClusterCache | EventRecorder>

export const performMachineAction = (cluster: ObjectKey, machine: Machine, action: MachineAction): Performed =>
  MachineAction.$match(action, {
    Adopt: ({ found, wanted }): Performed => patchObject(found.kind.kind, found.object, wanted),
    PatchNode: ({ node, wanted }) => patchNode(cluster, node, wanted),
    Record: ({ message, reason, type }) => recordOn(machine, { type, reason, message })
  })

export const recordOn = (
  machine: Machine,
  event: { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string }
): Effect.Effect<void, never, EventRecorder> =>
  Effect.flatMap(EventRecorder, (recorder) => recorder.record(machine, event))

/** Only if nobody changed the Node since it was read: taints are one list with many authors. */
export const patchNode = Effect.fnUntraced(function* (cluster: ObjectKey, node: Node, wanted: Node) {
  const connections = yield* ClusterCache
  const client = yield* connections.client(cluster)
  yield* patchWith(client, Node, node, wanted, { optimisticLock: true })
})

/** Makes changes of the Node wake its Machine. Nothing happens without a connection: the next one brings us back. */
export const watchNodes = Effect.fnUntraced(function* (
  cluster: ObjectKey,
  map: Parameters<ClusterCache["Service"]["watch"]>[0]["map"]
) {
  const connections = yield* ClusterCache
  yield* Effect.ignore(connections.watch({ cluster, controller: "machine", kind: Node, map }))
})
