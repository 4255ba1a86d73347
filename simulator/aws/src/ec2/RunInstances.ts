/**
 * Launches instances.
 *
 * Everything is checked before anything is made; the answer says `pending`, and booting happens later. A repeated client
 * token in the same zone answers with the instances of the first call, as they are now.
 * Left out: spot and other markets, launch templates, existing interfaces, placement groups, failures after `pending`,
 * DNS records by resource name, the speed and the keys of volumes (accepted without effect).
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html — Parameters, 16 KB of user data, errors.
 * @fidelity documented https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html — `ClientToken` counts per zone; `IdempotentParameterMismatch`, `IdempotentInstanceTerminated`.
 * @fidelity documented https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html — `VcpuLimitExceeded`.
 * @fidelity observed — Insufficient capacity is HTTP 500 and names type and zone.
 * @fidelity assumed — Checks are made in the order of this file; a shutting-down instance still answers to its token.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import type { Handler } from "../Handler.ts"
import { byTypeInUse, byVpc } from "../Indexes.ts"
import { given, refuse } from "../Refusal.ts"
import type { Instance, Subnet, Volume } from "../Resources.ts"
import type { Image, InstanceType } from "../Seeds.ts"
import { absent } from "./Absent.ts"
import { earlierUse, rememberUse } from "./ClientTokens.ts"
import { instanceShape } from "./InstanceShape.ts"
import {
  createInterface,
  freeAddresses,
  newPublicIp,
  privateDnsName,
  requireSecurityGroups
} from "./NetworkInterfaces.ts"
import { tagsFor, tagSpecificationsAccepts } from "./Tags.ts"

const maximumUserDataBytes = 16_384

type Input = Ec2Operations["RunInstances"]["input"]

/** What a launch needs, all of it checked. */
interface Launch {
  readonly image: Image
  readonly type: InstanceType
  readonly subnet: Subnet
  readonly groups: ReadonlyArray<string>
  readonly profile: string | undefined
  readonly publicAddress: boolean
  readonly count: number
  /** The root volume first. */
  readonly volumes: ReadonlyArray<Pick<Volume, "deviceName" | "sizeGiB" | "volumeType" | "encrypted">>
}

export const runInstances: Handler<Input, Ec2Operations["RunInstances"]["output"]> = {
  accepts: {
    ImageId: true,
    InstanceType: true,
    MinCount: true,
    MaxCount: true,
    ClientToken: true,
    KeyName: true,
    UserData: true,
    SubnetId: true,
    SecurityGroupIds: [true],
    IamInstanceProfile: { Name: true, Arn: true },
    Placement: { AvailabilityZone: true, Tenancy: true },
    NetworkInterfaces: [
      {
        DeviceIndex: true,
        SubnetId: true,
        Groups: [true],
        AssociatePublicIpAddress: true,
        Description: true,
        InterfaceType: true
      }
    ],
    BlockDeviceMappings: [
      {
        DeviceName: true,
        Ebs: {
          DeleteOnTermination: true,
          Encrypted: true,
          Iops: true,
          KmsKeyId: true,
          SnapshotId: true,
          Throughput: true,
          VolumeSize: true,
          VolumeType: true
        }
      }
    ],
    MetadataOptions: {
      HttpEndpoint: true,
      HttpTokens: true,
      HttpPutResponseHopLimit: true,
      HttpProtocolIpv6: true,
      InstanceMetadataTags: true
    },
    PrivateDnsNameOptions: {
      HostnameType: true,
      EnableResourceNameDnsARecord: true,
      EnableResourceNameDnsAAAARecord: true
    },
    TagSpecifications: tagSpecificationsAccepts
  },
  affects: (input) => input.MaxCount ?? 1,
  perform: (account, input) => {
    const subnet = subnetOf(account, input)
    const scope = `RunInstances/${subnet.zone}`
    const earlier = earlierUse(account, scope, input)
    if (earlier !== undefined) return reservation(account, again(account, earlier))
    const launch = check(account, input, subnet)
    const reservationId = account.newId("r")
    const instances = Array.from({ length: launch.count }, () => launchOne(account, input, launch, reservationId))
    spendCapacity(account, launch)
    rememberUse(
      account,
      scope,
      input,
      instances.map((instance) => instance.id)
    )
    return reservation(account, instances)
  }
}

