/**
 * A workload cluster as a value: what all its machines share. Its objects are in an API server of its own.
 *
 * @source https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/high-availability/
 */
import type { EtcdCluster } from "../etcd/EtcdCluster.ts"
import type { InitPlan } from "../user-data/BootPlan.ts"
import type { WorldEvent } from "../WorldEvent.ts"

export interface WorkloadCluster {
  /** Its name, and a number behind it when there is another one of that name. */
  readonly id: string
  /** `clusterName` of kubeadm's configuration, or its endpoint. */
  readonly name: string
  readonly plan: InitPlan
  /** Public key of the authority that all its certificates come from. */
  readonly authority: string
  readonly etcd: EtcdCluster
  /** Whether etcd had a quorum when last looked at. */
  readonly quorum: boolean
  /** Machines whose API server answers. */
  readonly serving: ReadonlyArray<string>
  /** What needs the API and waits for it. */
  readonly waiting: ReadonlyArray<WorldEvent>
  /** Whether kubeadm has left its configuration in the cluster. */
  readonly uploaded: boolean
}
