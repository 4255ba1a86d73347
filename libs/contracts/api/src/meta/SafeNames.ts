/**
 * Names that the API server accepts: random suffixes, truncation, label values.
 *
 * The alphabet has no vowels and no look-alikes, so no suffix spells a word. Chance is passed in.
 *
 * @source https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/internal/labels/helpers.go
 */

export const safeAlphabet = "bcdfghjklmnpqrstvwxz2456789"

/** Longest name that also serves as a label value and a host name. */
export const maxNameLength = 63

const suffixLength = 5

/** Room that generated names leave for the random part. */
export const maxNameBaseLength = maxNameLength - suffixLength

/**
 * Five random characters.
 *
 * @param below gives a whole number of at least 0 and below its argument
 */
export const randomSuffix = (below: (bound: number) => number): string => {
  let suffix = ""
  for (let index = 0; index < suffixLength; index++) suffix += safeAlphabet.charAt(below(safeAlphabet.length))
  return suffix
}

/** The base, cut to the room there is, and the suffix. `base` carries its own dash, as `generateName` does. */
export const nameWithSuffix = (base: string, suffix: string): string =>
  `${base.slice(0, maxNameLength - suffix.length)}${suffix}`

const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/

/** Whether the text may stand as the value of a label. */
export const isLabelValue = (text: string): boolean => text.length <= 63 && labelValue.test(text)

const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** Whether the text is a DNS subdomain, as most object names are. */
export const isDnsSubdomain = (text: string): boolean => text.length <= 253 && dnsSubdomain.test(text)

/** Whether the text may be the key of a label, annotation or taint: a name, optionally behind a domain and a slash. */
export const isQualifiedName = (text: string): boolean => {
  const slash = text.indexOf("/")
  const name = text.slice(slash + 1)
  return name.length <= 63 && qualifiedName.test(name) && (slash === -1 || isDnsSubdomain(text.slice(0, slash)))
}

/** FNV-1a, 32 bits, over the UTF-8 bytes. */
const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

const base64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

const encode32Bits = (value: number): string =>
  [26, 20, 14, 8, 2].map((shift) => base64Url.charAt((value >>> shift) & 63)).join("") +
  base64Url.charAt((value & 3) << 4)

/** A name as a label value: itself where that is allowed, otherwise `hash_…_z`. */
export const formatLabelValue = (name: string): string =>
  isLabelValue(name) ? name : `hash_${encode32Bits(fnv1a(name))}_z`
