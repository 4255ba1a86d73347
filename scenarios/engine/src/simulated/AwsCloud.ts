/**
 * The simulated AWS account as the engine's cloud, with the AWS provider's controllers on it.
 *
 * What a cluster takes for granted is seeded (images, key pairs, instance profiles), and a few resources of a stranger
 * stand in the same account, which nobody may touch.
 */
import { awsError, type AwsServiceName } from "@capstan/aws"
import { AWSCluster, AWSMachine, awsKinds, awsProvider } from "@capstan/infrastructure-aws"
import type { Kernel } from "@capstan/kernel"
import { type Controller, infrastructureControllers } from "@capstan/runtime"
import { capaImage, capaInstanceProfiles, type InstanceView, SimulatedAws } from "@capstan/simulator-aws"
import { Effect, Result } from "effect"
import type { CloudInstance, CloudResource } from "../invariants/Invariant.ts"
import { clusterOf, roleOf, type Tags } from "./AwsOwnership.ts"
import { hourlyDollars } from "./AwsPrices.ts"
import type { ManagerServices, SimulatedCloud } from "./SimulatedCloud.ts"

const toInstance = (instance: InstanceView): CloudInstance => ({
  id: instance.id,
  state: instance.state,
  zone: instance.zone,
  providerId: instance.providerId,
  cluster: clusterOf(instance.tags),
  ownerUid: instance.clientToken,
  name: instance.tags["Name"] ?? "",
  role: roleOf(instance.tags),
  createdMillis: instance.createdAt
})

/** What a stranger's hand could change of a record; what becomes of it by itself (visibility, counters, states, health) is no part of it. */
const digestOf = (record: object): string => {
  const {
    visibleByFilter: _f,
    visibleById: _i,
    cursor: _c,
    state: _s,
    targets: _t,
    ...rest
  } = record as { readonly [key: string]: unknown }
  return JSON.stringify(rest)
}

interface Recorded {
  readonly id: string
  readonly tags: Tags
  readonly createdAt: number
}

/** A list is mapped once for as long as it is the same list. */
const mapOnce = <A extends object, B>(map: (list: ReadonlyArray<A>) => ReadonlyArray<B>) => {
  let last: ReadonlyArray<A> | undefined
  let mapped: ReadonlyArray<B> = []
  return (list: ReadonlyArray<A>): ReadonlyArray<B> => {
    if (list !== last) {
      last = list
      mapped = map(list)
    }
    return mapped
  }
}

const listed = <A extends Recorded>(type: string, counts: (record: A) => boolean = () => true) =>
  mapOnce<A, CloudResource>((records) =>
    records.filter(counts).map((record) => ({
      type,
      id: record.id,
      cluster: clusterOf(record.tags),
      createdMillis: record.createdAt,
      digest: clusterOf(record.tags) === undefined ? digestOf(record) : ""
    }))
  )

export interface AwsCloudOptions {
  readonly region: string
  readonly quotas: { readonly [name: string]: number } | undefined
  /** Kubernetes versions that there are images for; empty for none. */
  readonly imageVersions: ReadonlyArray<string>
  readonly keyPairs: ReadonlyArray<string>
  readonly instanceProfiles: boolean
}

/** What belongs to somebody else: a network, an address and a secret, none of which needs another to be there first. */
const seedStrangers = (account: SimulatedAws): void => {
  const tags = [
    { Key: "Name", Value: "somebody-elses" },
    { Key: "owner", Value: "finance" }
  ]
  const seeded = [
    account.outOfBand("ec2", "CreateVpc", {
      CidrBlock: "172.31.0.0/16",
      TagSpecifications: [{ ResourceType: "vpc", Tags: tags }]
    }),
    account.outOfBand("ec2", "AllocateAddress", {
      Domain: "vpc",
      TagSpecifications: [{ ResourceType: "elastic-ip", Tags: tags }]
    }),
    account.outOfBand("secretsmanager", "CreateSecret", { Name: "somebody-elses", SecretString: "theirs", Tags: tags })
  ]
  for (const result of seeded) {
    if (Result.isFailure(result)) throw new Error(`seeding the account failed: ${result.failure.message}`)
  }
}

