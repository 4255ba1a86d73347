/**
 * An emulator of AWS as the engine's cloud: every call goes to it through the real SDK, and the world animates its instances.
 *
 * A call passes the kernel's door first, where faults of the API strike as they do in a simulation; then it leaves the world and comes
 * back when the emulator has answered. What an emulator has no notion of is the world's or this adapter's: power and network of a zone,
 * machines that hang, a zone without capacity. Left out: answers that are lost after the call was carried out, hand deletions.
 *
 * @source https://docs.getmoto.org/en/latest/docs/server_mode.html
 */
import {
  AwsError,
  awsError,
  type AwsServiceName,
  catchClass,
  catchCode,
  clientFromCall,
  Ec2,
  ec2Mutating,
  ec2Operations,
  type Ec2Shapes,
  Elb,
  elbMutating,
  elbOperations,
  Iam,
  iamMutating,
  iamOperations,
  methodName,
  type MutatingTable,
  type OperationCall,
  type OperationMap,
  SecretsManager,
  secretsManagerMutating,
  secretsManagerOperations,
  Sts,
  stsMutating,
  stsOperations
} from "@capstan/aws"
import { AWSCluster, AWSMachine, awsKinds, awsProvider } from "@capstan/infrastructure-aws"
import type { Kernel } from "@capstan/kernel"
import { type Controller, infrastructureControllers } from "@capstan/runtime"
import { summarize } from "@capstan/simulator-aws"
import { Context, Effect, Result } from "effect"
import type { ManagerServices, SimulatedCloud } from "../simulated/SimulatedCloud.ts"
import { EmulatorMirror, type Moved, type Owned, type Sight, type TagList } from "./EmulatorMirror.ts"
import { answerOfAws, requestForMoto } from "./MotoGaps.ts"

type Waist = Ec2 | Elb | SecretsManager | Iam | Sts

/**
 * The way out of a world and back: an effect that runs in real time, awaited by a fiber of the world. It ends with that fiber, unless
 * somebody else in the world, `learn`, has to know of its success: then it goes on when nobody waits any longer.
 */
export type Outside = <A, E>(effect: Effect.Effect<A, E>, learn?: (answer: A) => void) => Effect.Effect<A, E>

export interface EmulatedAwsOptions {
  /** The live services, in real time. */
  readonly waist: Context.Context<Waist>
  readonly outside: Outside
  /** Runs something in real time that nobody in the world waits for. The run cannot be trusted any more when it fails. */
  readonly aside: (effect: Effect.Effect<unknown, AwsError>) => void
  readonly zones: ReadonlyArray<string>
}

/** What a scenario may ask of this backend. */
export const emulatedCapabilities: ReadonlyArray<string> = [
  "compute.terminate",
  "compute.stop",
  "compute.hang",
  "compute.reboot",
  "lb.deregister",
  "compute.capacity",
  "zone.outage",
  "api.throttle",
  "api.error",
  "api.latency",
  "controller.crash"
]

export interface EmulatedAws {
  readonly cloud: SimulatedCloud
  /** Takes a look at the emulator's account, in real time; `whole` includes what is not looked at for the world's sake. */
  readonly look: (whole: boolean) => Effect.Effect<Sight, AwsError>
  /** Tells the world what was seen. To be called between two steps of the kernel. */
  readonly show: (sight: Sight) => void
}

interface CallCount {
  readonly id: string
  calls: number
  errors: { readonly [code: string]: number }
}

