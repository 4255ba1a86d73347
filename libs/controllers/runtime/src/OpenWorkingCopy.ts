/** Working copies over `patchObject`: the object as read, the object as changed so far, and one write of the difference. */
import type { Kind, ObjectOf } from "@capstan/api"
import { KubernetesApi } from "@capstan/kubernetes"
import type { WorkingCopy } from "@capstan/provider"
import { Effect } from "effect"
import { type PatchOptions, patchWith } from "./Patch.ts"

/**
 * Opens a copy of an object for one reconcile. After `persist` the copy is what the server answered, together with what was
 * changed while the call was on its way.
 */
export const openWorkingCopy = <Body>(
  kind: Kind<Body>,
  object: ObjectOf<Body>,
  options?: PatchOptions
): Effect.Effect<WorkingCopy<Body>, never, KubernetesApi> =>
  Effect.map(KubernetesApi, (client) => {
    let base = object
    let current = object
    return {
      get: () => current,
      change: (change) => {
        current = change(current)
      },
      persist: Effect.suspend(() => {
        if (base === current) return Effect.void
        const sent = current
        return Effect.map(patchWith(client, kind, base, sent, options), (answer) => {
          if (current === sent) {
            base = current = answer
            return
          }
          const { resourceVersion } = answer.metadata
          base = { ...sent, metadata: { ...sent.metadata, resourceVersion } }
          current = { ...current, metadata: { ...current.metadata, resourceVersion } }
        })
      })
    }
  })
