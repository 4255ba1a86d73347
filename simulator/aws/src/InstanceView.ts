/**
 * The port through which the inside of machines is animated: instances as a watcher sees them.
 *
 * Whoever simulates what runs on a machine needs to know that it is there, what it was told at its first boot, and when it
 * began to boot; nothing else of AWS shows through.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */
import type { Account } from "./Account.ts"
import { isReachable } from "./ec2/InstanceLifecycle.ts"
import type { InstanceState } from "./Lifecycle.ts"
import type { Instance, Tags } from "./Resources.ts"

export interface InstanceView {
  readonly id: string
  /** `aws:///<zone>/<id>`, as the cloud controller writes it on the Node. */
  readonly providerId: string
  readonly state: InstanceState
  readonly zone: string
  readonly vpcId: string
  readonly subnetId: string
  readonly privateIp: string
  readonly privateDnsName: string
  readonly publicIp?: string
  /** Decoded; absent when there is none. */
  readonly userData?: string
  readonly imageId: string
  readonly instanceType: string
  readonly iamInstanceProfile?: string
  readonly clientToken?: string
  readonly createdAt: number
  readonly launchedAtMillis: number
  /** Whether packets reach it and something on it could answer. */
  readonly reachable: boolean
  /** False while the zone has no power and until the host is back. */
  readonly powered: boolean
  /** Counts the times the machine began to boot; what ran before the number changed is gone. */
  readonly bootGeneration: number
  readonly tags: Tags
}

export interface Instances {
  readonly list: () => ReadonlyArray<InstanceView>
  readonly get: (id: string) => InstanceView | undefined
  /** Calls the listener after every change of an instance, and when an instance is forgotten. */
  readonly onChange: (listener: (id: string) => void) => void
}

export const instanceView = (account: Account, instance: Instance): InstanceView => ({
  id: instance.id,
  providerId: `aws:///${instance.zone}/${instance.id}`,
  state: instance.state,
  zone: instance.zone,
  vpcId: instance.vpcId,
  subnetId: instance.subnetId,
  privateIp: instance.privateIp,
  privateDnsName: instance.privateDnsName,
  ...(instance.publicIp === undefined ? {} : { publicIp: instance.publicIp }),
  ...(instance.userData === undefined ? {} : { userData: Buffer.from(instance.userData, "base64").toString("utf8") }),
  imageId: instance.imageId,
  instanceType: instance.instanceType,
  ...(instance.iamInstanceProfile === undefined ? {} : { iamInstanceProfile: instance.iamInstanceProfile }),
  ...(instance.clientToken === undefined ? {} : { clientToken: instance.clientToken }),
  createdAt: instance.createdAt,
  launchedAtMillis: instance.launchedAt,
  reachable: isReachable(account, instance),
  powered: instance.powered,
  bootGeneration: instance.bootGeneration,
  tags: instance.tags
})
