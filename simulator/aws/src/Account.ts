/**
 * One account in one region: its tables, and the few services that every operation needs of its surroundings.
 *
 * Operations are plain functions over an `Account`; nothing in it waits, and all of its state can be saved as data.
 * Left out: a default VPC, other principals' permissions, more than one region (make an account for each).
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/query-api-troubleshooting.html#eventual-consistency — A resource becomes visible some time after it was created, by filter later than by id.
 * @fidelity assumed — Changes and deletions are visible at once and a resource once visible stays so; the account holds no default VPC.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/query-api-troubleshooting.html#eventual-consistency
 */
import type { AccountEvent } from "./AccountEvent.ts"
import { Collection } from "./Collection.ts"
import { requestId, resourceId } from "./Identifiers.ts"
import { type Distribution, type LatencyName, type LatencyTable, quantile } from "./Latencies.ts"
import type { QuotaName, Quotas } from "./Quotas.ts"
import { type Refusal, refuse } from "./Refusal.ts"
import type { Zone } from "./Regions.ts"
import type {
  Address,
  CapacityPool,
  ClientTokenUse,
  Instance,
  InternetGateway,
  LoadBalancer,
  NatGateway,
  NetworkAcl,
  NetworkInterface,
  Resource,
  RouteTable,
  Secret,
  SecurityGroup,
  Subnet,
  Volume,
  Vpc,
  ZoneCondition
} from "./Resources.ts"
import type { Image, InstanceProfile, InstanceType } from "./Seeds.ts"
import type { BucketLevel } from "./Throttling.ts"

/** What an account needs of the world around it. */
export interface AccountHost {
  /** Virtual epoch milliseconds. */
  now(): number
  after(millis: number, event: AccountEvent): void
  /** A probability from the named stream; always one half when nothing is left to chance. */
  draw(stream: string): number
  /** Records that a resource moved from one state to another. */
  moved(resource: string, id: string, from: string, to: string): void
  /** Called after an instance changed in a way that others may care about. */
  instanceChanged(id: string): void
  /** Whether something on the instance answers at this port. Asked by health checks. */
  serves(instanceId: string, port: number): boolean
}

export interface AccountSettings {
  readonly accountId: string
  readonly region: string
  readonly zones: ReadonlyArray<Zone>
  readonly latencies: LatencyTable
}

/** Calls of one operation, and how they ended. Its id is `service.operation`. */
export interface CallCount {
  readonly id: string
  readonly calls: number
  /** Error code → number of calls that ended so. */
  readonly errors: { readonly [code: string]: number }
}

const tables = () => ({
  vpcs: new Collection<Vpc>(),
  subnets: new Collection<Subnet>(),
  internetGateways: new Collection<InternetGateway>(),
  addresses: new Collection<Address>(),
  natGateways: new Collection<NatGateway>(),
  routeTables: new Collection<RouteTable>(),
  networkAcls: new Collection<NetworkAcl>(),
  securityGroups: new Collection<SecurityGroup>(),
  networkInterfaces: new Collection<NetworkInterface>(),
  volumes: new Collection<Volume>(),
  instances: new Collection<Instance>(),
  loadBalancers: new Collection<LoadBalancer>(),
  secrets: new Collection<Secret>(),
  clientTokens: new Collection<ClientTokenUse>(),
  zones: new Collection<ZoneCondition>(),
  capacity: new Collection<CapacityPool>(),
  images: new Collection<Image>(),
  instanceTypes: new Collection<InstanceType>(),
  instanceProfiles: new Collection<InstanceProfile>(),
  keyPairs: new Collection<{ readonly id: string }>(),
  roles: new Collection<{ readonly id: string }>(),
  buckets: new Collection<BucketLevel & { readonly id: string }>(),
  calls: new Collection<CallCount>()
})

type Tables = ReturnType<typeof tables>

/** Everything an account remembers, as data. */
export interface AccountState {
  readonly sequence: number
  readonly quotas: Quotas
  readonly throttling: number
  readonly tables: { readonly [K in keyof Tables]: ReturnType<Tables[K]["save"]> }
}