export const makeAwsCloud = (kernel: Kernel, options: AwsCloudOptions): SimulatedCloud => {
  const images = options.imageVersions.map((version, index) =>
    capaImage({ id: `ami-${String(index + 1).padStart(17, "0")}`, version })
  )
  const imageNames = new Map(images.map((image) => [image.id, image.name]))
  const account = new SimulatedAws(kernel, {
    region: options.region,
    ...(options.quotas === undefined ? {} : { quotas: options.quotas }),
    seeds: {
      images,
      keyPairs: options.keyPairs,
      instanceProfiles: options.instanceProfiles ? capaInstanceProfiles : []
    }
  })
  seedStrangers(account)

  const instances = mapOnce((list: ReadonlyArray<InstanceView>) => list.map(toInstance))
  const kinds = {
    vpcs: listed("VPC"),
    subnets: listed("subnet"),
    internetGateways: listed("internet gateway"),
    natGateways: listed<Recorded & { readonly state: string }>(
      "NAT gateway",
      (gateway) => gateway.state !== "deleted" && gateway.state !== "failed"
    ),
    addresses: listed("Elastic IP address"),
    // A VPC's main route table and default security group come and go with it.
    routeTables: listed<Recorded & { readonly associations: ReadonlyArray<{ readonly subnetId: string | undefined }> }>(
      "route table",
      (table) => table.associations.every((association) => association.subnetId !== undefined)
    ),
    securityGroups: listed<Recorded & { readonly name: string }>("security group", (group) => group.name !== "default"),
    networkAcls: listed<Recorded & { readonly isDefault: boolean }>("network ACL", (acl) => !acl.isDefault),
    loadBalancers: listed("load balancer"),
    secrets: listed<Recorded & { readonly deleting: boolean }>("secret", (secret) => !secret.deleting),
    instances: mapOnce((list: ReadonlyArray<InstanceView>) =>
      list
        .filter((instance) => instance.state !== "terminated")
        .map((instance): CloudResource => ({
          type: "instance",
          id: instance.id,
          cluster: clusterOf(instance.tags),
          createdMillis: instance.createdAt,
          digest: clusterOf(instance.tags) === undefined ? JSON.stringify([instance.state, instance.tags]) : ""
        }))
    )
  }
  const resources = (): ReadonlyArray<CloudResource> => {
    const view = account.view()
    return [
      kinds.instances(view.instances),
      kinds.loadBalancers(view.loadBalancers),
      kinds.natGateways(view.natGateways),
      kinds.addresses(view.addresses),
      kinds.securityGroups(view.securityGroups),
      kinds.networkAcls(view.networkAcls),
      kinds.routeTables(view.routeTables),
      kinds.internetGateways(view.internetGateways),
      kinds.subnets(view.subnets),
      kinds.vpcs(view.vpcs),
      kinds.secrets(view.secrets)
    ].flat()
  }

  return {
    kinds: awsKinds,
    machineKind: AWSMachine,
    clusterKind: AWSCluster,
    account,
    ports: {
      instances: account.instances,
      endpoints: {
        resolve: (host) => account.resolve(host),
        readSecret: (name) => account.readSecret(name),
        reachesInternet: (instance) => account.reachesInternet(instance)
      },
      imageName: (imageId) => imageNames.get(imageId),
      setServes: (serves) => account.setServes(serves),
      healthChanged: (instance) => account.healthChanged(instance)
    },
    controllers: Effect.map(awsProvider, (provider): ReadonlyArray<Controller<ManagerServices>> =>
      infrastructureControllers(provider)
    ).pipe(Effect.provide(account.layer)),
    instances: () => instances(account.instances.list()),
    resources,
    zones: account.view().zones.map((zone) => zone.id),
    terminate: (id) => void account.terminateInstance(id),
    stop: (id) => void account.stopInstance(id),
    start: (id) => void account.startInstance(id),
    reboot: (id) => void account.rebootInstance(id),
    loadBalancersWith: (id) => {
      const { instances: all, loadBalancers } = account.view()
      const cluster = clusterOf(all.find((each) => each.id === id)?.tags ?? {})
      const behind = loadBalancers.filter(
        ({ tags, targets }) =>
          cluster !== undefined && clusterOf(tags) === cluster && targets.some(({ instanceId }) => instanceId === id)
      )
      return behind.map((balancer) => balancer.id)
    },
    deregister: (id, LoadBalancerName) => {
      const request = { LoadBalancerName, Instances: [{ InstanceId: id }] }
      account.outOfBand("elb", "DeregisterInstancesFromLoadBalancer", request)
    },
    register: (id, LoadBalancerName) => {
      const request = { LoadBalancerName, Instances: [{ InstanceId: id }] }
      account.outOfBand("elb", "RegisterInstancesWithLoadBalancer", request)
    },
    hang: (id, hung) => void account.hangInstance(id, hung),
    setZone: (zone, change) => account.setZone(zone, change),
    loadBalancerOf: (cluster) => account.view().loadBalancers.find(({ tags }) => clusterOf(tags) === cluster)?.id,
    deleteLoadBalancer: (LoadBalancerName) => {
      account.outOfBand("elb", "DeleteLoadBalancer", { LoadBalancerName })
    },
    calls: () => account.calls(),
    hourlyDollars: () => {
      const { addresses, instances: all, loadBalancers, natGateways } = account.view()
      const owned = ({ tags }: { readonly tags: Tags }): boolean => clusterOf(tags) !== undefined
      return hourlyDollars({
        addresses: addresses.filter(owned),
        instances: all.filter(owned),
        loadBalancers: loadBalancers.filter(owned),
        natGateways: natGateways.filter(owned)
      })
    },
    refusal: (service, operation, code) =>
      awsError(service as AwsServiceName, operation, code, `the scenario makes ${operation} fail`, 400, "scenario"),
    changeEvents: ["aws", "aws.state"]
  }
}
