/** Kubernetes Events: what happened to an object, for people; repeated ones are counted, not repeated. */
import type { KubernetesObject } from "@capstan/api"
import { Context, type Effect } from "effect"

export class EventRecorder extends Context.Service<EventRecorder, {
  /** Never fails: an event that cannot be written is dropped with a log line. */
  readonly record: (
    object: KubernetesObject,
    event: { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string }
  ) => Effect.Effect<void>
}>()("@capstan/runtime/EventRecorder") {}
