/**
 * Undoing: from what was to be put back to the calls that do it, whoever crashed wherever.
 *
 * Every undo first looks at what is there. An act may not have happened at all, may have happened a moment after its caller died,
 * may have been undone by somebody else, or its target may be gone: all of these end well. What does not carry the cluster's
 * ownership tag any more is left alone.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */
import { type AwsError, catchClass, catchCode, Ec2, type Ec2Shapes, Elb } from "@capstan/aws"
import { Effect } from "effect"
import { describeInstances, filter } from "../account/Estate.ts"
import { patiently, until } from "../account/Patience.ts"
import { drillTags, ownershipTag, parseMark, toTagMap } from "../DrillTags.ts"
import type { Undo } from "../journal/JournalRecord.ts"

export interface UndoOrder {
  readonly undo: Undo
  readonly drill: string
  readonly cluster: string
  /** Before this time the act may still be on its way: finding nothing to undo proves nothing. Epoch milliseconds. */
  readonly settledMillis: number
}

/** What came of it: `changed` when something was put back, `nothing` when there was nothing to put back. */
export interface UndoOutcome {
  readonly did: "changed" | "nothing"
  readonly how: string
}

const changed = (how: string): UndoOutcome => ({ did: "changed", how })
const nothing = (how: string): UndoOutcome => ({ did: "nothing", how })

/** How long a call that its sender did not live to see answered may still take effect, and a new resource stay out of sight. */
export const inFlightMillis = 120_000

type Undoing = Effect.Effect<UndoOutcome, AwsError, Ec2 | Elb>

/** Undoes one act. May be repeated. */
export const performUndo = (order: UndoOrder): Undoing => {
  const { undo } = order
  switch (undo._tag) {
    case "StartInstance":
      return startInstance(order, undo.instance)
    case "RestoreNetworkAcl":
      return restoreNetworkAcl(order, undo)
    case "DeleteNetworkAcls":
      return deleteNetworkAcls(order, undo.vpc)
    case "RegisterInstance":
      return registerInstance(order, undo)
    case "Nothing":
      return Effect.succeed(nothing(undo.because))
  }
}

/** Looks until there is something to undo, or an act on its way would have arrived. */
const once = <A>(
  order: UndoOrder,
  look: Effect.Effect<A | undefined, AwsError, Ec2 | Elb>
): Effect.Effect<A | undefined, AwsError, Ec2 | Elb> =>
  Effect.gen(function* () {
    for (;;) {
      const found = yield* look
      const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      if (found !== undefined || now >= order.settledMillis) return found
      yield* Effect.sleep(Math.min(5000, order.settledMillis - now))
    }
  })

const instanceNow = (id: string): Effect.Effect<Ec2Shapes.Instance | undefined, AwsError, Ec2> =>
  Effect.map(describeInstances(filter("instance-id", id)), (found) => found[0])

const isOver = (instance: Ec2Shapes.Instance): boolean =>
  instance.State?.Name === "terminated" || instance.State?.Name === "shutting-down"

const isOwned = (tags: ReadonlyArray<Ec2Shapes.Tag> | undefined, cluster: string): boolean =>
  toTagMap(tags)[ownershipTag(cluster)] === "owned"

const untag = (id: string, key: string): Effect.Effect<void, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    yield* ec2.deleteTags({ Resources: [id], Tags: [{ Key: key }] }).pipe(catchClass("notFound", () => Effect.void))
  })

const startInstance = (order: UndoOrder, id: string): Undoing =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    // A running instance is what we want to see, unless a stop is still on its way to it.
    const instance = yield* once(
      order,
      Effect.map(instanceNow(id), (found) =>
        found === undefined || found.State?.Name === "running" || found.State?.Name === "pending" ? undefined : found
      )
    )
    if (instance === undefined) {
      yield* untag(id, drillTags.stopped)
      return nothing(`${id} is not stopped`)
    }
    if (isOver(instance)) return nothing(`${id} is ${instance.State?.Name}`)
    if (!isOwned(instance.Tags, order.cluster)) return nothing(`${id} is not owned by ${order.cluster} any more`)
    const halted = yield* until(
      `${id} has stopped`,
      Effect.map(instanceNow(id), (found) => (found?.State?.Name === "stopping" ? undefined : (found ?? instance)))
    )
    if (isOver(halted)) return nothing(`${id} is ${halted.State?.Name}`)
    yield* patiently(ec2.startInstances({ InstanceIds: [id] }))
    yield* untag(id, drillTags.stopped)
    return changed(`${id} started`)
  })

/** The ACL in front of a subnet now; `undefined` when there is no such subnet any more. */
const guardOf = (subnet: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const found = yield* ec2.describeNetworkAcls({ Filters: [filter("association.subnet-id", subnet)] })
    const acl = found.NetworkAcls?.[0]
    const association = acl?.Associations?.find((one) => one.SubnetId === subnet)?.NetworkAclAssociationId
    return acl === undefined || association === undefined ? undefined : { acl, association }
  })

