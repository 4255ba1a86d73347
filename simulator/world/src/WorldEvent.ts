/**
 * What the world has set itself to do later: plain values in the kernel's heap.
 *
 * An event about a machine carries the number of the boot that it belongs to, and comes to nothing after the next one.
 *
 * @source simulator/kernel/src/Component.ts
 */

interface OfBoot {
  readonly machine: string
  readonly boot: number
}

/** A step that is tried until it works or `since` is too long ago; epoch milliseconds. */
interface Tried extends OfBoot {
  readonly since: number
}

/** A step on a machine: it waits when the machine hangs or is cut off, and goes on afterwards. */
export type MachineEvent =
  | ({ readonly on: "kernel-booted" } & OfBoot)
  | ({ readonly on: "user-data"; readonly attempt: number } & OfBoot)
  | ({ readonly on: "init-server" } & OfBoot)
  | ({ readonly on: "init-upload" } & Tried)
  | ({ readonly on: "init-node" } & OfBoot)
  | ({ readonly on: "join-discovery" } & Tried)
  | ({ readonly on: "join-node" } & OfBoot)
  | ({ readonly on: "join-etcd" } & Tried)
  | ({ readonly on: "join-promote" } & Tried)
  | ({ readonly on: "join-static-pods" } & OfBoot)
  | ({ readonly on: "kubelet-started" } & OfBoot)
  | ({ readonly on: "network-ready" } & OfBoot)
  | ({ readonly on: "heartbeat" } & OfBoot)

export type WorldEvent =
  | MachineEvent
  /** The cloud controller looks at a Node that wants to be initialised. */
  | { readonly on: "cloud-controller"; readonly machine: string }
  /** Nobody has heard of the kubelet since `since`. */
  | { readonly on: "node-silent"; readonly machine: string; readonly since: number }
  /** Pods of a lost Node have been tolerated for long enough. */
  | { readonly on: "node-evict"; readonly machine: string; readonly since: number }
  /** A Node object is gone: what is left of its Pods goes too. */
  | { readonly on: "node-deleted"; readonly cluster: string; readonly node: string }
  | { readonly on: "pods-orphaned"; readonly cluster: string; readonly node: string }
  | { readonly on: "election"; readonly cluster: string; readonly term: number }
  | ({ readonly on: "pod-started" | "pod-stopped" } & PodName)
  /** Something changed that workloads may have to answer to. */
  | { readonly on: "workloads"; readonly cluster: string }

export interface PodName {
  readonly cluster: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

const machineSteps: ReadonlySet<string> = new Set<MachineEvent["on"]>([
  "kernel-booted",
  "user-data",
  "init-server",
  "init-upload",
  "init-node",
  "join-discovery",
  "join-node",
  "join-etcd",
  "join-promote",
  "join-static-pods",
  "kubelet-started",
  "network-ready",
  "heartbeat"
])

export const isMachineEvent = (event: WorldEvent): event is MachineEvent => machineSteps.has(event.on)
