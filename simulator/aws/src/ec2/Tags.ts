/**
 * Tags on EC2 resources: with their creation, and afterwards.
 *
 * `CreateTags` overwrites; it tags all named resources or none. Tags given with a resource's creation are there from the
 * start. Left out: a lag of their own for tags that are added later.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html — 50 tags, key and value lengths, the reserved prefix.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html — Overwrite semantics.
 * @fidelity assumed — `InvalidNatGatewayID.NotFound` for tagging an unknown NAT gateway.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import type { Collection } from "../Collection.ts"
import type { Handlers } from "../Handler.ts"
import { given, type Refusal, refuse } from "../Refusal.ts"
import type { Resource, Tags } from "../Resources.ts"
import { absent } from "./Absent.ts"

export const tagSpecificationsAccepts = [{ ResourceType: true, Tags: [{ Key: true, Value: true }] }] as const

/** The tags that a creating call asks for its resource. */
export const tagsFor = (
  account: Account,
  specifications: ReadonlyArray<Ec2Shapes.TagSpecification> | undefined,
  resourceType: string,
  others: ReadonlyArray<string> = []
): Tags => {
  const tags: Record<string, string> = {}
  for (const specification of specifications ?? []) {
    const type = given(specification.ResourceType, "TagSpecification.1.ResourceType")
    if (type === resourceType) Object.assign(tags, checkedTags(specification.Tags))
    else if (!others.includes(type)) {
      throw refuse("InvalidParameterValue", `'${type}' is not a valid taggable resource type for this operation.`)
    }
  }
  requireRoom(account, resourceType, tags)
  return tags
}

/** AWS's list form, in the order in which the tags were written. */
export const tagList = (tags: Tags): Array<Ec2Shapes.Tag> =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

const checkedTags = (tags: ReadonlyArray<Ec2Shapes.Tag> | undefined): Tags => {
  const checked: Record<string, string> = {}
  for (const tag of tags ?? []) {
    const key = given(tag.Key, "Tag.1.Key")
    const value = tag.Value ?? ""
    if (key.startsWith("aws:")) {
      throw refuse("InvalidParameterValue", `Tag keys starting with 'aws:' are reserved for internal use`)
    }
    if (key.length > 128) throw refuse("InvalidParameterValue", `Tag key exceeds the maximum length of 128 characters`)
    if (value.length > 256)
      throw refuse("InvalidParameterValue", `Tag value exceeds the maximum length of 256 characters`)
    checked[key] = value
  }
  return checked
}

const requireRoom = (account: Account, id: string, tags: Tags): void => {
  if (Object.keys(tags).length > account.quotas.tagsPerResource) {
    throw refuse("TagLimitExceeded", `The maximum number of Tags for resource '${id}' has been reached.`)
  }
}

interface Taggable {
  readonly items: Collection<Resource>
  readonly absent: (id: string) => Refusal
}

/** The table that an id's prefix belongs to. */
const taggable = (account: Account, id: string): Taggable => {
  const { tables } = account
  const prefix = id.slice(0, id.indexOf("-"))
  // Every table below holds resources; a `Collection` is read and written through the fields of `Resource` alone here.
  const of = (items: unknown, refusal: (id: string) => Refusal) => ({
    items: items as Collection<Resource>,
    absent: refusal
  })
  switch (prefix) {
    case "vpc":
      return of(tables.vpcs, absent.vpc)
    case "subnet":
      return of(tables.subnets, absent.subnet)
    case "igw":
      return of(tables.internetGateways, absent.internetGateway)
    case "eipalloc":
      return of(tables.addresses, absent.address)
    case "nat":
      return of(tables.natGateways, absent.routedNatGateway)
    case "rtb":
      return of(tables.routeTables, absent.routeTable)
    case "acl":
      return of(tables.networkAcls, absent.networkAcl)
    case "sg":
      return of(tables.securityGroups, absent.securityGroup)
    case "eni":
      return of(tables.networkInterfaces, absent.networkInterface)
    case "vol":
      return of(tables.volumes, absent.volume)
    case "i":
      return of(tables.instances, absent.instance)
    default:
      throw refuse("InvalidID", `The ID '${id}' is not valid`)
  }
}

export const tagOperations: Handlers<Ec2Operations, "CreateTags" | "DeleteTags"> = {
  CreateTags: {
    accepts: { Resources: [true], Tags: [{ Key: true, Value: true }] },
    perform: (account, input) => {
      const added = checkedTags(given(input.Tags, "Tags"))
      const targets = given(input.Resources, "Resources").map((id) => {
        const { items, absent } = taggable(account, id)
        const tags = { ...account.require(items, id, absent).tags, ...added }
        requireRoom(account, id, tags)
        return { items, id, tags }
      })
      for (const { items, id, tags } of targets) items.change(id, { tags })
    }
  },
  DeleteTags: {
    accepts: { Resources: [true], Tags: [{ Key: true, Value: true }] },
    perform: (account, input) => {
      const targets = given(input.Resources, "Resources").map((id) => {
        const { items, absent } = taggable(account, id)
        return { items, resource: account.require(items, id, absent) }
      })
      for (const { items, resource } of targets) items.change(resource.id, { tags: without(resource.tags, input.Tags) })
    }
  }
}

/** A tag is removed when its key is named and its value too, or no value at all; without a list, all tags are. */
const without = (tags: Tags, removed: ReadonlyArray<Ec2Shapes.Tag> | undefined): Tags =>
  Object.fromEntries(
    Object.entries(tags).filter(
      ([key, value]) =>
        removed !== undefined &&
        !removed.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value))
    )
  )