const reservation = (account: Account, instances: ReadonlyArray<Instance>): Ec2Shapes.Reservation => ({
  ReservationId: instances[0]?.reservationId,
  OwnerId: account.settings.accountId,
  Groups: [],
  Instances: instances.map((instance) => instanceShape(account, instance))
})

/** The instances of an earlier call with the same token. */
const again = (account: Account, ids: ReadonlyArray<string>): ReadonlyArray<Instance> =>
  ids.map((id) => {
    const instance = account.tables.instances.get(id)
    if (instance === undefined || instance.state === "terminated") {
      throw refuse(
        "IdempotentInstanceTerminated",
        "The request to launch an instance uses the same client token as a previous request for which the instance has been terminated."
      )
    }
    return instance
  })

const subnetOf = (account: Account, input: Input): Subnet => {
  const first = (input.NetworkInterfaces ?? [])[0]
  if ((input.NetworkInterfaces ?? []).length > 1) {
    throw refuse("UnsupportedOperation", "The simulated account launches instances with one network interface only.")
  }
  if (first !== undefined && (input.SubnetId !== undefined || input.SecurityGroupIds !== undefined)) {
    throw refuse(
      "InvalidParameterCombination",
      "Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request"
    )
  }
  const id = first?.SubnetId ?? input.SubnetId
  if (id === undefined) throw refuse("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")
  const subnet = account.require(account.tables.subnets, id, absent.subnet)
  const zone = input.Placement?.AvailabilityZone
  if (zone !== undefined && zone !== subnet.zone) {
    throw refuse("InvalidParameterValue", `The availability zone of the subnet (${subnet.zone}) is not ${zone}`)
  }
  return subnet
}

const check = (account: Account, input: Input, subnet: Subnet): Launch => {
  const { tables } = account
  const count = given(input.MaxCount, "MaxCount")
  if (given(input.MinCount, "MinCount") > count || count < 1) {
    throw refuse("InvalidParameterValue", `Value (${input.MinCount}) for parameter minCount is invalid.`)
  }
  const typeName = input.InstanceType ?? "m1.small"
  const type = tables.instanceTypes.get(typeName)
  if (type === undefined) throw refuse("InvalidParameterValue", `Invalid value '${typeName}' for InstanceType.`)
  const image = imageOf(account, given(input.ImageId, "ImageId"))
  if (image.architecture !== type.architecture) {
    throw refuse(
      "InvalidParameterValue",
      `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI.`
    )
  }
  if (input.KeyName !== undefined && tables.keyPairs.get(input.KeyName) === undefined) {
    throw absent.keyPair(input.KeyName)
  }
  requireUserData(input.UserData)
  const profile = profileOf(account, input)
  const volumes = volumesOf(input, image)
  const first = (input.NetworkInterfaces ?? [])[0]
  const groups = requireSecurityGroups(
    account,
    subnet.vpcId,
    first?.Groups ?? input.SecurityGroupIds ?? defaultGroup(account, subnet.vpcId)
  )
  requireTags(account, input)
  if ((first?.InterfaceType ?? "interface") !== "interface") {
    throw refuse("UnsupportedOperation", `The simulated account has no interfaces of type ${first?.InterfaceType}.`)
  }
  if ((input.Placement?.Tenancy ?? "default") !== "default") {
    throw refuse("Unsupported", "The simulated account has shared hosts only.")
  }
  if (freeAddresses(account, subnet) < count) {
    throw refuse(
      "InsufficientFreeAddressesInSubnet",
      `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`
    )
  }
  requireVcpus(account, type, count)
  requireCapacity(account, type.id, subnet.zone, count)
  const publicAddress = first?.AssociatePublicIpAddress ?? subnet.mapPublicIpOnLaunch
  return { image, type, subnet, groups, profile, publicAddress, count, volumes }
}

const imageOf = (account: Account, id: string): Image => {
  if (!/^ami-[0-9a-f]+$/.test(id)) throw refuse("InvalidAMIID.Malformed", `Invalid id: "${id}" (expecting "ami-...")`)
  const image = account.tables.images.get(id)
  if (image === undefined) throw absent.image(id)
  return image
}

