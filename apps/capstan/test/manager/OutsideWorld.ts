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
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { accessIn } from "../../src/sim/Kubeconfig.ts"
import { folder, run, start, startWith } from "../CommandLine.ts"
import { bodyOf, type Sent, send } from "../sim/TestWorld.ts"

const quickStart = fileURLToPath(
  new URL("../../../../scenarios/catalogue/quick-start/capi-quickstart-v1alpha3.yaml", import.meta.url)
)

/** Virtual seconds in a real one. */
const speed = 30

/** Long in the world's time, so that a busy machine does not lose a Lease: three seconds of real time. */
const election = [
  "--leader-elect",
  "--leader-elect-lease-duration=90s",
  "--leader-elect-renew-deadline=60s",
  "--leader-elect-retry-period=10s"
]

/** Objects, lists and Statuses, as far as these tests read them. */
export interface Document {
  readonly code?: number
  readonly items?: ReadonlyArray<Document>
  readonly spec?: { readonly providerID?: string; readonly holderIdentity?: string }
  readonly status?: {
    readonly nodeRef?: object
    readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }>
  }
}

/** `controlPlanes`: how many machines the quick start's control plane has. */
export const openOutsideWorld = Effect.fnUntraced(function* (controlPlanes: number) {
  const place = yield* folder
  const manifests = readFileSync(quickStart, "utf8").replace(
    /(kind: KubeadmControlPlane[^]*?replicas:) 3/,
    `$1 ${controlPlanes}`
  )
  writeFileSync(join(place, "quick-start.yaml"), manifests)
  const world = yield* start(
    place,
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
  const [, route = ""] = /manager run (--workload-proxy .*)/.exec(greeting) ?? []
  const aws = {
    endpoint: environment["AWS_ENDPOINT_URL"] ?? "",
    region: environment["AWS_REGION"] ?? "",
    credentials: { accessKeyId: "test", secretAccessKey: "test" }
  }

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
    /** Starts a manager. */
    manager: (identity: string, ...args: ReadonlyArray<string>) =>
      startWith(
        place,
        environment,
        ...["manager", "run", "--kubeconfig", kubeconfig, ...route.split(" "), ...election],
        ...[`--leader-elect-identity=${identity}`, "--health-addr=127.0.0.1:0", "--diagnostics-address=127.0.0.1:0"],
        ...args
      ),
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
    /** What the cluster has left in the account besides terminated instances. Secrets cannot be listed there. */
    leftovers: Effect.promise(async () => {
      const [ec2, elb] = [new EC2Client(aws), new ElasticLoadBalancingClient(aws)]
      const ours = [{ Name: "tag:sigs.k8s.io/cluster-api-provider-aws/cluster/capi-quickstart", Values: ["owned"] }]
      const vpcs = await ec2.send(new DescribeVpcsCommand({ Filters: ours }))
      const nats = await ec2.send(new DescribeNatGatewaysCommand({ Filter: ours }))
      const balancers = await elb.send(new DescribeLoadBalancersCommand({}))
      const addresses = await ec2.send(new DescribeAddressesCommand({ Filters: ours }))
      const groups = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: ours }))
      for (const client of [ec2, elb]) client.destroy()
      return [
        ...(vpcs.Vpcs ?? []).map(({ VpcId }) => VpcId),
        ...(nats.NatGateways ?? []).flatMap(({ NatGatewayId, State }) => (State === "deleted" ? [] : [NatGatewayId])),
        ...(balancers.LoadBalancerDescriptions ?? []).map(({ LoadBalancerName }) => LoadBalancerName),
        ...(addresses.Addresses ?? []).map(({ AllocationId }) => AllocationId),
        ...(groups.SecurityGroups ?? []).map(({ GroupId }) => GroupId)
      ]
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
      new Error(`waited ${seconds} s in vain: ${what}; last: ${JSON.stringify(last)?.slice(0, 2000)}`)
    )
  })
