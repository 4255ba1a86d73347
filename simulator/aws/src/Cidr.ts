/**
 * IPv4 blocks and addresses as whole numbers.
 *
 * Left out: IPv6.
 *
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
 */

export interface Cidr {
  /** First address, as an unsigned 32-bit number. */
  readonly base: number
  readonly prefix: number
}

/** The block, or `undefined` when the text is no IPv4 block or has bits set beyond its prefix. */
export const parseCidr = (text: string): Cidr | undefined => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)
  if (match === null) return undefined
  const [a, b, c, d, prefix] = match.slice(1).map(Number) as [number, number, number, number, number]
  if (a > 255 || b > 255 || c > 255 || d > 255 || prefix > 32) return undefined
  const base = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
  return base % sizeOf({ base, prefix }) === 0 ? { base, prefix } : undefined
}

/** Number of addresses in the block. */
export const sizeOf = (cidr: Cidr): number => 2 ** (32 - cidr.prefix)

export const contains = (outer: Cidr, inner: Cidr): boolean =>
  inner.base >= outer.base && inner.base + sizeOf(inner) <= outer.base + sizeOf(outer)

export const overlap = (left: Cidr, right: Cidr): boolean => contains(left, right) || contains(right, left)

export const formatAddress = (address: number): string =>
  `${(address >>> 24) & 255}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
