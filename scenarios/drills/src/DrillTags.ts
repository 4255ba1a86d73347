/**
 * The tags by which a drill can be undone when nothing but the account itself is left.
 *
 * Each tag is one undo, complete in itself and set before the act: the drill, until when it may last, and what to put back.
 * Ownership is Cluster API's own tag; nothing without it is ever touched.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
 */
import { clusterTag, clusterTagPrefix, type TagMap, toTagMap } from "@capstan/infrastructure-aws"

const prefix = "capstan.dev/"

export const drillTags = {
  /** On an instance that a drill stops. */
  stopped: `${prefix}undo-stop`,
  /** On a subnet whose network ACL a drill replaces; names the ACL to put back. */
  network: `${prefix}undo-network`,
  /** On an instance that a drill takes out of a load balancer; names the load balancers. */
  deregistered: `${prefix}undo-deregister`,
  /** On a network ACL that a drill made: the drill's id. */
  drill: `${prefix}drill`,
  /** Beside `drill`: until when. */
  expires: `${prefix}drill-expires`,
  /** On a cluster's instances and networks: no drill may act any more. */
  stop: `${prefix}drill-stop`
} as const

/** The provider's own tag of ownership, which says what a drill may touch at all. */
export { clusterTag as ownershipTag, type TagMap, toTagMap }

/** The clusters that own what carries these tags; almost always one or none. */
export const ownersOf = (tags: TagMap): ReadonlyArray<string> =>
  Object.keys(tags)
    .filter((key) => key.startsWith(clusterTagPrefix) && tags[key] === "owned")
    .map((key) => key.slice(clusterTagPrefix.length))

/** Until when a drill may last, and what it would put back: the value of an undo tag. */
export interface UndoMark {
  readonly drill: string
  readonly expiresMillis: number
  /** Ids or names, in the order in which they were written. */
  readonly values: ReadonlyArray<string>
}

/** `drill 2030-01-01T00:30:00Z acl-0123`: at most 256 characters, as AWS allows. */
export const formatMark = ({ drill, expiresMillis, values }: UndoMark): string =>
  [drill, timestamp(expiresMillis), ...values].join(" ")

/** What `formatMark` wrote; `undefined` for anything else. */
export const parseMark = (text: string): UndoMark | undefined => {
  const [drill = "", expires = "", ...values] = text.split(" ")
  const expiresMillis = Date.parse(expires)
  return drill === "" || Number.isNaN(expiresMillis) ? undefined : { drill, expiresMillis, values }
}

/** RFC 3339 in UTC, whole seconds. */
export const timestamp = (epochMillis: number): string => `${new Date(epochMillis).toISOString().slice(0, 19)}Z`
