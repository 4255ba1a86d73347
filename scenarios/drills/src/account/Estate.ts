/**
 * What the clusters of a drill own in an account, as EC2 and ELB tell it now: instances, subnets, networks, load balancers.
 *
 * Ownership is the tag and nothing else. Subnets and load balancers that a cluster only shares are not here.
 * Left out: what other services hold (volumes, secrets); no drill touches it.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
import { type AwsError, catchCode, Ec2, type Ec2Shapes, Elb } from "@capstan/aws"
import { type Binding, type CloudInstance, type InstanceScene, roleOf, type SeenAccount } from "@capstan/engine"
import { Effect } from "effect"
import { ownershipTag, ownersOf, type TagMap, toTagMap } from "../DrillTags.ts"

export interface OwnedInstance extends InstanceScene {
  readonly cluster: string
  /** The client token of its launch: the uid of the machine that it was launched for. */
  readonly token: string | undefined
  readonly subnet: string
  readonly vpc: string
  readonly tags: TagMap
}

export interface OwnedSubnet {
  readonly id: string
  readonly cluster: string
  readonly vpc: string
  readonly zone: string
  readonly tags: TagMap
}

export interface OwnedLoadBalancer {
  readonly name: string
  readonly cluster: string
  /** Ids of the instances that are registered. */
  readonly instances: ReadonlyArray<string>
}

export interface Estate {
  readonly instances: ReadonlyArray<OwnedInstance>
  readonly subnets: ReadonlyArray<OwnedSubnet>
  readonly loadBalancers: ReadonlyArray<OwnedLoadBalancer>
}

export const toInstance = (instance: Ec2Shapes.Instance, cluster: string): OwnedInstance => {
  const tags = toTagMap(instance.Tags)
  const id = instance.InstanceId ?? ""
  const zone = instance.Placement?.AvailabilityZone ?? ""
  return {
    id,
    cluster,
    token: instance.ClientToken === "" ? undefined : instance.ClientToken,
    zone,
    tags,
    state: instance.State?.Name ?? "",
    providerID: `aws:///${zone}/${id}`,
    machine: tags["Name"] ?? "",
    role: roleOf(tags),
    createdMillis: instance.LaunchTime?.getTime() ?? 0,
    subnet: instance.SubnetId ?? "",
    vpc: instance.VpcId ?? ""
  }
}

export const filter = (Name: string, ...Values: Array<string>): Ec2Shapes.Filter => ({ Name, Values })

/** All pages of a describe. */
export const allPages = <Page extends { readonly NextToken?: string | undefined }, Item>(
  ask: (token: { readonly NextToken?: string }) => Effect.Effect<Page, AwsError>,
  itemsOf: (page: Page) => ReadonlyArray<Item> | undefined
): Effect.Effect<ReadonlyArray<Item>, AwsError> =>
  Effect.gen(function* () {
    const items: Array<Item> = []
    let token: { readonly NextToken?: string } = {}
    do {
      const page: Page = yield* ask(token)
      items.push(...(itemsOf(page) ?? []))
      token = page.NextToken === undefined || page.NextToken === "" ? {} : { NextToken: page.NextToken }
    } while (token.NextToken !== undefined)
    return items
  })

/** The instances that filters select, whoever owns them. */
export const describeInstances = (
  ...Filters: Array<Ec2Shapes.Filter>
): Effect.Effect<ReadonlyArray<Ec2Shapes.Instance>, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const reservations = yield* allPages(
      (token) => ec2.describeInstances({ Filters, ...token }),
      (page) => page.Reservations
    )
    return reservations.flatMap((one) => one.Instances ?? [])
  })

/** What is not forgotten yet of the instances of a cluster: terminated ones stay in sight for about an hour. */
export const instancesOf = (cluster: string): Effect.Effect<ReadonlyArray<OwnedInstance>, AwsError, Ec2> =>
  Effect.map(describeInstances(filter(`tag:${ownershipTag(cluster)}`, "owned")), (found) =>
    found.map((instance) => toInstance(instance, cluster)).sort(byId)
  )

const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0

