/** One action of a Cluster's plan, one call. Repeating any of them does no harm. */
import type { Cluster, KubernetesObject } from "@capstan/api"
import type { ApiError, KubernetesApi } from "@capstan/kubernetes"
import { EventRecorder, patchObject } from "@capstan/runtime"
import { Effect } from "effect"
import { deleteChild, deleteObject } from "../frame/DeleteObject.ts"
import { ClusterAction } from "./ClusterPlan.ts"

export const performClusterAction = (
  cluster: Cluster,
  action: ClusterAction
): Effect.Effect<unknown, ApiError, KubernetesApi | EventRecorder> =>
  ClusterAction.$match(action, {
    Adopt: ({ found, wanted }): Effect.Effect<unknown, ApiError, KubernetesApi | EventRecorder> =>
      patchObject(found.kind.kind, found.object, wanted),
    DeleteChild: ({ object }) => deleteChild(object),
    DeleteProviderObject: ({ found }) => deleteObject(found.kind.kind, found.object),
    Record: ({ message, reason }) => record(cluster, reason, message)
  })

const record = (object: KubernetesObject, reason: string, message: string): Effect.Effect<void, never, EventRecorder> =>
  Effect.flatMap(EventRecorder, (recorder) => recorder.record(object, { type: "Normal", reason, message }))
