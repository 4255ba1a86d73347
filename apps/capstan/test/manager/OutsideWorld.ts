/** A simulated world in one process, and managers that work in it from others: over HTTPS, over the wire to its AWS account. */
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNatGatewaysCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  EC2Client
} from "@aws-sdk/client-ec2"
import { DescribeLoadBalancersCommand, ElasticLoadBalancingClient } from "@aws-sdk/client-elastic-load-balancing"
import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { accessIn } from "../../src/sim/Kubeconfig.ts"
import { folder, run, startWith } from "../CommandLine.ts"
import { bodyOf, type Sent, send } from "../sim/TestWorld.ts"

const quickStart = fileURLToPath(
  new URL("../../../../scenarios/catalogue/quick-start/capi-quickstart-v1alpha3.yaml", import.meta.url)
)

/** A Lease of so many seconds of the world's. */
const election = (seconds: number): ReadonlyArray<string> => [
  "--leader-elect",
  `--leader-elect-lease-duration=${seconds}s`,
  `--leader-elect-renew-deadline=${(seconds * 2) / 3}s`,
  `--leader-elect-retry-period=${seconds / 9}s`
]

/** Objects, lists and Statuses, as far as these tests read them. */
export interface Document {
  readonly code?: number
  readonly items?: ReadonlyArray<Document>
  readonly metadata?: { readonly name?: string; readonly labels?: { readonly [name: string]: string } }
  readonly spec?: { readonly providerID?: string; readonly holderIdentity?: string }
  readonly data?: { readonly [key: string]: string }
  readonly status?: {
    readonly nodeRef?: object
    readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string; readonly message?: string }>
  }
}

export interface OutsideWorldOptions {
  /** How many machines the quick start's control plane has. */
  readonly controlPlanes: number
  readonly workers: number
  /** Virtual seconds in a real one. */
  readonly speed: number
  /** How long a Lease lasts, real seconds: so long that a busy machine does not lose it. */
  readonly leaseSeconds: number
  /** Of the account; the demonstration's unless given. */
  readonly secretAccessKey?: string
  /** Put into the user data of every machine. */
  readonly userData?: string
}

/** Where a manager finds its servers, when it is not the world's own addresses, and what else is in its environment. */
export interface Detour {
  readonly kubeconfig?: string
  readonly awsEndpoint?: string
  readonly environment?: { readonly [name: string]: string }
}