export const makeEmulatedAws = (kernel: Kernel, options: EmulatedAwsOptions): EmulatedAws => {
  const { aside, outside, waist } = options
  const mirror = new EmulatorMirror()
  const listeners: Array<(id: string) => void> = []
  const counts = new Map<string, CallCount>()
  const full = new Set<string>()
  let serves = (_instance: string, _port: number): boolean => false

  const tell = (ids: ReadonlyArray<string>): void => {
    for (const id of ids) for (const listener of listeners) listener(id)
  }
  const told = (moved: ReadonlyArray<Moved>): void => {
    for (const { from, id, to } of moved) {
      if (from !== to) kernel.trace.emit("aws.state", { resource: "instance", id, from, to })
    }
    tell(moved.map(({ id }) => id))
  }

  const count = (id: string, code: string | undefined): void => {
    const before = counts.get(id) ?? { id, calls: 0, errors: {} }
    const errors = code === undefined ? before.errors : { ...before.errors, [code]: (before.errors[code] ?? 0) + 1 }
    counts.set(id, { id, calls: before.calls + 1, errors })
  }

  /** What this adapter refuses in the emulator's place. */
  const refusal = (operation: string, request: object): AwsError | undefined => {
    if (operation !== "RunInstances") return undefined
    const { NetworkInterfaces = [], SubnetId } = request as {
      readonly SubnetId?: string
      readonly NetworkInterfaces?: ReadonlyArray<{ readonly SubnetId?: string }>
    }
    const zones = [SubnetId, ...NetworkInterfaces.map((one) => one.SubnetId)].map((id) => mirror.zoneOfSubnet(id ?? ""))
    const zone = zones.find((each) => each !== undefined && full.has(each))
    return zone === undefined
      ? undefined
      : awsError("ec2", operation, "InsufficientInstanceCapacity", `there is no capacity in ${zone} now`, 500)
  }

  /** What only our own calls tell. */
  const remember = (operation: string, request: object, answer: unknown): void => {
    if (operation === "RunInstances") mirror.launched(request, answer as Ec2Shapes.Reservation)
    else if (operation === "CreateSecret") {
      const {
        Name = "",
        SecretBinary,
        SecretString
      } = request as {
        readonly Name?: string
        readonly SecretString?: string
        readonly SecretBinary?: Uint8Array
      }
      mirror.secretWritten(Name, SecretString ?? Buffer.from(SecretBinary ?? []).toString("base64"))
    } else if (operation === "CreateSubnet") {
      const { Subnet } = answer as { readonly Subnet?: Ec2Shapes.Subnet }
      if (Subnet?.SubnetId !== undefined) mirror.subnetMade(Subnet.SubnetId, Subnet.AvailabilityZone ?? "")
    } else if (operation === "DeleteSecret") {
      mirror.secretDeleted((request as { readonly SecretId?: string }).SecretId ?? "")
    }
  }

  /** The one function behind a service's methods. */
  const caller = <Operations extends OperationMap<Operations>>(
    service: AwsServiceName,
    mutating: MutatingTable<Operations>,
    live: object
  ): OperationCall<Operations> => {
    const call = (operation: keyof Operations & string, request: object): Effect.Effect<unknown, AwsError> =>
      Effect.suspend(() => {
        const passed = kernel.call({ service, operation, mutating: mutating[operation], request }, () =>
          Result.succeed<void>(undefined)
        ) as Effect.Effect<void, AwsError>
        const method = Reflect.get(live, methodName(operation)) as (input: object) => Effect.Effect<unknown, AwsError>
        const answered = Effect.suspend(() => {
          const refused = refusal(operation, request)
          if (refused !== undefined) return Effect.fail(refused)
          // An emulator carries out what nobody waits for any longer, as AWS does, and the world has to know.
          const learn = mutating[operation] ? (answer: unknown) => remember(operation, request, answer) : undefined
          return Effect.map(outside(method(requestForMoto(operation, request)), learn), (answer) =>
            answerOfAws((id) => mirror.zoneOfSubnet(id), operation, request, answer)
          )
        })
        const noted = (code: string | undefined) => {
          count(`${service}.${operation}`, code)
          return kernel.emit("aws", {
            service,
            operation,
            request: summarize(request),
            ...(code === undefined ? {} : { code })
          })
        }
        return Effect.flatMap(passed, () =>
          answered.pipe(
            Effect.tap(() => noted(undefined)),
            Effect.tapError((error) => noted(error.code))
          )
        )
      })
    // The live method has the shapes that the operation's name promises.
    return call as OperationCall<Operations>
  }

  const inWorld: Context.Context<Waist> = Context.empty().pipe(
    Context.add(Ec2, clientFromCall(ec2Operations, caller("ec2", ec2Mutating, Context.get(waist, Ec2)))),
    Context.add(Elb, clientFromCall(elbOperations, caller("elb", elbMutating, Context.get(waist, Elb)))),
    Context.add(
      SecretsManager,
      clientFromCall(
        secretsManagerOperations,
        caller("secretsmanager", secretsManagerMutating, Context.get(waist, SecretsManager))
      )
    ),
    Context.add(Iam, clientFromCall(iamOperations, caller("iam", iamMutating, Context.get(waist, Iam)))),
    Context.add(Sts, clientFromCall(stsOperations, caller("sts", stsMutating, Context.get(waist, Sts))))
  )

  const ec2 = Context.get(waist, Ec2)
  const elb = Context.get(waist, Elb)
  return {
    look: (whole) => look(waist, mirror, whole),
    show: (sight) => told(mirror.take(sight, kernel.now())),
    cloud: {
      kinds: awsKinds,
      machineKind: AWSMachine,
      clusterKind: AWSCluster,
      ports: {
        instances: {
          list: () => mirror.views(),
          get: (id) => mirror.view(id),
          onChange: (listener) => void listeners.push(listener)
        },
        endpoints: {
          resolve: (host) => mirror.resolve(host, serves),
          readSecret: (name) => mirror.readSecret(name)
        },
        imageName: (id) => mirror.imageName(id),
        setServes: (answer) => void (serves = answer),
        // The emulator's own health checks know nothing of the world.
        healthChanged: () => {}
      },
      controllers: Effect.map(awsProvider, (provider): ReadonlyArray<Controller<ManagerServices>> =>
        infrastructureControllers(provider)
      ).pipe(Effect.provide(inWorld)),
      instances: () => mirror.instances(),
      resources: () => mirror.resources(),
      zones: options.zones,
      terminate: (id) => aside(ec2.terminateInstances({ InstanceIds: [id] })),
      stop: (id) => aside(ec2.stopInstances({ InstanceIds: [id] })),
      start: (id) => aside(unlessGone(ec2.startInstances({ InstanceIds: [id] }))),
      hang: (id, hung) => tell(mirror.setHung(id, hung)),
      reboot: (id) => {
        aside(ec2.rebootInstances({ InstanceIds: [id] }))
        tell(mirror.rebooted(id))
      },
      deregister: (InstanceId) => {
        const names = mirror.loadBalancersWith(InstanceId)
        for (const LoadBalancerName of names) {
          aside(elb.deregisterInstancesFromLoadBalancer({ LoadBalancerName, Instances: [{ InstanceId }] }))
        }
        return names
      },
      register: (InstanceId, LoadBalancerName) =>
        aside(unlessGone(elb.registerInstancesWithLoadBalancer({ LoadBalancerName, Instances: [{ InstanceId }] }))),
      setZone: (zone, change) => {
        if (change.capacity === false) full.add(zone)
        if (change.capacity === true) full.delete(zone)
        tell(mirror.setZone(zone, change))
      },
      deleteLoadBalancer: () => false,
      calls: () => [...counts.values()],
      refusal: (service, operation, code) =>
        awsError(service as AwsServiceName, operation, code, `the scenario makes ${operation} fail`, 400, "scenario"),
      changeEvents: ["aws", "aws.state"]
    }
  }
}

