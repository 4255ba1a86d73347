/**
 * Acts on single instances: terminate, stop, reboot, and out of the load balancers.
 *
 * At the moment of the act the instance is looked up once more: it must be owned, carry the tags that the guardrails ask for, and
 * be in the state that makes sense.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html
 */
import { type AwsError, Ec2, Elb } from "@capstan/aws"
import { Effect } from "effect"
import { describeInstances, type Estate, filter, type OwnedInstance } from "../account/Estate.ts"
import { drillTags, ownershipTag, type TagMap, toTagMap } from "../DrillTags.ts"
import { type Act, nothingToUndo } from "./Act.ts"

/** Why an instance may not be hit now. */
const instanceObjection = (
  { cluster, id }: OwnedInstance,
  requireTags: TagMap,
  states: ReadonlyArray<string>
): Effect.Effect<string | undefined, AwsError, Ec2> =>
  Effect.map(describeInstances(filter("instance-id", id)), ([instance]) => {
    if (instance === undefined) return `${id} is not there any more`
    const missing = missingTag(toTagMap(instance.Tags), cluster, requireTags)
    if (missing !== undefined) return `${id} ${missing}`
    const state = instance.State?.Name ?? "unknown"
    return states.includes(state) ? undefined : `${id} is ${state}, not ${states.join(" or ")}`
  })

/** `does not carry the tag …`; `undefined` when ownership and all that is required are there. */
export const missingTag = (tags: TagMap, cluster: string, requireTags: TagMap): string | undefined => {
  if (tags[ownershipTag(cluster)] !== "owned") return `is not tagged as owned by cluster '${cluster}'`
  const missing = Object.keys(requireTags).find((key) => tags[key] !== requireTags[key])
  return missing === undefined ? undefined : `does not carry the tag ${missing}=${requireTags[missing]}`
}

const actOn = (
  instance: OwnedInstance,
  requireTags: TagMap,
  states: ReadonlyArray<string>
): Pick<Act, "target" | "kind" | "cluster" | "zone" | "instances" | "objection"> => ({
  target: instance.id,
  kind: "instance",
  cluster: instance.cluster,
  zone: instance.zone,
  instances: [instance.id],
  objection: instanceObjection(instance, requireTags, states)
})

export const terminateAct = (instance: OwnedInstance, requireTags: TagMap): Act => ({
  ...actOn(instance, requireTags, ["pending", "running", "stopping", "stopped"]),
  what: `terminate ${instance.id}`,
  calls: ["ec2.TerminateInstances"],
  undo: nothingToUndo(instance.id, "a terminated instance does not come back; its controller makes another"),
  mark: undefined,
  perform: () =>
    Effect.gen(function* () {
      const ec2 = yield* Ec2
      yield* ec2.terminateInstances({ InstanceIds: [instance.id] })
    })
})

export const rebootAct = (instance: OwnedInstance, requireTags: TagMap): Act => ({
  ...actOn(instance, requireTags, ["running"]),
  what: `reboot ${instance.id}`,
  calls: ["ec2.RebootInstances"],
  undo: nothingToUndo(instance.id, "a reboot is over by itself"),
  mark: undefined,
  perform: () =>
    Effect.gen(function* () {
      const ec2 = yield* Ec2
      yield* ec2.rebootInstances({ InstanceIds: [instance.id] })
    })
})

export const stopAct = (instance: OwnedInstance, requireTags: TagMap): Act => ({
  ...actOn(instance, requireTags, ["running"]),
  what: `stop ${instance.id} by force`,
  calls: ["ec2.CreateTags", "ec2.StopInstances"],
  undo: { _tag: "StartInstance", instance: instance.id },
  mark: { resource: instance.id, key: drillTags.stopped, values: [] },
  perform: () =>
    Effect.gen(function* () {
      const ec2 = yield* Ec2
      yield* ec2.stopInstances({ InstanceIds: [instance.id], Force: true })
    })
})

/** Out of all load balancers of its cluster that it is behind; `undefined` when it is behind none. */
export const deregisterAct = (instance: OwnedInstance, estate: Estate, requireTags: TagMap): Act | undefined => {
  const loadBalancers = estate.loadBalancers
    .filter((balancer) => balancer.cluster === instance.cluster && balancer.instances.includes(instance.id))
    .map(({ name }) => name)
  if (loadBalancers.length === 0) return undefined
  return {
    ...actOn(instance, requireTags, ["pending", "running"]),
    what: `take ${instance.id} out of ${loadBalancers.join(", ")}`,
    calls: ["ec2.CreateTags", "elb.DeregisterInstancesFromLoadBalancer"],
    undo: { _tag: "RegisterInstance", instance: instance.id, loadBalancers },
    mark: { resource: instance.id, key: drillTags.deregistered, values: loadBalancers },
    perform: () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        for (const LoadBalancerName of loadBalancers) {
          const Instances = [{ InstanceId: instance.id }]
          yield* elb.deregisterInstancesFromLoadBalancer({ LoadBalancerName, Instances })
        }
      })
  }
}