export const openOutsideWorld = Effect.fnUntraced(function* (options: OutsideWorldOptions) {
  const { controlPlanes, leaseSeconds, speed, workers } = options
  const place = yield* folder
  const manifests = readFileSync(quickStart, "utf8")
    .replace(/(kind: KubeadmControlPlane[^]*?replicas:) 3/, `$1 ${controlPlanes}`)
    .replace(/(kind: MachineDeployment[^]*?replicas:) 3/, `$1 ${workers}`)
    .replaceAll(
      /^( +)(joinConfiguration:)$/gm,
      options.userData === undefined ? "$1$2" : `$1preKubeadmCommands: [${JSON.stringify(options.userData)}]\n$1$2`
    )
  writeFileSync(join(place, "quick-start.yaml"), manifests)
  const world = yield* startWith(
    place,
    options.secretAccessKey === undefined ? {} : { CAPSTAN_SIM_SECRET_ACCESS_KEY: options.secretAccessKey },
    ...["sim", "up", "quick-start.yaml", "--no-controllers", "--aws-port", "0", "--speed", `${speed}x`]
  )
  const greeting = yield* world.says("Ctrl-C ends it.")
  const kubeconfig = join(place, ".capstan", "kubeconfig")
  const access = accessIn(readFileSync(kubeconfig, "utf8"))
  if (access === undefined) throw new Error("the kubeconfig cannot be read")
  const door = { url: access.server, authority: access.authority, token: access.token }
  const environment = Object.fromEntries(
    [...greeting.matchAll(/\b(AWS_[A-Z_]+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value])
  )
  // The user's own secret is never printed.
  if (options.secretAccessKey !== undefined) environment["AWS_SECRET_ACCESS_KEY"] = options.secretAccessKey
  const [, route = ""] = /manager run (--workload-proxy .*)/.exec(greeting) ?? []
  const aws = {
    endpoint: environment["AWS_ENDPOINT_URL"] ?? "",
    region: environment["AWS_REGION"] ?? "",
    credentials: { accessKeyId: "test", secretAccessKey: options.secretAccessKey ?? "test" }
  }

  const secretNames = Effect.promise(async () => {
    const client = new SecretsManagerClient(aws)
    const { SecretList = [] } = await client.send(new ListSecretsCommand({}))
    client.destroy()
    return SecretList.map(({ Name = "" }) => Name)
  })
  const strangers = yield* secretNames

  const usual = (identity: string): ReadonlyArray<string> => [
    ...election(leaseSeconds * speed),
    `--leader-elect-identity=${identity}`,
    "--health-addr=127.0.0.1:0",
    "--diagnostics-address=127.0.0.1:0"
  ]

  const ask = (path: string, sent: Sent = {}) =>
    Effect.promise(async (): Promise<Document> => JSON.parse(await bodyOf(await send(door, path, sent))))

  return {
    place,
    kubeconfig,
    /** Variables that lead to the world's account, and the flags that lead to its workload clusters. */
    environment,
    route: route.split(" "),
    door,
    ask,
    items: (path: string) => Effect.map(ask(path), ({ items = [] }) => items),
    install: run(place, "manager", "install", "--kubeconfig", kubeconfig),
    /** Starts a manager; `args` go before the usual flags. */
    manager: (identity: string, detour: Detour = {}, ...args: ReadonlyArray<string>) =>
      startWith(
        place,
        { ...environment, AWS_ENDPOINT_URL: detour.awsEndpoint ?? aws.endpoint, ...detour.environment },
        ...["manager", "run", "--kubeconfig", detour.kubeconfig ?? kubeconfig, ...route.split(" ")],
        ...usual(identity).filter((flag) => !args.some((other) => other.split("=")[0] === flag.split("=")[0])),
        ...args
      ),
    aws,
    process: world,
    /** Who holds all Leases, by Lease. */
    holders: Effect.map(ask("/apis/coordination.k8s.io/v1/leases"), ({ items = [] }) =>
      items.map(({ spec }) => spec?.holderIdentity ?? "")
    ),
    /** Every instance that was ever launched for the cluster and is still remembered. */
    instances: Effect.promise(async () => {
      const client = new EC2Client(aws)
      const { Reservations = [] } = await client.send(new DescribeInstancesCommand({}))
      client.destroy()
      return Reservations.flatMap(({ Instances = [] }) => Instances)
    }),
    /** What the cluster has left in the account besides terminated instances. */
    leftovers: Effect.flatMap(secretNames, (secrets) =>
      Effect.promise(async () => {
        const [ec2, elb] = [new EC2Client(aws), new ElasticLoadBalancingClient(aws)]
        const ours = [{ Name: "tag:sigs.k8s.io/cluster-api-provider-aws/cluster/capi-quickstart", Values: ["owned"] }]
        const vpcs = await ec2.send(new DescribeVpcsCommand({ Filters: ours }))
        const nats = await ec2.send(new DescribeNatGatewaysCommand({ Filter: ours }))
        const balancers = await elb.send(new DescribeLoadBalancersCommand({}))
        const addresses = await ec2.send(new DescribeAddressesCommand({ Filters: ours }))
        const groups = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: ours }))
        for (const client of [ec2, elb]) client.destroy()
        return [
          ...secrets.filter((name) => !strangers.includes(name)),
          ...strangers
            .filter((name) => !secrets.includes(name))
            .map((name) => `${name} is gone, and is somebody else's`),
          ...(vpcs.Vpcs ?? []).map(({ VpcId }) => VpcId),
          ...(nats.NatGateways ?? []).flatMap(({ NatGatewayId, State }) => (State === "deleted" ? [] : [NatGatewayId])),
          ...(balancers.LoadBalancerDescriptions ?? []).map(({ LoadBalancerName }) => LoadBalancerName),
          ...(addresses.Addresses ?? []).map(({ AllocationId }) => AllocationId),
          ...(groups.SecurityGroups ?? []).map(({ GroupId }) => GroupId)
        ]
      })
    ),
    /** Ends the world as its user would; answers with what it complained of. */
    end: Effect.suspend(() => {
      world.child.kill("SIGINT")
      return Effect.map(world.ended, ({ code, err }) => (code === 130 ? err : `it ended with ${code}\n${err}`))
    })
  }
})

/** Asks four times a second until the answer is as wanted. */
export const eventually = <A, R>(
  what: string,
  ask: Effect.Effect<A, never, R>,
  wanted: (answer: A) => boolean,
  seconds = 300
): Effect.Effect<A, never, R> =>
  Effect.gen(function* () {
    let last: A | undefined
    for (let asked = 0; asked < seconds * 4; asked++) {
      last = yield* ask
      if (wanted(last)) return last
      yield* Effect.sleep(250)
    }
    return yield* Effect.die(
      new Error(`waited ${seconds} s in vain: ${what}; last: ${JSON.stringify(last)?.slice(-2000)}`)
    )
  })
