/**
 * A simulated AWS account behind the AWS waist: the door that calls go through, the faults, and the ports to its surroundings.
 *
 * Every call takes its time there and back on the kernel's clock and happens at one instant in between: throttled, checked
 * against what the operation accepts, performed, counted, traced. What the account does by itself (boots, expiries, health
 * checks) are timers of the component, plain data like all of its state.
 * Left out: permissions, more than one region or principal.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html — Error codes and statuses.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html — `DryRun` answers `DryRunOperation` and does nothing.
 * @fidelity assumed — A dry run looks at the parameters' names and at nothing else.
 * @fidelity observed — The shape of a zone outage: instances go on being `running`, launches lack capacity, NAT is dead.
 * @fidelity assumed — The regional control plane keeps its usual latency during an outage (calls can be slowed and failed separately).
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
 */
import {
  type AwsError,
  awsError,
  type AwsServiceName,
  clientFromCall,
  Ec2,
  type Ec2Client,
  type Ec2Operations,
  ec2Mutating,
  ec2Operations,
  Elb,
  type ElbClient,
  type ElbOperations,
  elbMutating,
  elbOperations,
  Iam,
  type IamClient,
  type IamOperations,
  iamMutating,
  iamOperations,
  type OperationCall,
  type OperationMap,
  SecretsManager,
  type SecretsManagerClient,
  type SecretsManagerOperations,
  secretsManagerMutating,
  secretsManagerOperations,
  Sts,
  type StsClient,
  type StsOperations,
  stsMutating,
  stsOperations
} from "@capstan/aws"
import type { ComponentHandle, Kernel } from "@capstan/kernel"
import { Effect, Layer, Result } from "effect"
import { Account, type AccountState, type CallCount } from "./Account.ts"
import type { AccountEvent } from "./AccountEvent.ts"
import { type AccountView, type AccountViewer, accountViewer } from "./AccountView.ts"
import { summarize, targetOf } from "./CallSummary.ts"
import { reachesInternet } from "./Egress.ts"
import { byDnsName, byTarget } from "./Indexes.ts"
import { ec2Handlers } from "./ec2/Ec2Handlers.ts"
import { instanceDue, reboot, setHung, setPower, start, stop, terminate } from "./ec2/InstanceLifecycle.ts"
import { natGatewayDue } from "./ec2/NatGateways.ts"
import { subnetReady } from "./ec2/Subnets.ts"
import { vpcReady } from "./ec2/Vpcs.ts"
import { elbHandlers } from "./elb/ElbHandlers.ts"
import { reconsider, targetDue } from "./elb/HealthChecks.ts"
import { interfaceDue } from "./elb/LoadBalancers.ts"
import type { Handler } from "./Handler.ts"
import { iamHandlers } from "./iam/InstanceProfiles.ts"
import type { Instances } from "./InstanceView.ts"
import { type Distribution, latencies, type LatencyName, type LatencyTable, quantile } from "./Latencies.ts"
import { defaultQuotas, type QuotaName, type Quotas } from "./Quotas.ts"
import { Refusal } from "./Refusal.ts"
import { regions } from "./Regions.ts"
import { checkRequest } from "./RequestShape.ts"
import type { Instance } from "./Resources.ts"
import { readableSecret, secretDue, secretsManagerHandlers } from "./secrets-manager/Secrets.ts"
import { defaultInstanceTypes, type Image, type InstanceProfile, type InstanceType } from "./Seeds.ts"
import { stsHandlers } from "./sts/Identity.ts"
import { requestBucket, resourceBuckets, take, throttledAnswer } from "./Throttling.ts"

/** What the account holds before anybody calls it. */
export interface AccountSeeds {
  readonly images?: ReadonlyArray<Image>
  readonly keyPairs?: ReadonlyArray<string>
  readonly instanceProfiles?: ReadonlyArray<InstanceProfile>
  /** The usual ones unless given. */
  readonly instanceTypes?: ReadonlyArray<InstanceType>
  /** ARNs of roles that may be assumed. */
  readonly roles?: ReadonlyArray<string>
}

export interface SimulatedAwsOptions {
  readonly region: string
  /** Twelve digits. */
  readonly accountId?: string
  /** Name of the kernel component; `aws` unless given. A second account or region needs another. */
  readonly name?: string
  readonly seeds?: AccountSeeds
  readonly quotas?: Partial<Quotas>
  readonly latencies?: Partial<LatencyTable>
}

