/**
 * The whole account as plain lists, for invariants and expressions.
 *
 * A view is made often (after every event of a run) and changes rarely: every list is kept until its table changes.
 * Secrets appear without their values.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resources.html
 */
import type { Account } from "./Account.ts"
import type { Collection } from "./Collection.ts"
import { type InstanceView, instanceView } from "./InstanceView.ts"
import type {
  Address,
  Instance,
  InternetGateway,
  LoadBalancer,
  NatGateway,
  NetworkAcl,
  NetworkInterface,
  RouteTable,
  Secret,
  SecurityGroup,
  Subnet,
  Tags,
  Volume,
  Vpc,
  ZoneCondition
} from "./Resources.ts"

export interface SecretView {
  readonly id: string
  readonly tags: Tags
  readonly createdAt: number
  /** Whether its deletion was asked for. */
  readonly deleting: boolean
}

export interface AccountView {
  readonly accountId: string
  readonly region: string
  readonly zones: ReadonlyArray<ZoneCondition>
  readonly instances: ReadonlyArray<InstanceView>
  readonly vpcs: ReadonlyArray<Vpc>
  readonly subnets: ReadonlyArray<Subnet>
  readonly internetGateways: ReadonlyArray<InternetGateway>
  readonly natGateways: ReadonlyArray<NatGateway>
  readonly addresses: ReadonlyArray<Address>
  readonly routeTables: ReadonlyArray<RouteTable>
  readonly networkAcls: ReadonlyArray<NetworkAcl>
  readonly securityGroups: ReadonlyArray<SecurityGroup>
  readonly networkInterfaces: ReadonlyArray<NetworkInterface>
  readonly volumes: ReadonlyArray<Volume>
  readonly loadBalancers: ReadonlyArray<LoadBalancer>
  readonly secrets: ReadonlyArray<SecretView>
}

/** A list that is made anew only when one of the tables that it is made from has changed. */
const kept = <A>(tables: ReadonlyArray<{ readonly version: number }>, make: () => ReadonlyArray<A>) => {
  let seen: ReadonlyArray<number> = []
  let list: ReadonlyArray<A> = []
  return () => {
    if (seen.length === 0 || tables.some((table, index) => table.version !== seen[index])) {
      seen = tables.map((table) => table.version)
      list = Object.freeze(make())
    }
    return list
  }
}

export interface AccountViewer {
  /** The account at this moment; what is given does not change afterwards. */
  readonly view: () => AccountView
  readonly instances: () => ReadonlyArray<InstanceView>
  readonly instanceOf: (id: string) => InstanceView | undefined
}

/** The way to look at an account. */
export const accountViewer = (account: Account): AccountViewer => {
  const { tables, settings } = account
  let views = new WeakMap<Instance, InstanceView>()
  let zonesVersion = tables.zones.version
  let aclsVersion = tables.networkAcls.version
  /** Whether an instance can be reached depends on its zone and subnet: when these change, no view is good any more. */
  const viewOf = (instance: Instance): InstanceView => {
    if (zonesVersion !== tables.zones.version || aclsVersion !== tables.networkAcls.version) {
      zonesVersion = tables.zones.version
      aclsVersion = tables.networkAcls.version
      views = new WeakMap()
    }
    let view = views.get(instance)
    if (view === undefined) views.set(instance, (view = Object.freeze(instanceView(account, instance))))
    return view
  }
  const instances = kept([tables.instances, tables.zones, tables.networkAcls], () =>
    [...tables.instances.values()].map(viewOf)
  )
  const plain = <T extends { readonly id: string }>(table: Collection<T>) => kept([table], () => [...table.values()])
  const lists = {
    zones: plain(tables.zones),
    vpcs: plain(tables.vpcs),
    subnets: plain(tables.subnets),
    internetGateways: plain(tables.internetGateways),
    natGateways: plain(tables.natGateways),
    addresses: plain(tables.addresses),
    routeTables: plain(tables.routeTables),
    networkAcls: plain(tables.networkAcls),
    securityGroups: plain(tables.securityGroups),
    networkInterfaces: plain(tables.networkInterfaces),
    volumes: plain(tables.volumes),
    loadBalancers: plain(tables.loadBalancers),
    secrets: kept([tables.secrets], () => [...tables.secrets.values()].map(secretView))
  }
  return {
    instances,
    instanceOf: (id) => {
      const instance = tables.instances.get(id)
      return instance === undefined ? undefined : viewOf(instance)
    },
    view: () => ({
      accountId: settings.accountId,
      region: settings.region,
      zones: lists.zones(),
      instances: instances(),
      vpcs: lists.vpcs(),
      subnets: lists.subnets(),
      internetGateways: lists.internetGateways(),
      natGateways: lists.natGateways(),
      addresses: lists.addresses(),
      routeTables: lists.routeTables(),
      networkAcls: lists.networkAcls(),
      securityGroups: lists.securityGroups(),
      networkInterfaces: lists.networkInterfaces(),
      volumes: lists.volumes(),
      loadBalancers: lists.loadBalancers(),
      secrets: lists.secrets()
    })
  }
}

const secretView = (secret: Secret): SecretView => ({
  id: secret.id,
  tags: secret.tags,
  createdAt: secret.createdAt,
  deleting: secret.deletedAt !== undefined
})
