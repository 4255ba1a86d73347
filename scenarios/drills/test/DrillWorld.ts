/** A simulated account with a cluster, its load balancer and a stranger in it, and drills that run there as a process that can be killed. */
import type { Ec2, Elb, Iam, SecretsManager, Sts } from "@capstan/aws"
import { loadScenarios, type Plan, simulatedKinds } from "@capstan/engine"
import { roleTag } from "@capstan/infrastructure-aws"
import { type InterceptedCall, type Intervention, Kernel } from "@capstan/kernel"
import { type AccountView, capaImage, capaInstanceProfiles, SimulatedAws } from "@capstan/simulator-aws"
import { Cause, Effect, Exit, Layer, Result } from "effect"
import {
  callFaultsLayer,
  drillTags,
  type CallFaults,
  type Caller,
  type DrillReport,
  Journal,
  journalOn,
  ownershipTag,
  runDrill,
  type StopSwitch,
  stopSwitchInMemory,
  type Swept,
  sweep
} from "../src/index.ts"

export const region = "eu-west-1"
export const cluster = "demo"
const imageId = "ami-0a1b2c3d4e5f60718"
const owned = [{ Key: ownershipTag(cluster), Value: "owned" }]

export type World = ReturnType<typeof aWorld>
type Services = Ec2 | Elb | SecretsManager | Iam | Sts | Journal | StopSwitch | CallFaults

/** Three zones with a subnet each; two workers a zone, a control plane in the first, a load balancer before it; a stranger's network. */
export const aWorld = (seed = 0) => {
  const kernel = new Kernel({ seed, keep: "hash" })
  const aws = new SimulatedAws(kernel, {
    region,
    seeds: {
      images: [capaImage({ id: imageId, version: "v1.30.0" })],
      keyPairs: ["default"],
      instanceProfiles: capaInstanceProfiles
    }
  })
  /** The disk: what was written stays, whoever dies. Writing is a call, so that a crash can come before and after it. */
  let disk = ""
  const journal = journalOn({
    place: "journal.ndjson",
    read: Effect.sync(() => disk),
    append: (text) =>
      kernel.call({ service: "journal", operation: "append", mutating: true }, () => {
        disk += text
        return Result.succeed(undefined)
      })
  })
  /** Built once: the switch that one drill finds pulled is the one that somebody pulled before. */
  const layer = Effect.runSync(
    Effect.scoped(
      Layer.build(Layer.mergeAll(aws.layer, Layer.succeed(Journal, journal), stopSwitchInMemory, callFaultsLayer))
    )
  )
  const run = <A>(effect: Effect.Effect<A, unknown, Services>): A => {
    const exit = kernel.complete(Effect.provide(effect, layer))
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    return exit.value
  }
  const { ec2, elb } = aws.clients
  const launch = (SubnetId: string, name: string, Tags: ReadonlyArray<{ Key: string; Value: string }>) =>
    Effect.map(
      ec2.runInstances({
        ImageId: imageId,
        InstanceType: "t3.large",
        MinCount: 1,
        MaxCount: 1,
        SubnetId,
        TagSpecifications: [{ ResourceType: "instance", Tags: [...Tags, { Key: "Name", Value: name }] }]
      }),
      (answer) => answer.Instances?.[0]?.InstanceId ?? ""
    )
  const places = run(
    Effect.gen(function* () {
      const network = (CidrBlock: string, Tags: Array<{ Key: string; Value: string }>) =>
        Effect.map(
          ec2.createVpc({ CidrBlock, TagSpecifications: [{ ResourceType: "vpc", Tags }] }),
          (answer) => answer.Vpc?.VpcId ?? ""
        )
      const subnet = (VpcId: string, CidrBlock: string, letter: string, Tags: Array<{ Key: string; Value: string }>) =>
        Effect.map(
          ec2.createSubnet({
            VpcId,
            CidrBlock,
            AvailabilityZone: `${region}${letter}`,
            TagSpecifications: [{ ResourceType: "subnet", Tags }]
          }),
          (answer) => answer.Subnet?.SubnetId ?? ""
        )
      const vpc = yield* network("10.0.0.0/16", owned)
      const theirs = yield* network("172.31.0.0/16", [{ Key: "owner", Value: "finance" }])
      yield* Effect.sleep("2 minutes")
      const subnets = [
        yield* subnet(vpc, "10.0.0.0/24", "a", owned),
        yield* subnet(vpc, "10.0.1.0/24", "b", owned),
        yield* subnet(vpc, "10.0.2.0/24", "c", owned)
      ]
      const foreign = yield* subnet(theirs, "172.31.0.0/24", "a", [{ Key: "owner", Value: "finance" }])
      const gateway = (yield* ec2.createInternetGateway({})).InternetGateway?.InternetGatewayId ?? ""
      yield* Effect.sleep("2 minutes")
      yield* ec2.attachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc })
      const [first = ""] = subnets
      const controlPlane = yield* launch(first, "demo-cp", [...owned, { Key: roleTag, Value: "control-plane" }])
      const workers: Array<string> = []
      for (const id of [...subnets, ...subnets]) {
        workers.push(yield* launch(id, `demo-md-${workers.length}`, [...owned, { Key: roleTag, Value: "node" }]))
      }
      const stranger = yield* launch(foreign, "ledger", [{ Key: "owner", Value: "finance" }])
      yield* aws.clients.secretsManager.createSecret({
        Name: "aws.cluster.x-k8s.io/demo-0",
        SecretString: "bootstrap",
        Tags: owned
      })
      yield* aws.clients.secretsManager.createSecret({
        Name: "ledger",
        SecretString: "theirs",
        Tags: [{ Key: "owner", Value: "finance" }]
      })
      yield* elb.createLoadBalancer({
        LoadBalancerName: "demo-apiserver",
        Listeners: [{ Protocol: "TCP", LoadBalancerPort: 6443, InstanceProtocol: "TCP", InstancePort: 6443 }],
        Subnets: [first],
        Scheme: "internet-facing",
        Tags: owned
      })
      yield* Effect.sleep("5 minutes")
      yield* elb.registerInstancesWithLoadBalancer({
        LoadBalancerName: "demo-apiserver",
        Instances: [{ InstanceId: controlPlane }]
      })
      yield* Effect.sleep("10 minutes")
      return { vpc, subnets, controlPlane, workers, stranger, foreign }
    })
  )
  const caller: Caller = { account: aws.accountId, arn: "arn:aws:iam::123456789012:user/capstan", region }
  /** Runs a drill as a process of its own. What it came to, or `killed`. */
  const drill = (
    plan: Plan,
    intervene?: (call: InterceptedCall) => Intervention,
    as = caller,
    seed = 0
  ): DrillReport | "killed" | { readonly failed: unknown } => {
    let outcome: DrillReport | "killed" | { readonly failed: unknown } = "killed"
    const group = kernel.process(`runner-${kernel.now()}`)
    kernel.intervene = (call) =>
      call.process === group.name && intervene !== undefined ? intervene(call) : { _tag: "None" }
    group.start(
      Effect.match(Effect.provide(runDrill({ plan, caller: as, seed }), layer), {
        onSuccess: (report) => void (outcome = report),
        onFailure: (failed) => void (outcome = { failed })
      })
    )
    kernel.run({ until: () => !group.alive })
    kernel.intervene = undefined
    return outcome
  }
  const janitor = (options: { readonly tagsOnly?: boolean; readonly dryRun?: boolean } = {}): ReadonlyArray<Swept> =>
    run(sweep({ caller, now: true, dryRun: false, tagsOnly: false, ...options }))
  /** The janitor as a process of its own, which may be killed. */
  const janitorProcess = (intervene: (call: InterceptedCall) => Intervention): void => {
    const group = kernel.process(`janitor-${kernel.now()}`)
    kernel.intervene = (call) => (call.process === group.name ? intervene(call) : { _tag: "None" })
    const sweeping = sweep({ caller, now: true, dryRun: false, tagsOnly: false })
    group.start(Effect.asVoid(Effect.orDie(Effect.provide(sweeping, layer))))
    kernel.run({ until: () => !group.alive })
    kernel.intervene = undefined
  }
  return {
    kernel,
    aws,
    caller,
    janitorProcess,
    ...places,
    run,
    drill,
    janitor,
    disk: () => disk,
    setDisk: (text: string) => void (disk = text),
    loseDisk: () => void (disk = ""),
    /** Somebody takes the drill's tags off instances and subnets. */
    loseMarks: () => {
      for (const { id, tags } of [...aws.view().instances, ...aws.view().subnets]) {
        const marks = [drillTags.stopped, drillTags.network, drillTags.deregistered]
        const Tags = marks.filter((key) => tags[key] !== undefined).map((Key) => ({ Key }))
        if (Tags.length > 0) aws.outOfBand("ec2", "DeleteTags", { Resources: [id], Tags })
      }
    },
    wait: (duration: `${number} minutes`) => run(Effect.sleep(duration))
  }
}