export class Account {
  readonly settings: AccountSettings
  readonly host: AccountHost
  readonly tables: Tables = tables()
  quotas: Quotas
  /** Scale of all request limits: 1 as published, 0.1 a tenth. */
  throttling = 1
  #sequence = 0
  #addressesInUse = new Map<string, Set<number>>()
  #noted: Array<string> = []

  constructor(host: AccountHost, settings: AccountSettings, quotas: Quotas) {
    this.host = host
    this.settings = settings
    this.quotas = quotas
    for (const zone of settings.zones) {
      this.tables.zones.put({ id: zone.name, power: true, network: true, capacity: true })
    }
  }

  now(): number {
    return this.host.now()
  }

  /** A number that this account has not given before. */
  nextNumber(): number {
    return ++this.#sequence
  }

  newId(prefix: string): string {
    return resourceId(prefix, ++this.#sequence)
  }

  newRequestId(): string {
    return requestId(++this.#sequence)
  }

  duration(name: LatencyName): number {
    const distribution: Distribution = this.settings.latencies[name]
    return quantile(distribution, this.host.draw(name))
  }

  /** Lets something happen to a resource after the time that it takes. */
  later(name: LatencyName, event: AccountEvent): void {
    this.host.after(this.duration(name), event)
  }

  /** The fields that every new resource begins with. */
  born(id: string, tags: Resource["tags"]): Resource {
    const createdAt = this.now()
    const visibleById = createdAt + this.duration("visibleById")
    this.note(id)
    return { id, tags, createdAt, visibleById, visibleByFilter: visibleById + this.duration("visibleByFilter") }
  }

  /** Whether a lookup by id finds the resource now. */
  seesById(resource: Resource): boolean {
    return resource.visibleById <= this.now()
  }

  seesByFilter(resource: Resource): boolean {
    return resource.visibleByFilter <= this.now()
  }

  /** The resource that a caller names, or the refusal that EC2 answers with when it does not see it. */
  require<T extends Resource>(collection: Collection<T>, id: string, absent: (id: string) => Refusal): T {
    const resource = collection.get(id)
    if (resource === undefined || !this.seesById(resource)) throw absent(id)
    return resource
  }

  /** Refuses when `used` plus one more would go over the quota. */
  requireQuota(name: QuotaName, used: number, code: string, message: string): void {
    if (used >= this.quotas[name]) throw refuse(code, message)
  }

  /** Remembers an id as a result of the call under way, for the trace. */
  note(id: string): void {
    this.#noted.push(id)
  }

  /** The ids noted since the last time of asking. */
  takeNotes(): ReadonlyArray<string> {
    const noted = this.#noted
    this.#noted = []
    return noted
  }

  /** Addresses taken in a subnet, as numbers. Kept beside the interfaces so that nobody has to count them. */
  addressesInUse(subnetId: string): Set<number> {
    let used = this.#addressesInUse.get(subnetId)
    if (used === undefined) this.#addressesInUse.set(subnetId, (used = new Set()))
    return used
  }

  arn(service: string, resource: string): string {
    const region = service === "iam" || service === "sts" ? "" : this.settings.region
    return `arn:aws:${service}:${region}:${this.settings.accountId}:${resource}`
  }

  save(): AccountState {
    const saved = Object.entries(this.tables).map(([name, table]) => [name, table.save()])
    return {
      sequence: this.#sequence,
      quotas: this.quotas,
      throttling: this.throttling,
      // Entries of the tables under their own names; `Object.fromEntries` forgets which is which.
      tables: Object.fromEntries(saved) as AccountState["tables"]
    }
  }

  restore(state: AccountState): void {
    this.#sequence = state.sequence
    this.quotas = state.quotas
    this.throttling = state.throttling
    for (const [name, table] of Object.entries(this.tables)) {
      const items = state.tables[name as keyof Tables]
      ;(table as Collection<{ readonly id: string }>).restore(items)
    }
    this.#addressesInUse = new Map()
    for (const one of this.tables.networkInterfaces.values()) {
      this.addressesInUse(one.subnetId).add(addressNumber(one.privateIp))
    }
  }
}

/** `10.0.0.7` as an unsigned 32-bit number. */
export const addressNumber = (address: string): number =>
  address.split(".").reduce((number, part) => number * 256 + Number(part), 0)
