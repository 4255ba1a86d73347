/**
 * Writes the difference between an object as read and an object as wanted: metadata and spec by one merge
 * patch, status by another, nothing where nothing differs.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api util/patch
 */
import type { Kind, ObjectOf } from "@capstan/api"
import type { ApiError, KubernetesApi } from "@capstan/kubernetes"
import type { Effect } from "effect"

export interface PatchOptions {
  /** Fails with `Conflict` when the object has changed since it was read. */
  readonly optimisticLock?: boolean
}

/** The signature that `patchObject` has. Gives back the object as the server answered, or `after` when nothing was written. */
export type PatchObject = <Body>(
  kind: Kind<Body>,
  before: ObjectOf<Body>,
  after: ObjectOf<Body>,
  options?: PatchOptions
) => Effect.Effect<ObjectOf<Body>, ApiError, KubernetesApi>
