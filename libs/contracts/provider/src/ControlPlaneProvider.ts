/**
 * The contract of a control-plane provider: keeps the control plane's Machines, its endpoint secrets and its status.
 *
 * The harness finds the Cluster, keeps finalizer, owner reference, pause and requeues, and writes the working copy.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/control-plane
 */
import type { AnyKind, Cluster, Kind } from "@capstan/api"
import { Context, type Effect } from "effect"
import type { Removal } from "./InfrastructureProvider.ts"
import type { ProviderError } from "./ProviderError.ts"
import type { WorkingCopy } from "./WorkingCopy.ts"

export interface ControlPlaneScope<Body> {
  readonly cluster: Cluster
  readonly controlPlane: WorkingCopy<Body>
}

export interface ControlPlaneProviderDefinition<Body> {
  readonly name: string
  readonly kinds: { readonly controlPlane: Kind<Body>; readonly others: ReadonlyArray<AnyKind> }
  readonly finalizer: string
  readonly controller: string
  readonly concurrency?: number
  /** `deferMillis`: nothing, not even a change, starts the next pass earlier. */
  readonly ensure: (
    scope: ControlPlaneScope<Body>
  ) => Effect.Effect<{ readonly requeueAfterMillis?: number; readonly deferMillis?: number }, ProviderError>
  readonly remove: (scope: ControlPlaneScope<Body>) => Effect.Effect<Removal, ProviderError>
  /** Status and conditions, computed after every pass, failed ones too. */
  readonly report: (scope: ControlPlaneScope<Body>) => Effect.Effect<void, ProviderError>
}

export type AnyControlPlaneProvider = ControlPlaneProviderDefinition<unknown>

export const defineControlPlaneProvider = <Body>(
  definition: ControlPlaneProviderDefinition<Body>
): AnyControlPlaneProvider =>
  // The body goes from the provider's own kind straight back to its own functions.
  definition as unknown as AnyControlPlaneProvider

export class ControlPlaneProvider extends Context.Service<ControlPlaneProvider, AnyControlPlaneProvider>()(
  "@capstan/provider/ControlPlaneProvider"
) {}
