/**
 * Regions and their zones, as the account sees them.
 *
 * Zone names are an account's own; zone ids are AWS's. Left out: Local, Wavelength and opt-in zones.
 *
 * @fidelity documented https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html — Zone ids per region.
 * @fidelity assumed — Zone names map to zone ids in order; in AWS the mapping differs between accounts.
 * @source https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
 */

export interface Zone {
  readonly name: string
  readonly id: string
}

const region = (prefix: string, name: string, letters: string): ReadonlyArray<Zone> =>
  [...letters].map((letter, index) => ({ name: `${name}${letter}`, id: `${prefix}-az${index + 1}` }))

export const regions: { readonly [name: string]: ReadonlyArray<Zone> } = {
  "us-east-1": region("use1", "us-east-1", "abcdef"),
  "us-east-2": region("use2", "us-east-2", "abc"),
  "us-west-1": region("usw1", "us-west-1", "ab"),
  "us-west-2": region("usw2", "us-west-2", "abcd"),
  "ca-central-1": region("cac1", "ca-central-1", "abd"),
  "eu-central-1": region("euc1", "eu-central-1", "abc"),
  "eu-north-1": region("eun1", "eu-north-1", "abc"),
  "eu-west-1": region("euw1", "eu-west-1", "abc"),
  "eu-west-2": region("euw2", "eu-west-2", "abc"),
  "ap-northeast-1": region("apne1", "ap-northeast-1", "acd"),
  "ap-northeast-2": region("apne2", "ap-northeast-2", "abcd"),
  "ap-south-1": region("aps1", "ap-south-1", "abc"),
  "ap-southeast-1": region("apse1", "ap-southeast-1", "abc"),
  "ap-southeast-2": region("apse2", "ap-southeast-2", "abc"),
  "sa-east-1": region("sae1", "sa-east-1", "abc")
}

/** The domain of private names in a region: us-east-1 has the old one. */
export const privateDomain = (name: string): string =>
  name === "us-east-1" ? "ec2.internal" : `${name}.compute.internal`
