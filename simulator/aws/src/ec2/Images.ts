/**
 * Images and instance types: what there is to launch, seeded by the world and only read here.
 *
 * Left out: the image's snapshots and product codes, prices, types by zone.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html — Filters with wildcards, owners by account.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html — Architecture, vCPUs, memory, network limits.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { type Handlers, remembered } from "../Handler.ts"
import { refuse } from "../Refusal.ts"
import type { Image, InstanceType } from "../Seeds.ts"
import { absent } from "./Absent.ts"
import { describeAccepts, type FilterReaders, matcher, page } from "./Describe.ts"

type Untagged<T> = T & { readonly tags?: never }

const imageFilters: FilterReaders<Untagged<Image>> = {
  architecture: (image) => image.architecture,
  description: (image) => image.description,
  "image-id": (image) => image.id,
  "image-type": () => "machine",
  "is-public": () => "true",
  name: (image) => image.name,
  "owner-id": (image) => image.ownerId,
  "root-device-type": () => "ebs",
  state: () => "available",
  "virtualization-type": () => "hvm"
}

const imageShape = remembered((image: Image): Ec2Shapes.Image => ({
  ImageId: image.id,
  Name: image.name,
  Description: image.description,
  OwnerId: image.ownerId,
  Architecture: image.architecture,
  CreationDate: image.creationDate,
  ImageLocation: `${image.ownerId}/${image.name}`,
  ImageType: "machine",
  Public: true,
  State: "available",
  Hypervisor: "xen",
  VirtualizationType: "hvm",
  RootDeviceName: image.rootDeviceName,
  RootDeviceType: "ebs",
  BlockDeviceMappings: [
    {
      DeviceName: image.rootDeviceName,
      Ebs: {
        DeleteOnTermination: true,
        Encrypted: false,
        SnapshotId: image.id.replace("ami-", "snap-"),
        VolumeSize: image.rootVolumeGiB,
        VolumeType: "gp2"
      }
    }
  ],
  Tags: []
}))

const typeFilters: FilterReaders<Untagged<InstanceType>> = {
  "instance-type": (type) => type.id,
  "processor-info.supported-architecture": (type) => type.architecture,
  "vcpu-info.default-vcpus": (type) => String(type.vcpus)
}

const typeShape = remembered((type: InstanceType): Ec2Shapes.InstanceTypeInfo => ({
  InstanceType: type.id as Ec2Shapes._InstanceType,
  CurrentGeneration: true,
  BareMetal: false,
  Hypervisor: "nitro",
  SupportedUsageClasses: ["on-demand"],
  SupportedRootDeviceTypes: ["ebs"],
  SupportedVirtualizationTypes: ["hvm"],
  ProcessorInfo: { SupportedArchitectures: [type.architecture] },
  VCpuInfo: { DefaultVCpus: type.vcpus },
  MemoryInfo: { SizeInMiB: type.memoryMiB },
  NetworkInfo: {
    MaximumNetworkInterfaces: type.maximumInterfaces,
    Ipv4AddressesPerInterface: type.addressesPerInterface
  }
}))

const describeImages = (account: Account, input: Ec2Operations["DescribeImages"]["input"]): ReadonlyArray<Image> => {
  const { images } = account.tables
  const missing = (input.ImageIds ?? []).find((id) => images.get(id) === undefined)
  if (missing !== undefined) throw absent.image(missing)
  const matches = matcher<Untagged<Image>>(input.Filters, imageFilters)
  const owners = (input.Owners ?? []).map((owner) => (owner === "self" ? account.settings.accountId : owner))
  const ids = input.ImageIds ?? []
  return images.filter(
    (image) =>
      matches(image) &&
      (ids.length === 0 || ids.includes(image.id)) &&
      (owners.length === 0 || owners.includes(image.ownerId))
  )
}

export const imageOperations: Handlers<Ec2Operations, "DescribeImages" | "DescribeInstanceTypes"> = {
  DescribeImages: {
    accepts: { ImageIds: [true], Owners: [true], ...describeAccepts },
    perform: (account, input) => {
      const { items, next } = page(describeImages(account, input), input)
      return { Images: items.map(imageShape), NextToken: next }
    }
  },
  DescribeInstanceTypes: {
    accepts: { InstanceTypes: [true], ...describeAccepts },
    perform: (account, input) => {
      const { instanceTypes } = account.tables
      const names = input.InstanceTypes ?? []
      const unknown = names.filter((name) => instanceTypes.get(name) === undefined)
      if (unknown.length > 0) {
        throw refuse(
          "InvalidInstanceType",
          `The following supplied instance types do not exist: [${unknown.join(", ")}]`
        )
      }
      const matches = matcher<Untagged<InstanceType>>(input.Filters, typeFilters)
      const named = instanceTypes.filter(
        (type) => (names.length === 0 || names.some((name) => name === type.id)) && matches(type)
      )
      const { items, next } = page(named, input)
      return { InstanceTypes: items.map(typeShape), NextToken: next }
    }
  }
}