const requireUserData = (text: string | undefined): void => {
  if (text === undefined) return
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text))
    throw refuse("InvalidParameterValue", "Invalid BASE64 encoding of user data.")
  if (Buffer.from(text, "base64").length > maximumUserDataBytes) {
    throw refuse("InvalidParameterValue", `User data is limited to ${maximumUserDataBytes} bytes`)
  }
}

const profileOf = (account: Account, input: Input): string | undefined => {
  const wanted = input.IamInstanceProfile
  if (wanted === undefined) return undefined
  const name = wanted.Name ?? wanted.Arn?.split("/").at(-1) ?? ""
  const known = account.tables.instanceProfiles.get(name)
  if (
    known === undefined ||
    (wanted.Arn !== undefined && wanted.Arn !== account.arn("iam", `instance-profile/${name}`))
  ) {
    const [field, value] = wanted.Name === undefined ? ["arn", wanted.Arn] : ["name", wanted.Name]
    throw refuse(
      "InvalidParameterValue",
      `Value (${value}) for parameter iamInstanceProfile.${field} is invalid. Invalid IAM Instance Profile ${field === "arn" ? "ARN" : "name"}`
    )
  }
  return name
}

const volumesOf = (input: Input, image: Image): Launch["volumes"] => {
  const mappings = input.BlockDeviceMappings ?? []
  const names = mappings.map((mapping) => given(mapping.DeviceName, "BlockDeviceMapping.1.DeviceName"))
  if (new Set(names).size < names.length) {
    throw refuse("InvalidBlockDeviceMapping", "Duplicate device names in the block device mapping")
  }
  const root = mappings.find((mapping) => mapping.DeviceName === image.rootDeviceName)
  const others = mappings.filter((mapping) => mapping !== root)
  const rootVolume = volumeOf(image.rootDeviceName, root?.Ebs, image.rootVolumeGiB)
  if (rootVolume.sizeGiB < image.rootVolumeGiB) {
    throw refuse(
      "InvalidBlockDeviceMapping",
      `Volume of size ${rootVolume.sizeGiB}GB is smaller than snapshot '${image.id}', expect size >= ${image.rootVolumeGiB}GB`
    )
  }
  return [rootVolume, ...others.map((one) => volumeOf(given(one.DeviceName, "DeviceName"), one.Ebs, undefined))]
}

const volumeOf = (
  deviceName: string,
  wanted: Ec2Shapes.EbsBlockDevice | undefined,
  size: number | undefined
): Launch["volumes"][number] => {
  if (wanted?.DeleteOnTermination === false) {
    throw refuse("UnsupportedOperation", "The simulated account deletes every volume with its instance.")
  }
  const sizeGiB = wanted?.VolumeSize ?? size
  if (sizeGiB === undefined) {
    throw refuse("MissingParameter", "The request must contain the parameter size or snapshotId")
  }
  return { deviceName, sizeGiB, volumeType: wanted?.VolumeType ?? "gp2", encrypted: wanted?.Encrypted ?? false }
}

const defaultGroup = (account: Account, vpcId: string): ReadonlyArray<string> => {
  const group = account.tables.securityGroups.having(byVpc, vpcId).find((group) => group.name === "default")
  return group === undefined ? [] : [group.id]
}

const taggedKinds: ReadonlyArray<string> = ["instance", "volume", "network-interface"]

const requireTags = (account: Account, input: Input): void => {
  for (const kind of taggedKinds) tagsFor(account, input.TagSpecifications, kind, taggedKinds)
}

/** On-demand vCPUs of the Standard families, which are all that the account knows; terminated instances do not count. */
const requireVcpus = (account: Account, type: InstanceType, count: number): void => {
  let used = 0
  for (const { id, vcpus } of account.tables.instanceTypes.values()) {
    used += vcpus * account.tables.instances.countHaving(byTypeInUse, id)
  }
  const limit = account.quotas.standardVcpus
  if (used + type.vcpus * count > limit) {
    throw refuse(
      "VcpuLimitExceeded",
      `You have requested more vCPU capacity than your current vCPU limit of ${limit} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`
    )
  }
}