const subnetsOf = (cluster: string): Effect.Effect<ReadonlyArray<OwnedSubnet>, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const Filters = [filter(`tag:${ownershipTag(cluster)}`, "owned")]
    const found = yield* allPages(
      (token) => ec2.describeSubnets({ Filters, ...token }),
      (page) => page.Subnets
    )
    return found
      .map(({ AvailabilityZone = "", SubnetId = "", Tags, VpcId = "" }) => ({
        id: SubnetId,
        cluster,
        vpc: VpcId,
        zone: AvailabilityZone,
        tags: toTagMap(Tags)
      }))
      .sort(byId)
  })

/** How many load balancers' tags ELB tells in one answer. */
const namesMax = 20

/** Every classic load balancer of the region that some cluster owns. */
export const ownedLoadBalancers: Effect.Effect<ReadonlyArray<OwnedLoadBalancer>, AwsError, Elb> = Effect.gen(
  function* () {
    const elb = yield* Elb
    const balancers = yield* allPages(
      ({ NextToken }) =>
        Effect.map(elb.describeLoadBalancers(NextToken === undefined ? {} : { Marker: NextToken }), (page) => ({
          ...page,
          NextToken: page.NextMarker
        })),
      (page) => page.LoadBalancerDescriptions
    )
    const owned: Array<OwnedLoadBalancer> = []
    for (let first = 0; first < balancers.length; first += namesMax) {
      const few = balancers.slice(first, first + namesMax)
      const names = few.map(({ LoadBalancerName = "" }) => LoadBalancerName)
      // One of them may have gone since; it is looked at no more.
      const { TagDescriptions = [] } = yield* elb
        .describeTags({ LoadBalancerNames: names })
        .pipe(catchCode("LoadBalancerNotFound", () => Effect.succeed({ TagDescriptions: [] })))
      for (const { Instances = [], LoadBalancerName: name = "" } of few) {
        const described = TagDescriptions.find((each) => each.LoadBalancerName === name)
        const [cluster] = ownersOf(toTagMap(described?.Tags))
        const instances = Instances.flatMap(({ InstanceId }) => InstanceId ?? [])
        if (cluster !== undefined) owned.push({ name, cluster, instances })
      }
    }
    return owned
  }
)

/** Everything that the clusters own, as it is now. */
export const readEstate = (clusters: ReadonlyArray<string>): Effect.Effect<Estate, AwsError, Ec2 | Elb> =>
  Effect.gen(function* () {
    const instances = yield* Effect.forEach(clusters, instancesOf)
    const subnets = yield* Effect.forEach(clusters, subnetsOf)
    const balancers = yield* ownedLoadBalancers
    return {
      instances: instances.flat(),
      subnets: subnets.flat(),
      loadBalancers: balancers.filter(({ cluster }) => clusters.includes(cluster))
    }
  })

/** The members of a name from `let`: the clusters' instances that it means. Names of objects have none. */
export const membersOf = (binding: Binding | undefined, { instances }: Estate): ReadonlyArray<OwnedInstance> =>
  binding?.resource === undefined
    ? []
    : instances.filter(
        (instance) =>
          (binding.cluster === undefined || instance.cluster === binding.cluster) &&
          (binding.role === undefined || instance.role === binding.role)
      )

/** What runs are shown of it. Subnets and load balancers tell nothing of their age. */
export const seenAccount = ({ instances, loadBalancers, subnets }: Estate): SeenAccount => ({
  instances: instances.map((instance): CloudInstance => ({
    id: instance.id,
    // EC2 has no states but these.
    state: instance.state as CloudInstance["state"],
    zone: instance.zone,
    providerId: instance.providerID,
    cluster: instance.cluster,
    ownerUid: instance.token,
    name: instance.machine,
    role: instance.role,
    createdMillis: instance.createdMillis
  })),
  resources: [
    ...instances
      .filter(({ state }) => state !== "terminated")
      .map(({ cluster, createdMillis, id }) => ({ type: "instance", id, cluster, createdMillis, digest: "" })),
    ...loadBalancers.map(({ cluster, name }) => ({
      type: "load balancer",
      id: name,
      cluster,
      createdMillis: 0,
      digest: ""
    })),
    ...subnets.map(({ cluster, id }) => ({ type: "subnet", id, cluster, createdMillis: 0, digest: "" }))
  ]
})
