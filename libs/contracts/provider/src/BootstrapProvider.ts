/**
 * The contract of a bootstrap provider: from a config and what it is for, to the data a machine boots from.
 *
 * The harness finds the owner and the Cluster, stores the data in a Secret, reports it in the config's status
 * and keeps finalizers, pause and conditions. `generate` is called until it gives data, then no more, except that
 * `refresh` is called while a worker has not joined (tokens expire).
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/bootstrap-config
 */
import type { AnyKind, Cluster, Kind, Machine, ObjectKey } from "@capstan/api"
import { Context, type Effect } from "effect"
import type { Waiting } from "./InfrastructureProvider.ts"
import type { ProviderError } from "./ProviderError.ts"
import type { WorkingCopy } from "./WorkingCopy.ts"

export interface BootstrapScope<Body> {
  readonly cluster: Cluster
  readonly machine: Machine
  readonly isControlPlane: boolean
  readonly config: WorkingCopy<Body>
}

export type BootstrapOutcome =
  | Waiting
  | {
      readonly _tag: "Generated"
      readonly value: string
      readonly format: "cloud-config" | "ignition"
      readonly requeueAfterMillis?: number
    }

export interface BootstrapProviderDefinition<Body> {
  readonly name: string
  readonly kinds: { readonly config: Kind<Body>; readonly others: ReadonlyArray<AnyKind> }
  readonly controller: string
  readonly concurrency?: number
  readonly generate: (scope: BootstrapScope<Body>) => Effect.Effect<BootstrapOutcome, ProviderError>
  /** After the data exists: keeps what it refers to alive. Gives back when to look again, if ever. */
  readonly refresh: (
    scope: BootstrapScope<Body>
  ) => Effect.Effect<{ readonly requeueAfterMillis?: number }, ProviderError>
  /** Gives back what the config held, such as an init lock. */
  readonly remove: (scope: {
    readonly cluster: Cluster | undefined
    readonly config: ObjectKey
  }) => Effect.Effect<void, ProviderError>
}

export type AnyBootstrapProvider = BootstrapProviderDefinition<unknown>

export const defineBootstrapProvider = <Body>(definition: BootstrapProviderDefinition<Body>): AnyBootstrapProvider =>
  // The body goes from the provider's own kind straight back to its own functions.
  definition as unknown as AnyBootstrapProvider

export class BootstrapProvider extends Context.Service<BootstrapProvider, AnyBootstrapProvider>()(
  "@capstan/provider/BootstrapProvider"
) {}
