/**
 * The contract of an infrastructure provider: what differs from cloud to cloud, and nothing else.
 *
 * A provider says how to observe, ensure and remove its cluster and its machine. The harness in
 * `@capstan/runtime` does what the contract asks of every provider: finalizers, owner references, pause,
 * externally managed objects, the Ready condition, provider ids, failure domains, requeues, order of deletion.
 *
 * `ensure` and `remove` are called again and again and may be cut off between any two calls they make.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */
import type { AnyKind, Cluster, Kind, Machine, ObjectKey, ObjectOf } from "@capstan/api"
import { Context, type Effect } from "effect"
import type { ProviderError } from "./ProviderError.ts"
import type { WorkingCopy } from "./WorkingCopy.ts"

export interface FailureDomain {
  readonly name: string
  readonly controlPlane: boolean
  readonly attributes?: { readonly [key: string]: string }
}

export interface MachineAddress {
  readonly type: "Hostname" | "ExternalIP" | "InternalIP" | "ExternalDNS" | "InternalDNS"
  readonly address: string
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Not there yet, or not at all. Becomes `Ready: False` with this reason, and a requeue when asked for. */
export interface Waiting {
  readonly _tag: "Waiting"
  readonly reason: string
  readonly message: string
  readonly severity?: "Info" | "Warning" | "Error"
  readonly requeueAfterMillis?: number
}

export type ClusterOutcome =
  | Waiting
  | {
      readonly _tag: "Provisioned"
      /** Absent when the endpoint is somebody else's business. */
      readonly endpoint?: Endpoint
      readonly failureDomains: ReadonlyArray<FailureDomain>
      readonly requeueAfterMillis?: number
    }

export type MachineOutcome =
  | Waiting
  | {
      readonly _tag: "Provisioned"
      readonly providerId: string
      readonly addresses: ReadonlyArray<MachineAddress>
      readonly failureDomain?: string
      /** Whether the machine runs now; when not, why. It may have been provisioned and have gone since. */
      readonly ready: true | Omit<Waiting, "_tag" | "requeueAfterMillis">
      readonly interruptible?: boolean
      readonly requeueAfterMillis?: number
    }

/** The finalizer leaves only on `Removed`: nothing of the object is left in the cloud, and that was seen, not assumed. */
export type Removal =
  | { readonly _tag: "Removed" }
  | {
      readonly _tag: "Removing"
      readonly reason: string
      readonly message: string
      readonly requeueAfterMillis?: number
    }

export interface ClusterScope<Body> {
  readonly cluster: Cluster
  readonly infrastructure: WorkingCopy<Body>
}

export interface MachineScope<Body, ClusterBody> {
  readonly cluster: Cluster
  readonly machine: Machine
  readonly infrastructureCluster: ObjectOf<ClusterBody>
  readonly infrastructure: WorkingCopy<Body>
  readonly isControlPlane: boolean
  /** The bootstrap data Secret's `value` and `format`; read when asked for. Fails when the Secret is missing. */
  readonly bootstrapData: Effect.Effect<{ readonly value: string; readonly format: string }, ProviderError>
}

/** What a provider does for one of its two kinds. `Facts` is what it sees outside before it acts. */
export interface ProviderReconciler<Scope, Facts, Outcome> {
  readonly observe: (scope: Scope) => Effect.Effect<Facts, ProviderError>
  readonly ensure: (scope: Scope, facts: Facts) => Effect.Effect<Outcome, ProviderError>
  readonly remove: (scope: Scope, facts: Facts) => Effect.Effect<Removal, ProviderError>
  /**
   * Called instead of `observe` and `ensure` while the contract's preconditions do not hold (reasons
   * `WaitingForClusterInfrastructure`, `WaitingForBootstrapData`): for conditions of the provider's own beside `Ready`.
   */
  readonly gate?: (scope: Scope, waiting: Waiting) => Effect.Effect<void, ProviderError>
}

export interface InfrastructureProviderDefinition<ClusterBody, MachineBody, ClusterFacts, MachineFacts> {
  /** As in the label `cluster.x-k8s.io/provider: infrastructure-<name>`. */
  readonly name: string
  /** Which provider contract the kinds follow: decides between `status.ready` and `status.initialization.provisioned`. */
  readonly contract: "v1beta1" | "v1beta2"
  readonly kinds: {
    readonly cluster: Kind<ClusterBody>
    readonly machine: Kind<MachineBody>
    /** Templates and whatever else the provider installs. */
    readonly others: ReadonlyArray<AnyKind>
  }
  readonly finalizers: { readonly cluster: string; readonly machine: string }
  /** Upstream's controller names, for logs, metrics and work queues. */
  readonly controllers: { readonly cluster: string; readonly machine: string }
  readonly concurrency?: { readonly cluster?: number; readonly machine?: number }
  readonly cluster: ProviderReconciler<ClusterScope<ClusterBody>, ClusterFacts, ClusterOutcome>
  readonly machine: ProviderReconciler<MachineScope<MachineBody, ClusterBody>, MachineFacts, MachineOutcome>
  /**
   * Which machines to look at again when something else of the provider changes; the harness already maps
   * Cluster, Machine and infrastructure cluster to the machine's requests.
   */
  readonly relatedMachines?: (changed: ObjectKey) => ReadonlyArray<ObjectKey>
}

/** A definition whose four types are its own affair. */
export type AnyInfrastructureProvider = InfrastructureProviderDefinition<unknown, unknown, unknown, unknown>

/** Closes a definition over its types; the harness hands back to a provider only what it got from it. */
export const defineInfrastructureProvider = <C, M, CF, MF>(
  definition: InfrastructureProviderDefinition<C, M, CF, MF>
): AnyInfrastructureProvider =>
  // Facts and bodies go from the provider's kinds and `observe` straight back to its own `ensure` and `remove`.
  definition as unknown as AnyInfrastructureProvider

/** One provider. A manager that runs two builds the harness twice, each with its own. */
export class InfrastructureProvider extends Context.Service<InfrastructureProvider, AnyInfrastructureProvider>()(
  "@capstan/provider/InfrastructureProvider"
) {}
