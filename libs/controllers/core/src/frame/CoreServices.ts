/** What the core controllers ask of the manager that runs them. */
import type { KubernetesApi } from "@capstan/kubernetes"
import type { Cache, ClusterCache, EventRecorder, Kinds } from "@capstan/runtime"

export type CoreServices = KubernetesApi | Cache | ClusterCache | EventRecorder | Kinds
