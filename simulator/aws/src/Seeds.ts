/**
 * What an account holds before anybody calls it: images, key pairs, instance profiles, instance types, roles.
 *
 * Controllers take these for granted and never create them, so a scenario's world seeds them, and takes them away
 * again as a fault. Left out: everything that Capstan's controllers make themselves.
 *
 * @fidelity documented https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html — vCPUs, memory, architecture and interface limits of the instance types.
 * @source https://cluster-api-aws.sigs.k8s.io/topics/images/built-amis
 */

export interface Image {
  readonly id: string
  readonly name: string
  readonly ownerId: string
  readonly architecture: "x86_64" | "arm64"
  readonly description: string
  /** As `2024-01-31T12:00:00.000Z`. */
  readonly creationDate: string
  readonly rootDeviceName: string
  readonly rootVolumeGiB: number
}

export interface InstanceType {
  readonly id: string
  readonly vcpus: number
  readonly memoryMiB: number
  readonly architecture: "x86_64" | "arm64"
  readonly maximumInterfaces: number
  readonly addressesPerInterface: number
}

export interface InstanceProfile {
  readonly id: string
  readonly roleName: string
}

const type = (
  id: string,
  vcpus: number,
  memoryGiB: number,
  architecture: InstanceType["architecture"],
  maximumInterfaces: number,
  addressesPerInterface: number
): InstanceType => ({ id, vcpus, memoryMiB: memoryGiB * 1024, architecture, maximumInterfaces, addressesPerInterface })

/** The instance types that exist unless a scenario says otherwise. */
export const defaultInstanceTypes: ReadonlyArray<InstanceType> = [
  type("t3.micro", 2, 1, "x86_64", 2, 2),
  type("t3.small", 2, 2, "x86_64", 3, 4),
  type("t3.medium", 2, 4, "x86_64", 3, 6),
  type("t3.large", 2, 8, "x86_64", 3, 12),
  type("t3.xlarge", 4, 16, "x86_64", 4, 15),
  type("t3.2xlarge", 8, 32, "x86_64", 4, 15),
  type("t4g.medium", 2, 4, "arm64", 3, 6),
  type("t4g.large", 2, 8, "arm64", 3, 12),
  type("m5.large", 2, 8, "x86_64", 3, 10),
  type("m5.xlarge", 4, 16, "x86_64", 4, 15),
  type("m5.2xlarge", 8, 32, "x86_64", 4, 15),
  type("m6i.large", 2, 8, "x86_64", 3, 10),
  type("m6i.xlarge", 4, 16, "x86_64", 4, 15),
  type("m6g.large", 2, 8, "arm64", 3, 10),
  type("c5.large", 2, 4, "x86_64", 3, 10),
  type("c5.xlarge", 4, 8, "x86_64", 4, 15),
  type("c5.4xlarge", 16, 32, "x86_64", 8, 30),
  type("r5.large", 2, 16, "x86_64", 3, 10),
  type("r5.xlarge", 4, 32, "x86_64", 4, 15)
]

/** The account that publishes Cluster API's images. */
export const capaImageOwner = "819546954734"

/** An image as Cluster API Provider AWS publishes it, found by its name pattern. `version` without or with the leading `v`. */
export const capaImage = (options: {
  readonly id: string
  readonly version: string
  readonly baseOs?: string
  readonly architecture?: Image["architecture"]
  readonly creationDate?: string
}): Image => {
  const {
    id,
    version,
    baseOs = "ubuntu-24.04",
    architecture = "x86_64",
    creationDate = "2024-01-31T12:00:00.000Z"
  } = options
  return {
    id,
    name: `capa-ami-${baseOs}-${version.startsWith("v") ? version : `v${version}`}-1706702400`,
    ownerId: capaImageOwner,
    architecture,
    description: "",
    creationDate,
    rootDeviceName: "/dev/sda1",
    rootVolumeGiB: 8
  }
}

/** The instance profiles that `clusterawsadm bootstrap iam` creates. */
export const capaInstanceProfiles: ReadonlyArray<InstanceProfile> = ["control-plane", "controllers", "nodes"].map(
  (role) => ({
    id: `${role}.cluster-api-provider-aws.sigs.k8s.io`,
    roleName: `${role}.cluster-api-provider-aws.sigs.k8s.io`
  })
)
