/** The simulated Kubernetes API server: the server, fleets of them, and the service on top. */
export {
  type ApiLatency,
  ApiServer,
  type ApiServerOptions,
  type DeleteAs,
  type PatchAs,
  type SavedServer,
  type WriteAs
} from "./ApiServer.ts"
export { ApiServerFleet, type ApiServerFleetOptions } from "./ApiServerFleet.ts"
export { deepFreeze, equalJson } from "./FrozenValue.ts"
export { applyJsonPatch } from "./JsonPatch.ts"
export { applyMergePatch, diffMergePatch } from "./MergePatch.ts"
export { client, type ClientOptions, layer } from "./SimulatedKubernetes.ts"
export type { ChangeType, LogEntry } from "./Store.ts"
export type { WatchFault } from "./Watches.ts"