/** Refuses when the zone has no room for the type. */
export const requireCapacity = (account: Account, type: string, zone: string, count: number): void => {
  const condition = account.tables.zones.get(zone)
  const left = account.tables.capacity.get(`${zone}/${type}`)?.left ?? account.tables.capacity.get(`${zone}/*`)?.left
  const open = condition === undefined || (condition.power && condition.capacity)
  if (open && (left === undefined || left >= count)) return
  const others = account.settings.zones.map((one) => one.name).filter((name) => name !== zone)
  throw refuse(
    "InsufficientInstanceCapacity",
    `We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity. You can currently get ${type} capacity by not specifying an Availability Zone in your request or choosing ${others.join(", ")}.`,
    500
  )
}

const spendCapacity = (account: Account, { type, subnet, count }: Launch): void => {
  for (const id of [`${subnet.zone}/${type.id}`, `${subnet.zone}/*`]) {
    const pool = account.tables.capacity.get(id)
    if (pool !== undefined) account.tables.capacity.put({ id, left: Math.max(0, pool.left - count) })
  }
}

const launchOne = (account: Account, input: Input, launch: Launch, reservationId: string): Instance => {
  const { image, type, subnet, groups, profile } = launch
  const tags = (kind: string) => tagsFor(account, input.TagSpecifications, kind, taggedKinds)
  const born = account.born(account.newId("i"), tags("instance"))
  const publicIp = launch.publicAddress ? newPublicIp(account) : undefined
  const own = createInterface(account, {
    subnetId: subnet.id,
    description: (input.NetworkInterfaces ?? [])[0]?.Description ?? "",
    kind: "interface",
    securityGroupIds: groups,
    tags: tags("network-interface"),
    publicIp,
    instanceId: born.id
  })
  const volumes = launch.volumes.map((volume) =>
    account.tables.volumes.put({
      ...account.born(account.newId("vol"), tags("volume")),
      instanceId: born.id,
      ...volume
    })
  )
  const instance = account.tables.instances.put({
    ...born,
    state: "pending",
    reservationId,
    clientToken: input.ClientToken,
    imageId: image.id,
    instanceType: type.id,
    architecture: type.architecture,
    keyName: input.KeyName,
    iamInstanceProfile: profile,
    userData: input.UserData,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    zone: subnet.zone,
    privateIp: own.privateIp,
    privateDnsName: hostName(account, input, subnet, own.privateIp, born.id),
    publicIp,
    autoPublicIp: launch.publicAddress,
    interfaceIds: [own.id],
    volumeIds: volumes.map((volume) => volume.id),
    rootDeviceName: image.rootDeviceName,
    metadataOptions: metadataOptions(input),
    launchedAt: born.createdAt,
    bootGeneration: 1,
    powered: true,
    hung: false,
    failedAt: undefined,
    checkedAt: born.createdAt + account.duration("statusChecked"),
    stateReason: { code: "pending", message: "pending" },
    transitionReason: ""
  })
  account.host.moved("instance", instance.id, "absent", "pending")
  account.later("instanceBooted", { on: "instance", id: instance.id, event: "booted", boot: 1 })
  account.host.instanceChanged(instance.id)
  return instance
}

const hostName = (account: Account, input: Input, subnet: Subnet, privateIp: string, id: string): string => {
  const byAddress = privateDnsName(account, privateIp)
  const type = input.PrivateDnsNameOptions?.HostnameType ?? subnet.hostnameType
  return type === "resource-name" ? byAddress.replace(/^[^.]+/, id) : byAddress
}

const metadataOptions = (input: Input): Instance["metadataOptions"] => ({
  State: "applied",
  HttpEndpoint: input.MetadataOptions?.HttpEndpoint ?? "enabled",
  HttpTokens: input.MetadataOptions?.HttpTokens ?? "optional",
  HttpPutResponseHopLimit: input.MetadataOptions?.HttpPutResponseHopLimit ?? 1,
  HttpProtocolIpv6: input.MetadataOptions?.HttpProtocolIpv6 ?? "disabled",
  InstanceMetadataTags: input.MetadataOptions?.InstanceMetadataTags ?? "disabled"
})
