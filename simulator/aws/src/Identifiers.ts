/**
 * Resource ids of the simulated account: AWS's form, one after another, looking random and never repeating.
 *
 * An id is a mixed counter and depends on nothing else, so that two runs that create the same things in the same order
 * name them alike whatever their seed.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html — Prefix and 17 hexadecimal digits.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
 */

/** A bijection on unsigned 32-bit numbers (the finaliser of MurmurHash3): different counters stay different. */
export const mix = (value: number): number => {
  let mixed = value >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

const hex = (value: number): string => value.toString(16).padStart(8, "0")

/** `resourceId("i", 1)` → `i-0` and 16 hexadecimal digits. */
export const resourceId = (prefix: string, counter: number): string =>
  `${prefix}-0${hex(mix(counter))}${hex(mix(counter ^ 0x9e3779b9))}`

/** A request id in the form of a UUID. */
export const requestId = (counter: number): string => {
  const digits = hex(mix(counter)) + hex(mix(counter ^ 0x9e3779b9)) + hex(mix(counter ^ 0x7f4a7c15)) + hex(counter)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`
}

/** Nine or ten digits, as at the end of a load balancer's DNS name. */
export const dnsDigits = (counter: number): string => String(1_000_000_000 + (mix(counter) % 1_147_483_647))