/** What of an account a drill must leave as it was: states, tags, who guards which subnet, who stands behind which load balancer. */
export const imprint = (view: AccountView): unknown => ({
  instances: view.instances.map(({ id, reachable, state, tags }) => ({ id, reachable, state, tags })),
  subnets: view.subnets.map(({ id, tags }) => ({ id, tags })),
  vpcs: view.vpcs.map(({ id, tags }) => ({ id, tags })),
  acls: view.networkAcls.map(({ associations, entries, id, tags }) => ({
    id,
    tags,
    entries,
    subnets: associations.map(({ subnetId }) => subnetId).sort()
  })),
  loadBalancers: view.loadBalancers.map(({ id, tags, targets }) => ({
    id,
    tags,
    instances: targets.map(({ instanceId }) => instanceId).sort()
  }))
})

const document = (steps: string, guardrails: string): string => `
apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: drill }
spec:
  given: { manifests: [] }
  let:
    vms: { resource: aws.ec2.instance, cluster: ${cluster} }
    workers: { resource: aws.ec2.instance, cluster: ${cluster}, role: worker }
    cps: { resource: aws.ec2.instance, cluster: ${cluster}, role: control-plane }
  steps:
${steps.replace(/^/gm, "    ")}
  expect: []
${guardrails}
`

export const guardrails = `
  guardrails:
    aws:
      accounts: ["123456789012"]
      regions: [${region}]
      clusters: [${cluster}]
      maxTargets: 5
      maxDuration: 30m
`

/** A plan of these steps; throws what is wrong with it. */
export const aPlan = (steps: string, rails = guardrails): Plan => {
  const { diagnostics, plans } = loadScenarios({
    file: "drill.yaml",
    text: document(steps, rails),
    manifests: { read: () => undefined },
    kinds: simulatedKinds
  })
  const [plan] = plans
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"))
  return plan
}
