/**
 * Kubernetes versions: `vMAJOR.MINOR.PATCH`, with pre-release and build as semantic versioning has them.
 *
 * Cluster API compares minors, not distances: a skew is a difference of minors within one major.
 *
 * @source https://semver.org https://kubernetes.io/releases/version-skew-policy/
 */

export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** Identifiers after `-`; empty for a release. */
  readonly preRelease: ReadonlyArray<string>
  /** Identifiers after `+`; without rank in semantic versioning. */
  readonly build: ReadonlyArray<string>
}

const number = "(0|[1-9]\\d*)"
const identifiers = "([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)"
const semver = new RegExp(`^v?${number}\\.${number}\\.${number}(?:-${identifiers})?(?:\\+${identifiers})?$`)

const split = (identifiers: string | undefined): ReadonlyArray<string> => identifiers?.split(".") ?? []

const numeric = /^\d+$/

const hasLeadingZero = (identifier: string): boolean =>
  numeric.test(identifier) && identifier.length > 1 && identifier.startsWith("0")

/** The version in `v1.31.0` or `1.31.0`; undefined when the text is no semantic version. */
export const parseVersion = (text: string): Version | undefined => {
  const match = semver.exec(text)
  if (match === null) return undefined
  const preRelease = split(match[4])
  if (preRelease.some(hasLeadingZero)) return undefined
  return {
    major: Number(match[1]),
    minor: Number(match[2]),
    patch: Number(match[3]),
    preRelease,
    build: split(match[5])
  }
}

/** The text with a leading `v`. */
export const withLeadingV = (text: string): string => (text.startsWith("v") ? text : `v${text}`)

const compareIdentifiers = (a: string, b: string): number => {
  if (a === b) return 0
  const aIsNumber = numeric.test(a)
  const bIsNumber = numeric.test(b)
  if (aIsNumber && bIsNumber) return Number(a) - Number(b)
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1
  return a < b ? -1 : 1
}

const compareLists = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  for (const [index, identifier] of a.entries()) {
    const other = b[index]
    if (other === undefined) return 1
    const order = compareIdentifiers(identifier, other)
    if (order !== 0) return order
  }
  return a.length - b.length
}

const comparePreReleases = (a: Version, b: Version): number =>
  a.preRelease.length === 0 || b.preRelease.length === 0
    ? b.preRelease.length - a.preRelease.length
    : compareLists(a.preRelease, b.preRelease)

/** Negative when `a` comes first, 0 when both have the same rank, positive otherwise. Builds have no rank. */
export const compareVersions = (a: Version, b: Version): number =>
  a.major - b.major || a.minor - b.minor || a.patch - b.patch || comparePreReleases(a, b)

/** As `compareVersions`, builds counted as well: for providers that ship fixes as `+build` tags. */
export const compareVersionsWithBuild = (a: Version, b: Version): number =>
  compareVersions(a, b) || compareLists(a.build, b.build)

/** Old to new; texts that are no versions by their characters. */
export const compareVersionTexts = (a: string, b: string): number => {
  const left = parseVersion(a)
  const right = parseVersion(b)
  if (left === undefined || right === undefined) return a < b ? -1 : a > b ? 1 : 0
  return compareVersionsWithBuild(left, right)
}

/** How many minors `a` is ahead of `b`; undefined across majors. */
export const minorSkew = (a: Version, b: Version): number | undefined =>
  a.major === b.major ? a.minor - b.minor : undefined

/** Whether the version is at least `major.minor`, pre-releases of it included. */
export const isAtLeastMinor = (version: Version, major: number, minor: number): boolean =>
  version.major > major || (version.major === major && version.minor >= minor)
