/**
 * What the engine needs of a simulated cloud, whichever it is: its machines and resources, hands that break things, and
 * the controllers that work on it.
 */
import type { AnyKind } from "@capstan/api"
import type { KubernetesApi } from "@capstan/kubernetes"
import type { CertificateAuthority, EtcdMembers, NameResolver, WorkloadClusters } from "@capstan/provider"
import type { Cache, ClusterCache, Controller, EventRecorder, Kinds } from "@capstan/runtime"
import type { SimulatedAws } from "@capstan/simulator-aws"
import type { CloudPorts } from "@capstan/world"
import type { Effect } from "effect"
import type { CloudInstance, CloudResource } from "../invariants/Invariant.ts"

/** The services that every reconcile of the manager finds, besides the cloud's own. */
export type ManagerServices =
  | KubernetesApi
  | Cache
  | ClusterCache
  | EventRecorder
  | Kinds
  | WorkloadClusters
  | EtcdMembers
  | NameResolver
  | CertificateAuthority

export interface ZoneChange {
  readonly power?: boolean
  readonly network?: boolean
  readonly capacity?: boolean
}

export interface SimulatedCloud {
  /** Kinds that the provider installs. */
  readonly kinds: ReadonlyArray<AnyKind>
  /** Kind names of its machine and cluster. */
  readonly machineKind: AnyKind
  readonly clusterKind: AnyKind
  readonly ports: CloudPorts
  /** The AWS account behind it, if that is what it is: for whoever serves it to programs outside of the world. */
  readonly account?: SimulatedAws
  /** The provider's controllers, with the cloud's own services already given to them. */
  readonly controllers: Effect.Effect<ReadonlyArray<Controller<ManagerServices>>, never, ManagerServices>
  readonly instances: () => ReadonlyArray<CloudInstance>
  readonly resources: () => ReadonlyArray<CloudResource>
  readonly zones: ReadonlyArray<string>
  readonly terminate: (instance: string) => void
  readonly stop: (instance: string) => void
  readonly start: (instance: string) => void
  readonly reboot: (instance: string) => void
  /** Those of its cluster's load balancers that an instance is behind. */
  readonly loadBalancersWith: (instance: string) => ReadonlyArray<string>
  readonly deregister: (instance: string, loadBalancer: string) => void
  readonly register: (instance: string, loadBalancer: string) => void
  readonly hang: (instance: string, hung: boolean) => void
  readonly setZone: (zone: string, change: ZoneChange) => void
  readonly loadBalancerOf: (cluster: string) => string | undefined
  readonly deleteLoadBalancer: (loadBalancer: string) => void
  /** Calls so far by `service.operation`, and errors by code. */
  readonly calls: () => ReadonlyArray<{
    readonly id: string
    readonly calls: number
    readonly errors: { readonly [code: string]: number }
  }>
  /** What is there now and belongs to a cluster costs so much an hour; undefined where a price is not known. Absent where nothing has one. */
  readonly hourlyDollars?: () => number | undefined
  /** The answer of a service of this cloud that refuses: what `api.throttle` and `api.error` put in its place. */
  readonly refusal: (service: string, operation: string, code: string) => unknown
  /** Trace events of these kinds mean that the cloud has changed. */
  readonly changeEvents: ReadonlyArray<string>
}
