/**
 * What must hold in every run, whether a scenario names it or not.
 *
 * A checker looks at one view of the world and returns sentences about what is wrong; empty means all is well. Safety is
 * checked after every event that could break it, deadlines when they fall due, the rest at the end. What a checker has to
 * remember it keeps in its memory, which is data, so that a run can be saved in the middle: an object whose fields are
 * numbers, texts, maps and sets; values in its maps are replaced, never changed.
 *
 * @source docs/reference/invariants.md
 */
import type { AnyKind, KubernetesObject } from "@capstan/api"

/** A cloud machine, of whichever provider. */
export interface CloudInstance {
  readonly id: string
  readonly state: "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated"
  readonly zone: string
  readonly providerId: string
  /** Cluster that it is tagged as belonging to; undefined for strangers. */
  readonly cluster: string | undefined
  /** Whom it was launched for: uid of the infrastructure machine, by client token. Undefined when nobody says. */
  readonly ownerUid: string | undefined
  /** Name tag. */
  readonly name: string
  readonly role: string
  readonly createdMillis: number
}

/** Anything in the cloud that costs money or blocks a deletion, instances included. */
export interface CloudResource {
  readonly type: string
  readonly id: string
  readonly cluster: string | undefined
  readonly createdMillis: number
  /** Everything about it that a stranger's hand could change, as text. */
  readonly digest: string
}

export interface EtcdView {
  readonly cluster: string
  readonly members: ReadonlyArray<{
    readonly id: string
    readonly name: string
    readonly healthy: boolean
    readonly voter: boolean
  }>
}

export interface WorldView {
  readonly nowMillis: number
  readonly objects: (kind: AnyKind) => ReadonlyArray<KubernetesObject>
  /** The provider's machines and clusters, of whichever kinds. */
  readonly infrastructureMachines: () => ReadonlyArray<KubernetesObject>
  readonly infrastructureClusters: () => ReadonlyArray<KubernetesObject>
  /** In the order in which they were launched. */
  readonly instances: () => ReadonlyArray<CloudInstance>
  readonly resources: () => ReadonlyArray<CloudResource>
  readonly etcd: () => ReadonlyArray<EtcdView>
  /** Whether any fault is active now, and when the last one ended. */
  readonly faultsActive: boolean
  readonly lastFaultEndMillis: number
}

/** What has just happened; `undefined` fields do not apply. */
export interface WorldEvent {
  readonly kind: "write" | "cloud" | "etcd" | "time" | "end"
  readonly write?: {
    readonly verb: string
    /** Who wrote: the manager, of its own will, or anybody else (a user, the garbage collector, a kubelet). */
    readonly actor?: "manager" | "other"
    readonly kind: string
    readonly before: KubernetesObject | undefined
    readonly after: KubernetesObject | undefined
  }
  readonly etcd?: { readonly cluster: string; readonly step: "added" | "removed" }
}

export interface Invariant<Memory = unknown> {
  /** `I1` and so on, as in the list of invariants. */
  readonly id: string
  /** The rule as a sentence. */
  readonly rule: string
  /** Which events can break it. */
  readonly on: ReadonlyArray<WorldEvent["kind"]>
  /** For writes: only of these kinds. */
  readonly kinds?: ReadonlyArray<string>
  readonly start: () => Memory
  readonly check: (view: WorldView, event: WorldEvent, memory: Memory) => ReadonlyArray<string>
}

/** Closes an invariant over the type of its memory. */
export const defineInvariant = <Memory>(invariant: Invariant<Memory>): Invariant =>
  // The memory that `start` made is the only one that `check` is ever given.
  invariant as unknown as Invariant
