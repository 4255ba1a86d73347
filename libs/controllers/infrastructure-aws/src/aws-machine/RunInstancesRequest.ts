/**
 * The request for one instance. Pure: the same intent, spec and user data give the same request, byte for byte.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
 */
import type { Ec2Shapes } from "@capstan/aws"
import type { AWSMachineSpec } from "../kinds/AWSMachine.ts"
import { defaultInstanceMetadataOptions, type Volume } from "../kinds/MachineStructures.ts"
import { type TagMap, toAwsTags } from "../Tags.ts"
import type { LaunchIntent } from "./LaunchIntent.ts"

export interface LaunchInputs {
  readonly intent: LaunchIntent
  readonly spec: AWSMachineSpec
  /** As the instance is to find it; not yet in base64. */
  readonly userDataBase64: string
  readonly tags: TagMap
  /** The image's name for its root device; needed when the machine has a root volume of its own. */
  readonly rootDeviceName: string | undefined
}

const blockDevice = (volume: Volume, DeviceName: string): Ec2Shapes.BlockDeviceMapping => ({
  DeviceName,
  Ebs: {
    DeleteOnTermination: true,
    VolumeSize: volume.size,
    ...(volume.type === undefined ? {} : { VolumeType: volume.type as Ec2Shapes.VolumeType }),
    ...(volume.iops === undefined || volume.iops === 0 ? {} : { Iops: volume.iops }),
    ...(volume.throughput === undefined ? {} : { Throughput: volume.throughput }),
    ...(volume.encryptionKey === undefined
      ? volume.encrypted === undefined
        ? {}
        : { Encrypted: volume.encrypted }
      : { Encrypted: true, KmsKeyId: volume.encryptionKey })
  }
})

const blockDevices = ({ rootDeviceName, spec }: LaunchInputs): Array<Ec2Shapes.BlockDeviceMapping> => [
  ...(spec.rootVolume === undefined || rootDeviceName === undefined
    ? []
    : [blockDevice(spec.rootVolume, rootDeviceName)]),
  ...(spec.nonRootVolumes ?? []).flatMap((volume) =>
    volume.deviceName === undefined ? [] : [blockDevice(volume, volume.deviceName)]
  )
]

/** Whether the machine is a spot instance, however it says so. */
export const isSpot = (spec: AWSMachineSpec): boolean =>
  spec.marketType === "Spot" || spec.spotMarketOptions !== undefined

const market = (spec: AWSMachineSpec): Ec2Shapes.InstanceMarketOptionsRequest => ({
  MarketType: "spot",
  SpotOptions: {
    SpotInstanceType: "one-time",
    InstanceInterruptionBehavior: "terminate",
    ...(spec.spotMarketOptions?.maxPrice === undefined || spec.spotMarketOptions.maxPrice === ""
      ? {}
      : { MaxPrice: spec.spotMarketOptions.maxPrice })
  }
})

const placement = (spec: AWSMachineSpec): Ec2Shapes.Placement => ({
  ...(spec.tenancy === undefined ? {} : { Tenancy: spec.tenancy }),
  ...(spec.placementGroupName === undefined || spec.placementGroupName === ""
    ? {}
    : { GroupName: spec.placementGroupName }),
  ...(spec.placementGroupPartition === undefined || spec.placementGroupPartition === 0
    ? {}
    : { PartitionNumber: spec.placementGroupPartition })
})

const metadataOptions = (spec: AWSMachineSpec): Ec2Shapes.InstanceMetadataOptionsRequest => {
  const options = { ...defaultInstanceMetadataOptions, ...spec.instanceMetadataOptions }
  return {
    HttpEndpoint: options.httpEndpoint,
    HttpProtocolIpv6: options.httpProtocolIpv6,
    HttpPutResponseHopLimit: options.httpPutResponseHopLimit,
    HttpTokens: options.httpTokens,
    InstanceMetadataTags: options.instanceMetadataTags
  }
}

const privateDnsName = (spec: AWSMachineSpec): Ec2Shapes.PrivateDnsNameOptionsRequest => {
  const name = spec.privateDnsName ?? {}
  return {
    ...(name.hostnameType === undefined ? {} : { HostnameType: name.hostnameType }),
    ...(name.enableResourceNameDnsARecord === undefined
      ? {}
      : { EnableResourceNameDnsARecord: name.enableResourceNameDnsARecord }),
    ...(name.enableResourceNameDnsAAAARecord === undefined
      ? {}
      : { EnableResourceNameDnsAAAARecord: name.enableResourceNameDnsAAAARecord })
  }
}

/** Everything in one call; further security groups are attached later, as upstream does. */
export const runInstancesRequest = (inputs: LaunchInputs): Ec2Shapes.RunInstancesRequest => {
  const { intent, spec, tags, userDataBase64 } = inputs
  const devices = blockDevices(inputs)
  const place = placement(spec)
  return {
    MinCount: 1,
    MaxCount: 1,
    ClientToken: intent.clientToken,
    ImageId: intent.imageId,
    InstanceType: intent.instanceType as Ec2Shapes._InstanceType,
    ...(intent.keyName === "" ? {} : { KeyName: intent.keyName }),
    ...(spec.iamInstanceProfile === undefined || spec.iamInstanceProfile === ""
      ? {}
      : { IamInstanceProfile: { Name: spec.iamInstanceProfile } }),
    UserData: userDataBase64,
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: intent.subnetId,
        Groups: [...intent.securityGroupIds],
        ...(spec.publicIP === undefined ? {} : { AssociatePublicIpAddress: spec.publicIP }),
        ...(spec.networkInterfaceType === undefined ? {} : { InterfaceType: spec.networkInterfaceType })
      }
    ],
    ...(devices.length === 0 ? {} : { BlockDeviceMappings: devices }),
    TagSpecifications: (["instance", "volume", "network-interface"] as const).map((ResourceType) => ({
      ResourceType,
      Tags: toAwsTags(tags)
    })),
    MetadataOptions: metadataOptions(spec),
    ...(spec.privateDnsName === undefined ? {} : { PrivateDnsNameOptions: privateDnsName(spec) }),
    ...(isSpot(spec) ? { InstanceMarketOptions: market(spec) } : {}),
    ...(Object.keys(place).length === 0 ? {} : { Placement: place })
  }
}