/** Healing what controllers have replaced since: there is nothing left to heal. */
const unlessGone = <A>(call: Effect.Effect<A, AwsError>): Effect.Effect<void, AwsError> =>
  Effect.asVoid(call).pipe(
    catchClass("notFound", () => Effect.void),
    catchCode("IncorrectInstanceState", () => Effect.void),
    catchCode("InvalidInstance", () => Effect.void),
    catchCode("LoadBalancerNotFound", () => Effect.void)
  )

const owned = <A>(
  type: string,
  items: ReadonlyArray<A> | undefined,
  idOf: (item: A) => string | undefined,
  tagsOf: (item: A) => TagList | undefined,
  zoneOf: (item: A) => string | undefined = () => undefined
): ReadonlyArray<Owned> =>
  (items ?? []).flatMap((item) => {
    const id = idOf(item)
    const zone = zoneOf(item)
    return id === undefined ? [] : [{ type, id, tags: tagsOf(item) ?? [], ...(zone === undefined ? {} : { zone }) }]
  })

/** Looks at an account. What the world must know is little; the rest is for invariants, and comes less often. */
const look = (waist: Context.Context<Waist>, mirror: EmulatorMirror, whole: boolean): Effect.Effect<Sight, AwsError> =>
  Effect.gen(function* () {
    const ec2 = Context.get(waist, Ec2)
    const elb = Context.get(waist, Elb)
    const { Reservations = [] } = yield* ec2.describeInstances({})
    const { LoadBalancerDescriptions = [] } = yield* elb.describeLoadBalancers({})
    const instances = Reservations.flatMap((reservation) => reservation.Instances ?? [])
    const images = mirror.unnamedImages
    if (images.length > 0) {
      const { Images = [] } = yield* ec2.describeImages({ ImageIds: [...images] })
      for (const { ImageId = "", Name = "" } of Images) mirror.imageNamed(ImageId, Name)
    }
    const seen = { instances, loadBalancers: LoadBalancerDescriptions }
    if (!whole) return seen
    const { Vpcs } = yield* ec2.describeVpcs({})
    const { Subnets } = yield* ec2.describeSubnets({})
    const { InternetGateways } = yield* ec2.describeInternetGateways({})
    const { NatGateways } = yield* ec2.describeNatGateways({})
    const { Addresses } = yield* ec2.describeAddresses({})
    const { SecurityGroups } = yield* ec2.describeSecurityGroups({})
    const { RouteTables } = yield* ec2.describeRouteTables({})
    const working = NatGateways?.filter(({ State }) => State !== "deleted" && State !== "failed")
    const groups = SecurityGroups?.filter(({ GroupName }) => GroupName !== "default")
    const tables = RouteTables?.filter(({ Associations }) => Associations?.every(({ Main }) => Main !== true) === true)
    return {
      ...seen,
      others: [
        owned(
          "VPC",
          Vpcs,
          (one) => one.VpcId,
          (one) => one.Tags
        ),
        owned(
          "subnet",
          Subnets,
          (one) => one.SubnetId,
          (one) => one.Tags,
          (one) => one.AvailabilityZone
        ),
        owned(
          "internet gateway",
          InternetGateways,
          (one) => one.InternetGatewayId,
          (one) => one.Tags
        ),
        owned(
          "NAT gateway",
          working,
          (one) => one.NatGatewayId,
          (one) => one.Tags
        ),
        owned(
          "Elastic IP address",
          Addresses,
          (one) => one.AllocationId,
          (one) => one.Tags
        ),
        owned(
          "security group",
          groups,
          (one) => one.GroupId,
          (one) => one.Tags
        ),
        owned(
          "route table",
          tables,
          (one) => one.RouteTableId,
          (one) => one.Tags
        )
      ].flat()
    }
  })
