/**
 * One pass over a control plane: the services it uses, the objects it was opened with, and what it has learnt so far.
 *
 * The harness calls `ensure` or `remove`, then `report`, with the same scope; what the first has seen the second tells. Notes live
 * as long as their pass: nothing here survives it.
 */
import {
  type ConditionStatement,
  keyOf,
  type Kind,
  KubeadmControlPlane,
  type KubeadmControlPlaneBody,
  Machine,
  type ObjectOf
} from "@capstan/api"
import { type ApiError, catchReason, KubernetesApi } from "@capstan/kubernetes"
import { type CertificateAuthority, type ControlPlaneScope, type EtcdMembers, ProviderError } from "@capstan/provider"
import { Cache, type ClusterCache, type EventRecorder, type Kinds, ownerOf, patchObject } from "@capstan/runtime"
import { Effect } from "effect"
import type { ControlPlaneFacts } from "./ControlPlaneFacts.ts"
import type { ControlPlanePlan } from "./plan/ControlPlanePlan.ts"
import { ownedMachineConditions } from "./status/MachineHealth.ts"
import type { Inspection } from "./workload/Inspection.ts"

/** What the provider asks of the manager that runs it. */
export type ControlPlaneServices =
  | KubernetesApi
  | Cache
  | ClusterCache
  | EventRecorder
  | Kinds
  | CertificateAuthority
  | EtcdMembers

export const controllerName = "kubeadmcontrolplane"

export type Scope = ControlPlaneScope<KubeadmControlPlaneBody>

/** What `report` needs to know of the work that was done before it. */
export interface PassNotes {
  facts?: ControlPlaneFacts
  inspection?: Inspection
  plan?: ControlPlanePlan
  certificates?: Omit<ConditionStatement, "type">
  /** Why no Machine can be made at all. */
  templateProblem?: string
  deletion?: { readonly reason: string; readonly message: string }
  /** The status has been brought up to date. */
  reported?: boolean
}

const owner = (scope: Scope): string => ownerOf(controllerName, keyOf(scope.controlPlane.get()))

/** The control plane as changed so far, written now; the next pass waits until it is seen. */
export const persist = Effect.fnUntraced(function* (scope: Scope) {
  const before = scope.controlPlane.get().metadata.resourceVersion
  yield* scope.controlPlane.persist
  const written = scope.controlPlane.get()
  if (written.metadata.resourceVersion === before) return
  const cache = yield* Cache
  cache.wrote(owner(scope), KubeadmControlPlane, written)
})

export const noteWrite = <Body>(
  scope: Scope,
  kind: Kind<Body>,
  object: ObjectOf<Body>
): Effect.Effect<void, never, Cache> => Effect.map(Cache, (cache) => cache.wrote(owner(scope), kind, object))

/** Writes a Machine's difference; conditions that others write meanwhile stay theirs. */
export const patchMachine = Effect.fnUntraced(function* (
  scope: Scope,
  before: Machine,
  after: Machine,
  alsoOwned: ReadonlyArray<string> = []
) {
  if (before === after) return after
  const written = yield* patchObject(Machine, before, after, {
    ownedConditions: [...ownedMachineConditions, ...alsoOwned]
  })
  yield* noteWrite(scope, Machine, written)
  return written
})

/** Exactly the object that was seen, not one of the same name that came after it; quietly when it is gone. */
export const deleteSeen = Effect.fnUntraced(function* <Body>(scope: Scope, kind: Kind<Body>, object: ObjectOf<Body>) {
  const api = yield* KubernetesApi
  yield* api
    .delete(kind, keyOf(object), { preconditions: { uid: object.metadata.uid } })
    .pipe(catchReason(["NotFound", "Conflict"], () => Effect.void))
  const cache = yield* Cache
  cache.deleted(owner(scope), kind, object)
}) as <Body>(
  scope: Scope,
  kind: Kind<Body>,
  object: ObjectOf<Body>
) => Effect.Effect<void, ApiError, KubernetesApi | Cache>

export const controlPlaneFailure = (message: string): ProviderError =>
  new ProviderError({ reason: "InternalError", message })

/** Everything that goes wrong on the way is tried again by the harness. */
export const asProviderError = <A, R>(
  effect: Effect.Effect<A, { readonly message: string }, R>
): Effect.Effect<A, ProviderError, R> =>
  Effect.mapError(effect, (error) => (error instanceof ProviderError ? error : controlPlaneFailure(error.message)))