/** The ACL to put back: the one that stood there, or the VPC's default one when that is gone. */
const aclToPutBack = (vpc: string, wanted: string | undefined) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const { NetworkAcls: acls = [] } = yield* ec2.describeNetworkAcls({ Filters: [filter("vpc-id", vpc)] })
    const still = acls.find(({ NetworkAclId }) => NetworkAclId === wanted)
    return (still ?? acls.find(({ IsDefault }) => IsDefault === true))?.NetworkAclId
  })

/** Puts an ACL in front of a subnet, whatever stands there. The association is looked up: its id changes each time. */
const putInFront = (subnet: string, acl: string): Effect.Effect<void, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const guard = yield* guardOf(subnet)
    if (guard === undefined || guard.acl.NetworkAclId === acl) return
    yield* ec2.replaceNetworkAclAssociation({ AssociationId: guard.association, NetworkAclId: acl })
  }).pipe(patiently)

const isOurs = (acl: Ec2Shapes.NetworkAcl, drill: string): boolean => toTagMap(acl.Tags)[drillTags.drill] === drill

const restoreNetworkAcl = (
  order: UndoOrder,
  { acl, subnet, vpc }: Extract<Undo, { readonly _tag: "RestoreNetworkAcl" }>
): Undoing =>
  Effect.gen(function* () {
    const ours = yield* once(
      order,
      Effect.map(guardOf(subnet), (guard) =>
        guard !== undefined && isOurs(guard.acl, order.drill) ? guard : undefined
      )
    )
    const back = ours === undefined ? undefined : yield* aclToPutBack(vpc, acl)
    if (back !== undefined) yield* putInFront(subnet, back)
    yield* untag(subnet, drillTags.network)
    if (ours === undefined) return nothing(`no ACL of the drill stands in front of ${subnet}`)
    return changed(`${back ?? "nothing"} is in front of ${subnet} again`)
  })

const aclsOf = (drill: string, vpc: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const Filters = [filter("vpc-id", vpc), filter(`tag:${drillTags.drill}`, drill)]
    const { NetworkAcls = [] } = yield* ec2.describeNetworkAcls({ Filters })
    return NetworkAcls.length === 0 ? undefined : NetworkAcls
  })

const deleteNetworkAcls = (order: UndoOrder, vpc: string): Undoing =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const acls = (yield* once(order, aclsOf(order.drill, vpc))) ?? []
    for (const { Associations = [], NetworkAclId = "" } of acls) {
      for (const { SubnetId = "" } of Associations) yield* freeSubnet(SubnetId, vpc)
      yield* ec2.deleteNetworkAcl({ NetworkAclId }).pipe(catchCode("InvalidNetworkAclID.NotFound", () => Effect.void))
    }
    return acls.length === 0
      ? nothing(`the drill has no ACL in ${vpc}`)
      : changed(`deleted ${acls.map(({ NetworkAclId }) => NetworkAclId).join(", ")}`)
  })

/** Takes an ACL of ours away from a subnet that no undo of its own speaks of any more: its tag knows what stood there before. */
const freeSubnet = (subnet: string, vpc: string): Effect.Effect<void, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const { Subnets = [] } = yield* ec2.describeSubnets({ Filters: [filter("subnet-id", subnet)] })
    const mark = parseMark(toTagMap(Subnets[0]?.Tags)[drillTags.network] ?? "")
    const back = yield* aclToPutBack(vpc, mark?.values[0])
    if (back !== undefined) yield* putInFront(subnet, back)
    yield* untag(subnet, drillTags.network)
  })

/** The load balancers of these names that are still there. */
const balancersNamed = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const elb = yield* Elb
    const found = yield* Effect.forEach(names, (name) =>
      elb
        .describeLoadBalancers({ LoadBalancerNames: [name] })
        .pipe(catchCode("LoadBalancerNotFound", () => Effect.succeed({ LoadBalancerDescriptions: [] })))
    )
    return found.flatMap((answer) => answer.LoadBalancerDescriptions ?? [])
  })

const registerInstance = (
  order: UndoOrder,
  { instance, loadBalancers }: Extract<Undo, { readonly _tag: "RegisterInstance" }>
): Undoing =>
  Effect.gen(function* () {
    const elb = yield* Elb
    const missing = yield* once(
      order,
      Effect.gen(function* () {
        const found = yield* instanceNow(instance)
        if (found === undefined || isOver(found)) return { found: undefined, from: [] }
        const balancers = yield* balancersNamed(loadBalancers)
        const from = balancers.filter(({ Instances = [] }) => !Instances.some((one) => one.InstanceId === instance))
        return from.length === 0 && balancers.length > 0 ? undefined : { found, from }
      })
    )
    const names = missing?.from.map(({ LoadBalancerName = "" }) => LoadBalancerName) ?? []
    if (missing?.found !== undefined && !isOwned(missing.found.Tags, order.cluster)) {
      return nothing(`${instance} is not owned by ${order.cluster} any more`)
    }
    for (const LoadBalancerName of names) {
      yield* elb.registerInstancesWithLoadBalancer({ LoadBalancerName, Instances: [{ InstanceId: instance }] })
    }
    yield* untag(instance, drillTags.deregistered)
    return names.length === 0
      ? nothing(`${instance} or its load balancers are gone, or it is where it was`)
      : changed(`${instance} is behind ${names.join(", ")} again`)
  })
