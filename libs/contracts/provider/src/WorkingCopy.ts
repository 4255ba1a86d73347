/**
 * One reconcile's own version of an object: changed freely in memory, written once.
 *
 * Whoever opens the copy (a controller's frame, a provider's harness) writes the difference at the end of the
 * reconcile. `persist` writes it at once: for what must not be lost if the process dies on the next line.
 */
import type { ObjectOf } from "@capstan/api"
import type { ApiError } from "@capstan/kubernetes"
import type { Effect } from "effect"

export interface WorkingCopy<Body> {
  /** The object as changed so far. */
  readonly get: () => ObjectOf<Body>
  /** Replaces the object; give back the same reference to change nothing. */
  readonly change: (change: (object: ObjectOf<Body>) => ObjectOf<Body>) => void
  /** Writes what has changed so far: metadata and spec first, then status. No call when nothing has. */
  readonly persist: Effect.Effect<void, ApiError>
}
