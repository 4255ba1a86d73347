/**
 * An instance as EC2 describes it.
 *
 * A terminated instance has lost its interfaces, volumes and addresses, and its answer says so.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html — Fields and state codes.
 * @fidelity observed — A terminated instance no longer names its subnet, VPC and addresses.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
 */
import type { Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { remembered } from "../Handler.ts"
import type { InstanceState } from "../Lifecycle.ts"
import type { Instance } from "../Resources.ts"
import { groupIdentifiers, publicDnsName } from "./NetworkInterfaces.ts"
import { tagList } from "./Tags.ts"

export const stateCodes: { readonly [S in InstanceState]: number } = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80
}

export const stateShape = (state: InstanceState): Ec2Shapes.InstanceState => ({ Code: stateCodes[state], Name: state })

/** What depends on the instance's own record alone. */
const ownShape = remembered((instance: Instance): Ec2Shapes.Instance => {
  const attached = instance.state !== "terminated"
  return {
    InstanceId: instance.id,
    AmiLaunchIndex: 0,
    Architecture: instance.architecture === "arm64" ? "arm64" : "x86_64",
    ClientToken: instance.clientToken ?? "",
    EbsOptimized: false,
    Hypervisor: "xen",
    ImageId: instance.imageId,
    InstanceType: instance.instanceType as Ec2Shapes._InstanceType,
    KeyName: instance.keyName,
    LaunchTime: new Date(instance.launchedAt),
    MetadataOptions: instance.metadataOptions,
    Monitoring: { State: "disabled" },
    Placement: { AvailabilityZone: instance.zone, GroupName: "", Tenancy: "default" },
    PrivateDnsName: attached ? instance.privateDnsName : "",
    PrivateIpAddress: attached ? instance.privateIp : undefined,
    PublicIpAddress: instance.publicIp,
    RootDeviceName: instance.rootDeviceName,
    RootDeviceType: "ebs",
    SourceDestCheck: attached ? true : undefined,
    State: stateShape(instance.state),
    StateReason:
      instance.stateReason === undefined
        ? undefined
        : { Code: instance.stateReason.code, Message: instance.stateReason.message },
    StateTransitionReason: instance.transitionReason,
    SubnetId: attached ? instance.subnetId : undefined,
    VpcId: attached ? instance.vpcId : undefined,
    Tags: tagList(instance.tags),
    VirtualizationType: "hvm"
  }
})

export const instanceShape = (account: Account, instance: Instance): Ec2Shapes.Instance => {
  const first = account.tables.networkInterfaces.get(instance.interfaceIds[0] ?? "")
  const arn =
    instance.iamInstanceProfile === undefined
      ? undefined
      : account.arn("iam", `instance-profile/${instance.iamInstanceProfile}`)
  return {
    ...ownShape(instance),
    PublicDnsName: instance.publicIp === undefined ? "" : publicDnsName(account, instance.publicIp),
    IamInstanceProfile: arn === undefined ? undefined : { Arn: arn, Id: "AIPASIMULATED" },
    SecurityGroups: groupIdentifiers(account, first?.securityGroupIds ?? []),
    NetworkInterfaces: instance.interfaceIds.flatMap((id) => interfaceShape(account, id)),
    BlockDeviceMappings: instance.volumeIds.flatMap((id) => volumeShape(account, id))
  }
}

const interfaceShape = (account: Account, id: string): Array<Ec2Shapes.InstanceNetworkInterface> => {
  const one = account.tables.networkInterfaces.get(id)
  if (one === undefined) return []
  const association =
    one.publicIp === undefined
      ? undefined
      : { PublicIp: one.publicIp, PublicDnsName: publicDnsName(account, one.publicIp), IpOwnerId: "amazon" }
  return [
    {
      NetworkInterfaceId: one.id,
      Association: association,
      Attachment: {
        AttachmentId: one.attachmentId,
        AttachTime: new Date(one.createdAt),
        DeleteOnTermination: one.deleteOnTermination,
        DeviceIndex: one.deviceIndex,
        NetworkCardIndex: 0,
        Status: "attached"
      },
      Description: one.description,
      Groups: groupIdentifiers(account, one.securityGroupIds),
      InterfaceType: "interface",
      Ipv6Addresses: [],
      OwnerId: account.settings.accountId,
      PrivateDnsName: one.privateDnsName,
      PrivateIpAddress: one.privateIp,
      PrivateIpAddresses: [
        {
          Primary: true,
          Association: association,
          PrivateDnsName: one.privateDnsName,
          PrivateIpAddress: one.privateIp
        }
      ],
      SourceDestCheck: true,
      Status: "in-use",
      SubnetId: one.subnetId,
      VpcId: one.vpcId
    }
  ]
}

const volumeShape = (account: Account, id: string): Array<Ec2Shapes.InstanceBlockDeviceMapping> => {
  const volume = account.tables.volumes.get(id)
  if (volume === undefined) return []
  return [
    {
      DeviceName: volume.deviceName,
      Ebs: {
        AttachTime: new Date(volume.createdAt),
        DeleteOnTermination: true,
        Status: "attached",
        VolumeId: volume.id
      }
    }
  ]
}