/** The operations of all services, by the service's name in endpoints and errors. */
export interface AwsOperations {
  readonly ec2: Ec2Operations
  readonly elb: ElbOperations
  readonly secretsmanager: SecretsManagerOperations
  readonly iam: IamOperations
  readonly sts: StsOperations
}

const handlers: { readonly [S in AwsServiceName]: { readonly [operation: string]: unknown } } = {
  ec2: { ...ec2Handlers },
  elb: { ...elbHandlers },
  secretsmanager: { ...secretsManagerHandlers },
  iam: { ...iamHandlers },
  sts: { ...stsHandlers }
}

/** EC2 takes `DryRun` with every request: whether the caller may make it is said in an error, and nothing is done. */
const dryRun = (service: AwsServiceName, request: object): { readonly asked: object; readonly dry: boolean } => {
  if (service !== "ec2" || !("DryRun" in request)) return { asked: request, dry: false }
  const { DryRun, ...asked } = request
  return { asked, dry: DryRun === true }
}

export class SimulatedAws {
  readonly name: string
  readonly region: string
  readonly accountId: string
  readonly instances: Instances
  readonly clients: {
    readonly ec2: Ec2Client
    readonly elb: ElbClient
    readonly secretsManager: SecretsManagerClient
    readonly iam: IamClient
    readonly sts: StsClient
  }
  /** All five services of the waist, answered by this account. */
  readonly layer: Layer.Layer<Ec2 | Elb | SecretsManager | Iam | Sts>

  readonly #kernel: Kernel
  readonly #account: Account
  readonly #viewer: AccountViewer
  readonly #latencies: LatencyTable
  readonly #timers: ComponentHandle<AccountEvent>
  readonly #listeners: Array<(id: string) => void> = []
  #serves: (instanceId: string, port: number) => boolean = () => false
  /** While a call is performed: what follows from it, kept back until the call itself stands in the trace as its cause. */
  #consequences: Array<() => void> | undefined

