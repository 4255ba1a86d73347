/**
 * How a VPC's addresses are cut into subnets: one public and one private a zone. Pure.
 *
 * The block is cut into one piece more than there are zones. The first piece is cut again for the lesser family (public,
 * unless the user prefers public ones), the others go to the greater family whole.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/network/subnets.go
 */
import type { SubnetSpec } from "../../kinds/NetworkSpec.ts"

const toNumber = (address: string): number => address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0)

const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".")

/** The first address as a number, and the length of the prefix in bits. */
const parseCidr = (cidr: string): { readonly start: number; readonly prefix: number } => {
  const [address = "0.0.0.0", prefix = "0"] = cidr.split("/")
  const bits = Number(prefix)
  const size = 2 ** (32 - bits)
  return { start: Math.floor(toNumber(address) / size) * size, prefix: bits }
}

/** Whether the block could be cut into that many pieces of at least 16 addresses, EC2's smallest subnet. */
export const canSplit = (cidr: string, pieces: number): boolean =>
  parseCidr(cidr).prefix + Math.ceil(Math.log2(pieces)) <= 28

/** The first `pieces` of equal blocks, each as large as a power of two allows; one piece is the block itself. */
export const splitCidr = (cidr: string, pieces: number): ReadonlyArray<string> => {
  const { prefix, start } = parseCidr(cidr)
  const length = prefix + Math.ceil(Math.log2(pieces))
  const size = 2 ** (32 - length)
  return Array.from({ length: pieces }, (_, index) => `${toAddress(start + index * size)}/${length}`)
}

/** Whether two blocks have an address in common. */
export const overlaps = (a: string, b: string): boolean => {
  const left = parseCidr(a)
  const right = parseCidr(b)
  return left.start < right.start + 2 ** (32 - right.prefix) && right.start < left.start + 2 ** (32 - left.prefix)
}

export interface SubnetPlanOptions {
  readonly cluster: string
  readonly cidrBlock: string
  /** In the order in which they are to be served; at least one. */
  readonly zones: ReadonlyArray<string>
  readonly prefer: "PreferPrivate" | "PreferPublic"
}

/** The zones that get subnets: the first few by name. A random choice is made by the caller's shuffle. */
export const chooseZones = (zones: ReadonlyArray<string>, usageLimit: number): ReadonlyArray<string> =>
  zones.length > usageLimit ? zones.slice(0, usageLimit) : zones

export const defaultSubnetName = (cluster: string, isPublic: boolean, zone: string): string =>
  `${cluster}-subnet-${isPublic ? "public" : "private"}-${zone}`

/** The subnets of a cluster whose user has named none, public before private, zone by zone. */
export const planSubnets = ({ cidrBlock, cluster, prefer, zones }: SubnetPlanOptions): ReadonlyArray<SubnetSpec> => {
  const [residual = cidrBlock, ...preferred] = splitCidr(cidrBlock, zones.length + 1)
  const lesser = splitCidr(residual, zones.length)
  const [publics, privates] = prefer === "PreferPublic" ? [preferred, lesser] : [lesser, preferred]
  const subnet = (isPublic: boolean, zone: string, block: string): SubnetSpec => ({
    availabilityZone: zone,
    cidrBlock: block,
    id: defaultSubnetName(cluster, isPublic, zone),
    isPublic,
    zoneType: "availability-zone"
  })
  return zones.flatMap((zone, index) => [
    subnet(true, zone, publics[index] ?? ""),
    subnet(false, zone, privates[index] ?? "")
  ])
}