  constructor(kernel: Kernel, options: SimulatedAwsOptions) {
    this.#kernel = kernel
    this.name = options.name ?? "aws"
    this.region = options.region
    this.accountId = options.accountId ?? "123456789012"
    this.#latencies = { ...latencies, ...options.latencies }
    this.#account = this.#newAccount(options)
    this.#viewer = accountViewer(this.#account)
    this.#timers = kernel.component<AccountEvent>({
      name: this.name,
      handle: (event) => this.#handle(event),
      save: () => this.#account.save(),
      // The kernel hands back what `save` gave, and knows it as unknown.
      restore: (state) => this.#account.restore(state as AccountState)
    })
    this.instances = {
      list: () => this.#viewer.instances(),
      get: (id) => this.#viewer.instanceOf(id),
      onChange: (listener) => void this.#listeners.push(listener)
    }
    this.clients = {
      ec2: clientFromCall<Ec2Operations>(ec2Operations, this.#caller<Ec2Operations>("ec2", ec2Mutating)),
      elb: clientFromCall<ElbOperations>(elbOperations, this.#caller<ElbOperations>("elb", elbMutating)),
      secretsManager: clientFromCall<SecretsManagerOperations>(
        secretsManagerOperations,
        this.#caller<SecretsManagerOperations>("secretsmanager", secretsManagerMutating)
      ),
      iam: clientFromCall<IamOperations>(iamOperations, this.#caller<IamOperations>("iam", iamMutating)),
      sts: clientFromCall<StsOperations>(stsOperations, this.#caller<StsOperations>("sts", stsMutating))
    }
    this.layer = Layer.mergeAll(
      Layer.succeed(Ec2, this.clients.ec2),
      Layer.succeed(Elb, this.clients.elb),
      Layer.succeed(SecretsManager, this.clients.secretsManager),
      Layer.succeed(Iam, this.clients.iam),
      Layer.succeed(Sts, this.clients.sts)
    )
  }

  // ── Looking ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The whole account at this moment; what is given does not change afterwards. */
  view(): AccountView {
    return this.#viewer.view()
  }

  /** How often each operation was called (as `ec2.RunInstances`), and which errors it answered with. */
  calls(): ReadonlyArray<CallCount> {
    return this.#account.tables.calls.save()
  }

  // ── The ports of the machines' inside ──────────────────────────────────────────────────────────────────────────────

  /** What an instance that asks for the secret reads: text, or base64 of bytes; `undefined` when it gets none. */
  readSecret(name: string): string | undefined {
    const secret = readableSecret(this.#account, name)
    return secret?.text ?? secret?.binary
  }

  /** The instances in service behind a load balancer's name; `unresolved` while the name does not resolve. */
  resolve(dnsName: string): "unresolved" | ReadonlyArray<string> {
    const [balancer] = this.#account.tables.loadBalancers.having(byDnsName, dnsName.toLowerCase())
    if (balancer === undefined || balancer.resolvesAt > this.#account.now()) return "unresolved"
    return balancer.targets.filter((target) => target.state === "InService").map((target) => target.instanceId)
  }

  /** Whether packets from the instance find a way out: through its subnet's routes, and a NAT gateway in a zone that is up. */
  reachesInternet(instanceId: string): boolean {
    return reachesInternet(this.#account, instanceId)
  }

  /** Says who answers at which port; asked whenever health checks are worked out. */
  setServes(serves: (instanceId: string, port: number) => boolean): void {
    this.#serves = serves
  }

  /** Something on the instance began or ceased to answer: its health checks are worked out anew. */
  healthChanged(instanceId: string): void {
    for (const { id } of this.#account.tables.loadBalancers.having(byTarget, instanceId)) {
      reconsider(this.#account, id, instanceId)
    }
  }

  // ── Faults and other hands ─────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Sets what a zone has: power (without it machines stand still, and boot anew when it is back), network (without it
   * machines run on and nobody reaches them), capacity (without it nothing new is launched).
   */
  setZone(
    zone: string,
    changes: { readonly power?: boolean; readonly network?: boolean; readonly capacity?: boolean }
  ): void {
    const { zones } = this.#account.tables
    const before = zones.get(zone)
    if (before === undefined) throw new Error(`${this.region} has no zone ${zone}`)
    zones.put({ ...before, ...changes })
    const after = zones.get(zone) ?? before
    for (const instance of this.#instancesIn(zone)) {
      if (after.power !== before.power) setPower(this.#account, instance, after.power)
      if (after.network !== before.network) this.#instanceChanged(instance.id)
    }
  }

  /** How many more instances of a type (`*`: of any type without a number of its own) a zone takes; `undefined`: no limit. */
  setCapacity(zone: string, instanceType: string, left: number | undefined): void {
    const id = `${zone}/${instanceType}`
    if (left === undefined) this.#account.tables.capacity.remove(id)
    else this.#account.tables.capacity.put({ id, left })
  }

  setQuota(name: QuotaName, value: number): void {
    this.#account.quotas = { ...this.#account.quotas, [name]: value }
  }

  /** Scales all request limits: 1 as published, 0.1 a tenth of it. */
  setThrottling(scale: number): void {
    this.#account.throttling = scale
  }

  addImage(image: Image): void {
    this.#account.tables.images.put(image)
  }

  removeImage(id: string): void {
    this.#account.tables.images.remove(id)
  }

  addKeyPair(name: string): void {
    this.#account.tables.keyPairs.put({ id: name })
  }

  removeKeyPair(name: string): void {
    this.#account.tables.keyPairs.remove(name)
  }

  addInstanceProfile(profile: InstanceProfile): void {
    this.#account.tables.instanceProfiles.put(profile)
  }

  removeInstanceProfile(name: string): void {
    this.#account.tables.instanceProfiles.remove(name)
  }

  addRole(arn: string): void {
    this.#account.tables.roles.put({ id: arn })
  }

  /** Another hand terminates the instance. False when there is none of this id. */
  terminateInstance(id: string): boolean {
    return this.#withInstance(id, (instance) => terminate(this.#account, instance))
  }

  stopInstance(id: string): boolean {
    return this.#withInstance(id, (instance) => stop(this.#account, instance))
  }

  startInstance(id: string): boolean {
    return this.#withInstance(id, (instance) => start(this.#account, instance))
  }

  rebootInstance(id: string): boolean {
    return this.#withInstance(id, (instance) => reboot(this.#account, instance))
  }

  /** The machine stops answering while EC2 goes on saying `running`, or answers again with all that it had in memory. */
  hangInstance(id: string, hung = true): boolean {
    return this.#withInstance(id, (instance) => setHung(this.#account, instance, hung))
  }

  /** Somebody else's call, such as a deletion by hand: performed at once, without limits, by the same code. */
  outOfBand<S extends AwsServiceName, K extends keyof AwsOperations[S] & string>(
    service: S,
    operation: K,
    request: AwsOperations[S][K] extends { input: infer Input extends object } ? Input : never
  ): Result.Result<unknown, AwsError> {
    return this.#perform(service, operation, request, { limited: false, latency: 0 })
  }

  /**
   * Any call by its wire names: what an HTTP façade needs. Unknown operations are refused with `UnsupportedOperation`.
   */
  call(
    service: AwsServiceName,
    operation: string,
    request: object,
    mutating: boolean
  ): Effect.Effect<unknown, AwsError> {
    return Effect.suspend(() => {
      const latency = this.#callMillis(operation, mutating)
      const target = targetOf(request)
      const info = { service, operation, mutating, request, latencyMillis: latency }
      return this.#kernel.call(target === undefined ? info : { ...info, target }, () =>
        this.#perform(service, operation, request, { limited: true, latency })
      )
    })
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #newAccount(options: SimulatedAwsOptions): Account {
    const zones = regions[options.region]
    if (zones === undefined) {
      throw new Error(`there is no region ${options.region}; there are ${Object.keys(regions).join(", ")}`)
    }
    const account = new Account(
      {
        now: () => this.#kernel.now(),
        after: (millis, event) => this.#follows(() => void this.#timers.after(millis, event)),
        draw: (stream) => this.#draw(stream),
        moved: (resource, id, from, to) =>
          this.#follows(() => void this.#kernel.trace.emit("aws.state", { resource, id, from, to })),
        instanceChanged: (id) => this.#follows(() => this.#instanceChanged(id)),
        serves: (instanceId, port) => this.#serves(instanceId, port)
      },
      { accountId: this.accountId, region: options.region, zones, latencies: this.#latencies },
      { ...defaultQuotas, ...options.quotas }
    )
    const { seeds = {} } = options
    for (const image of seeds.images ?? []) account.tables.images.put(image)
    for (const id of seeds.keyPairs ?? []) account.tables.keyPairs.put({ id })
    for (const profile of seeds.instanceProfiles ?? []) account.tables.instanceProfiles.put(profile)
    for (const type of seeds.instanceTypes ?? defaultInstanceTypes) account.tables.instanceTypes.put(type)
    for (const id of seeds.roles ?? []) account.tables.roles.put({ id })
    return account
  }

  /** The one function behind a service's methods. */
  #caller<Operations extends OperationMap<Operations>>(
    service: AwsServiceName,
    mutating: { readonly [K in keyof Operations]: boolean }
  ): OperationCall<Operations> {
    // The handler's table is keyed by the same names, so the answer has the type that the operation's name promises.
    return ((operation: keyof Operations & string, input: object) =>
      this.call(service, operation, input, mutating[operation])) as OperationCall<Operations>
  }

  /** One call at one instant. */
  #perform(
    service: AwsServiceName,
    operation: string,
    request: object,
    how: { readonly limited: boolean; readonly latency: number }
  ): Result.Result<unknown, AwsError> {
    const consequences: Array<() => void> = []
    this.#account.takeNotes()
    this.#consequences = consequences
    const outcome = this.#attempt(service, operation, request, how.limited)
    this.#consequences = undefined
    const code = Result.isFailure(outcome) ? outcome.failure.code : undefined
    const ids = this.#account.takeNotes()
    if (how.limited) this.#count(`${service}.${operation}`, code)
    const seq = this.#kernel.trace.emit("aws", {
      service,
      operation,
      request: summarize(request),
      ...(code === undefined ? {} : { code }),
      ...(ids.length === 0 ? {} : { ids }),
      ...(how.limited ? { latency: how.latency } : { outOfBand: true })
    })
    this.#kernel.causedBy(seq, () => consequences.forEach((consequence) => consequence()))
    return outcome
  }

  #follows(consequence: () => void): void {
    if (this.#consequences === undefined) consequence()
    else this.#consequences.push(consequence)
  }

  #attempt(
    service: AwsServiceName,
    operation: string,
    request: object,
    limited: boolean
  ): Result.Result<unknown, AwsError> {
    const answer = (refusal: { readonly code: string; readonly message: string; readonly statusCode: number }) =>
      Result.fail(
        awsError(service, operation, refusal.code, refusal.message, refusal.statusCode, this.#account.newRequestId())
      )
    const table = handlers[service]
    if (!Object.hasOwn(table, operation)) {
      return answer(new Refusal("UnsupportedOperation", `The simulated account has no operation ${operation}.`, 400))
    }
    // Tables are typed operation by operation; here the request comes by name, and `checkRequest` looks at what is in it.
    const handler = table[operation] as Handler<object, unknown>
    if (limited && !this.#allows(service, operation, request, handler)) return answer(throttledAnswer(service))
    try {
      const { asked, dry } = dryRun(service, request)
      checkRequest(handler.accepts, asked)
      if (dry)
        return answer(new Refusal("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412))
      return Result.succeed(handler.perform(this.#account, asked))
    } catch (refusal) {
      if (refusal instanceof Refusal) return answer(refusal)
      this.#consequences = undefined
      throw refusal
    }
  }

  /** Takes the call's tokens from its buckets; false when there are too few in one. */
  #allows(service: string, operation: string, request: object, handler: Handler<object, unknown>): boolean {
    const asked = requestBucket(service, operation, request)
    if (asked === undefined) return true
    const wanted = [{ ...asked, cost: 1 }]
    const resources = service === "ec2" ? resourceBuckets[operation] : undefined
    if (resources !== undefined && handler.affects !== undefined) {
      wanted.push({ name: `ec2.${operation}/resources`, bucket: resources, cost: handler.affects(request) })
    }
    const { buckets } = this.#account.tables
    const scale = this.#account.throttling
    const now = this.#account.now()
    const levels = wanted.map(({ name, bucket, cost }) => {
      const scaled = { size: Math.max(1, bucket.size * scale), refillPerSecond: bucket.refillPerSecond * scale }
      return { name, level: take(scaled, buckets.get(name), now, cost) }
    })
    if (levels.some(({ level }) => level === undefined)) return false
    for (const { name, level } of levels) if (level !== undefined) buckets.put({ id: name, ...level })
    return true
  }

  #count(id: string, code: string | undefined): void {
    const { calls } = this.#account.tables
    const before = calls.get(id) ?? { id, calls: 0, errors: {} }
    const errors = code === undefined ? before.errors : { ...before.errors, [code]: (before.errors[code] ?? 0) + 1 }
    calls.put({ id, calls: before.calls + 1, errors })
  }

  #callMillis(operation: string, mutating: boolean): number {
    const name: LatencyName = operation === "RunInstances" ? "runInstancesCall" : mutating ? "writeCall" : "readCall"
    const distribution: Distribution = this.#latencies[name]
    return quantile(distribution, this.#draw("call"))
  }

  /** A probability from a stream of the component's own; always one half with seed 0. */
  #draw(stream: string): number {
    return this.#kernel.seed === 0 ? 0.5 : this.#kernel.random(`${this.name}/${stream}`).unit()
  }

  #handle(event: AccountEvent): void {
    const account = this.#account
    switch (event.on) {
      case "vpc":
        return vpcReady(account, event.id)
      case "subnet":
        return subnetReady(account, event.id)
      case "nat":
        return natGatewayDue(account, event.id, event)
      case "instance":
        return instanceDue(account, event)
      case "target":
        return targetDue(account, event)
      case "interface":
        return interfaceDue(account, event.id)
      case "secret":
        return secretDue(account, event)
    }
  }

  #instanceChanged(id: string): void {
    this.healthChanged(id)
    for (const listener of this.#listeners) listener(id)
  }

  #instancesIn(zone: string): ReadonlyArray<Instance> {
    return this.#account.tables.instances.filter((instance) => instance.zone === zone)
  }

  #withInstance(id: string, act: (instance: Instance) => void): boolean {
    const instance = this.#account.tables.instances.get(id)
    if (instance === undefined) return false
    try {
      act(instance)
      return true
    } catch (refusal) {
      if (refusal instanceof Refusal) return false
      throw refusal
    }
  }
}
