/**
 * Classic load balancers: names, listeners, attributes, the interfaces in their subnets, the instances behind them.
 *
 * The name answers at once and resolves later; after a deletion the name is free at once, while the interfaces stay in
 * their subnets for minutes and hold up the deletion of subnets and security groups.
 * Left out: HTTPS listeners and certificates, policies, access logs, EC2-Classic.
 *
 * @fidelity documented https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html — Unique names; the same request again succeeds, another one is `DuplicateLoadBalancerName`.
 * @fidelity documented https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeleteLoadBalancer.html — Deleting an absent load balancer succeeds.
 * @fidelity observed — Interfaces linger one to five minutes after a deletion.
 * @fidelity observed — A new name resolves after half a minute or more.
 * @fidelity assumed — One interface a subnet, for as long as the load balancer has the subnet; deregistering an instance that is not registered succeeds.
 * @source https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/introduction.html
 */
import type { ElbOperations, ElbShapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { byVpc } from "../Indexes.ts"
import { createInterface, newPublicIp, removeInterface, requireSecurityGroups } from "../ec2/NetworkInterfaces.ts"
import { type Handlers, remembered } from "../Handler.ts"
import { dnsDigits } from "../Identifiers.ts"
import { given, Refusal, refuse } from "../Refusal.ts"
import type { HealthCheck, Listener, LoadBalancer, Subnet } from "../Resources.ts"
import { absentLoadBalancer } from "./Absent.ts"
import { reconsider, registered } from "./HealthChecks.ts"
import { loadBalancerTags } from "./LoadBalancerTags.ts"

export const requireLoadBalancer = (account: Account, name: string | undefined): LoadBalancer =>
  account.require(account.tables.loadBalancers, given(name, "LoadBalancerName"), absentLoadBalancer)

const shape = remembered((balancer: LoadBalancer): ElbShapes.LoadBalancerDescription => ({
  LoadBalancerName: balancer.id,
  DNSName: balancer.dnsName,
  CanonicalHostedZoneName: balancer.dnsName,
  Scheme: balancer.scheme,
  VPCId: balancer.vpcId,
  AvailabilityZones: [...balancer.zones],
  Subnets: [...balancer.subnetIds],
  SecurityGroups: [...balancer.securityGroupIds],
  CreatedTime: new Date(balancer.createdAt),
  HealthCheck: healthCheckShape(balancer.healthCheck),
  Instances: balancer.targets.map((target) => ({ InstanceId: target.instanceId })),
  ListenerDescriptions: balancer.listeners.map((listener) => ({
    Listener: {
      Protocol: listener.protocol,
      LoadBalancerPort: listener.port,
      InstanceProtocol: listener.instanceProtocol,
      InstancePort: listener.instancePort
    },
    PolicyNames: []
  })),
  BackendServerDescriptions: [],
  Policies: { AppCookieStickinessPolicies: [], LBCookieStickinessPolicies: [], OtherPolicies: [] }
}))

const healthCheckShape = (check: HealthCheck): ElbShapes.HealthCheck => ({
  Target: check.target,
  Interval: check.intervalSeconds,
  Timeout: check.timeoutSeconds,
  HealthyThreshold: check.healthyThreshold,
  UnhealthyThreshold: check.unhealthyThreshold
})

const protocols: ReadonlySet<string> = new Set(["TCP", "SSL", "HTTP"])

const listenerFrom = (listener: ElbShapes.Listener): Listener => {
  const protocol = given(listener.Protocol, "Listeners.member.1.Protocol").toUpperCase()
  if (!protocols.has(protocol)) throw refuse("ValidationError", `Invalid Protocol: ${protocol}`)
  const instanceProtocol = (listener.InstanceProtocol ?? protocol).toUpperCase()
  return {
    protocol,
    port: given(listener.LoadBalancerPort, "Listeners.member.1.LoadBalancerPort"),
    instanceProtocol,
    instancePort: given(listener.InstancePort, "Listeners.member.1.InstancePort")
  }
}

/** The subnets by id, one for each zone, all in one VPC. */
const subnetsFrom = (account: Account, ids: ReadonlyArray<string>): ReadonlyArray<Subnet> => {
  const subnets = ids.map((id) => {
    const subnet = account.tables.subnets.get(id)
    if (subnet === undefined || !account.seesById(subnet)) {
      throw refuse("SubnetNotFound", `Unable to find subnet [${id}]`)
    }
    return subnet
  })
  const zones = new Set(subnets.map((subnet) => subnet.zone))
  const vpcs = new Set(subnets.map((subnet) => subnet.vpcId))
  if (zones.size < subnets.length) {
    throw refuse(
      "InvalidConfigurationRequest",
      "A load balancer can be attached to one subnet per Availability Zone only"
    )
  }
  if (vpcs.size > 1) throw refuse("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
  return subnets
}

const requireGroups = (account: Account, vpcId: string, ids: ReadonlyArray<string>): ReadonlyArray<string> => {
  try {
    return requireSecurityGroups(account, vpcId, ids)
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal
    throw refuse("InvalidSecurityGroup", "One or more of the specified security groups do not exist.")
  }
}

const create = (account: Account, input: ElbShapes.CreateAccessPointInput): LoadBalancer => {
  const { loadBalancers } = account.tables
  const name = given(input.LoadBalancerName, "LoadBalancerName")
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(name)) {
    throw refuse(
      "ValidationError",
      "LoadBalancer name must contain only alphanumeric characters or hyphens, must not begin or end with a hyphen, and must be 32 characters or less"
    )
  }
  const listeners = given(input.Listeners, "Listeners").map(listenerFrom)
  const subnets = subnetsFrom(account, given(input.Subnets, "Subnets"))
  const vpcId = given(subnets[0], "Subnets").vpcId
  const securityGroupIds = requireGroups(account, vpcId, input.SecurityGroups ?? [])
  const scheme = input.Scheme ?? "internet-facing"
  if (scheme !== "internet-facing" && scheme !== "internal") throw refuse("InvalidScheme", `Invalid scheme '${scheme}'`)
  const existing = loadBalancers.get(name)
  if (existing !== undefined) return requireSame(existing, listeners, subnets, securityGroupIds, scheme)

  const { internetGateways } = account.tables
  if (scheme === "internet-facing" && internetGateways.countHaving(byVpc, vpcId) === 0) {
    throw refuse("InvalidSubnet", `VPC ${vpcId} has no internet gateway`)
  }
  account.requireQuota(
    "loadBalancers",
    loadBalancers.size,
    "TooManyLoadBalancers",
    "Maximum load balancer limit reached"
  )
  const tags = loadBalancerTags(account, name, {}, input.Tags)
  const prefix = scheme === "internal" ? "internal-" : ""
  const dnsName = `${prefix}${name}-${dnsDigits(account.nextNumber())}.${account.settings.region}.elb.amazonaws.com`
  return loadBalancers.put({
    ...account.born(name, tags),
    dnsName,
    scheme,
    vpcId,
    subnetIds: subnets.map((subnet) => subnet.id),
    zones: subnets.map((subnet) => subnet.zone),
    securityGroupIds,
    listeners,
    healthCheck: {
      target: `TCP:${listeners[0]?.instancePort ?? 80}`,
      intervalSeconds: 30,
      timeoutSeconds: 5,
      healthyThreshold: 10,
      unhealthyThreshold: 2
    },
    crossZone: false,
    idleTimeoutSeconds: 60,
    connectionDraining: { enabled: false, timeoutSeconds: 300 },
    targets: [],
    interfaceIds: subnets.map((subnet) => newInterface(account, name, subnet, securityGroupIds, scheme)),
    resolvesAt: account.now() + account.duration("loadBalancerResolves")
  })
}

const newInterface = (
  account: Account,
  name: string,
  subnet: Subnet,
  securityGroupIds: ReadonlyArray<string>,
  scheme: LoadBalancer["scheme"]
): string =>
  createInterface(account, {
    subnetId: subnet.id,
    description: `ELB ${name}`,
    kind: "load_balancer",
    requester: "amazon-elb",
    securityGroupIds,
    publicIp: scheme === "internet-facing" ? newPublicIp(account) : undefined
  }).id

const requireSame = (
  existing: LoadBalancer,
  listeners: ReadonlyArray<Listener>,
  subnets: ReadonlyArray<Subnet>,
  groups: ReadonlyArray<string>,
  scheme: string
): LoadBalancer => {
  const configuration = (of: object) => JSON.stringify(of)
  const wanted = { listeners, subnets: subnets.map((subnet) => subnet.id).sort(), groups: [...groups].sort(), scheme }
  const known = {
    listeners: existing.listeners,
    subnets: [...existing.subnetIds].sort(),
    groups: [...existing.securityGroupIds].sort(),
    scheme: existing.scheme
  }
  if (configuration(wanted) === configuration(known)) return existing
  throw refuse(
    "DuplicateLoadBalancerName",
    `The specified LoadBalancer name '${existing.id}' cannot be the same as an existing one with different settings.`
  )
}

/** Takes a load balancer away; its interfaces follow later. */
export const removeLoadBalancer = (account: Account, name: string): void => {
  const balancer = account.tables.loadBalancers.get(name)
  if (balancer === undefined) return
  account.tables.loadBalancers.remove(name)
  account.host.moved("loadbalancer", name, "active", "absent")
  const linger = account.duration("loadBalancerInterfacesGone")
  for (const id of balancer.interfaceIds) account.host.after(linger, { on: "interface", id, event: "gone" })
}

/** What was set out for an interface falls due. */
export const interfaceDue = (account: Account, id: string): void => removeInterface(account, id)

const attach = (account: Account, input: ElbShapes.AttachLoadBalancerToSubnetsInput): LoadBalancer => {
  const balancer = requireLoadBalancer(account, input.LoadBalancerName)
  const added = given(input.Subnets, "Subnets").filter((id) => !balancer.subnetIds.includes(id))
  const subnets = subnetsFrom(account, [...balancer.subnetIds, ...added])
  const interfaces = subnets
    .slice(balancer.subnetIds.length)
    .map((subnet) => newInterface(account, balancer.id, subnet, balancer.securityGroupIds, balancer.scheme))
  const changed = changeLoadBalancer(account, balancer, {
    subnetIds: subnets.map((subnet) => subnet.id),
    zones: subnets.map((subnet) => subnet.zone),
    interfaceIds: [...balancer.interfaceIds, ...interfaces]
  })
  for (const target of changed.targets) reconsider(account, balancer.id, target.instanceId)
  return changed
}

const changeLoadBalancer = (account: Account, balancer: LoadBalancer, fields: Partial<LoadBalancer>): LoadBalancer =>
  account.tables.loadBalancers.change(balancer.id, fields) ?? balancer

const configureHealthCheck = (account: Account, input: ElbShapes.ConfigureHealthCheckInput): HealthCheck => {
  const balancer = requireLoadBalancer(account, input.LoadBalancerName)
  const wanted = given(input.HealthCheck, "HealthCheck")
  const target = given(wanted.Target, "HealthCheck.Target")
  if (!/^(?:(?:TCP|SSL):\d+|HTTPS?:\d+\/.*)$/.test(target)) {
    throw refuse(
      "ValidationError",
      `HealthCheck Target "${target}" must be of the form PROTOCOL:PORT with a path for HTTP and HTTPS`
    )
  }
  const healthCheck: HealthCheck = {
    target,
    intervalSeconds: given(wanted.Interval, "HealthCheck.Interval"),
    timeoutSeconds: given(wanted.Timeout, "HealthCheck.Timeout"),
    healthyThreshold: given(wanted.HealthyThreshold, "HealthCheck.HealthyThreshold"),
    unhealthyThreshold: given(wanted.UnhealthyThreshold, "HealthCheck.UnhealthyThreshold")
  }
  if (healthCheck.timeoutSeconds >= healthCheck.intervalSeconds) {
    throw refuse("ValidationError", "HealthCheck timeout must be less than interval")
  }
  changeLoadBalancer(account, balancer, { healthCheck })
  for (const { instanceId } of balancer.targets) reconsider(account, balancer.id, instanceId)
  return healthCheck
}

const absentInstance = (id: string): Refusal => refuse("InvalidInstance", `Could not find EC2 instance ${id}.`)

const instanceIds = (
  account: Account,
  instances: ReadonlyArray<ElbShapes.Instance> | undefined
): ReadonlyArray<string> =>
  given(instances, "Instances").map((one) => {
    const id = given(one.InstanceId, "Instances.member.1.InstanceId")
    account.require(account.tables.instances, id, absentInstance)
    return id
  })

const register = (account: Account, input: ElbShapes.RegisterEndPointsInput): LoadBalancer => {
  const balancer = requireLoadBalancer(account, input.LoadBalancerName)
  const ids = instanceIds(account, input.Instances)
  for (const id of ids) {
    const instance = account.tables.instances.get(id)
    if (instance?.vpcId !== balancer.vpcId) {
      throw refuse("InvalidInstance", `EC2 instance ${id} is not in the same VPC as ELB.`)
    }
    if (instance.state === "terminated") throw absentInstance(id)
  }
  const added = ids
    .filter((id) => !balancer.targets.some((target) => target.instanceId === id))
    .map((id) => registered(account, id))
  const changed = changeLoadBalancer(account, balancer, { targets: [...balancer.targets, ...added] })
  for (const { instanceId, checkedFrom } of added) {
    account.host.after(checkedFrom - account.now(), {
      on: "target",
      loadBalancer: balancer.id,
      id: instanceId,
      event: "recheck"
    })
  }
  return changed
}

const deregister = (account: Account, input: ElbShapes.DeregisterEndPointsInput): LoadBalancer => {
  const balancer = requireLoadBalancer(account, input.LoadBalancerName)
  const ids = instanceIds(account, input.Instances)
  return changeLoadBalancer(account, balancer, {
    targets: balancer.targets.filter((target) => !ids.includes(target.instanceId))
  })
}

const instanceHealth = (
  account: Account,
  input: ElbShapes.DescribeEndPointStateInput
): Array<ElbShapes.InstanceState> => {
  const balancer = requireLoadBalancer(account, input.LoadBalancerName)
  const wanted =
    input.Instances === undefined || input.Instances.length === 0 ? undefined : instanceIds(account, input.Instances)
  const unknown = wanted?.find((id) => !balancer.targets.some((target) => target.instanceId === id))
  if (unknown !== undefined) throw absentInstance(unknown)
  return balancer.targets
    .filter((target) => wanted === undefined || wanted.includes(target.instanceId))
    .map((target) => ({
      InstanceId: target.instanceId,
      State: target.state,
      ReasonCode: target.reason,
      Description: target.description
    }))
}

const describeBalancers = (
  account: Account,
  input: ElbShapes.DescribeAccessPointsInput
): ElbShapes.DescribeAccessPointsOutput => {
  const names = input.LoadBalancerNames ?? []
  const found =
    names.length > 0
      ? names.map((name) => requireLoadBalancer(account, name))
      : account.tables.loadBalancers.filter((balancer) => account.seesByFilter(balancer))
  const start = Number(input.Marker ?? 0)
  const size = input.PageSize ?? 400
  if (!Number.isSafeInteger(start) || start < 0) throw refuse("ValidationError", "Invalid Marker")
  return {
    LoadBalancerDescriptions: found.slice(start, start + size).map(shape),
    NextMarker: start + size < found.length ? String(start + size) : undefined
  }
}

const attributes = (balancer: LoadBalancer): ElbShapes.LoadBalancerAttributes => ({
  CrossZoneLoadBalancing: { Enabled: balancer.crossZone },
  ConnectionSettings: { IdleTimeout: balancer.idleTimeoutSeconds },
  ConnectionDraining: {
    Enabled: balancer.connectionDraining.enabled,
    Timeout: balancer.connectionDraining.timeoutSeconds
  },
  AccessLog: { Enabled: false },
  AdditionalAttributes: []
})

const modifyAttributes = (account: Account, input: ElbShapes.ModifyLoadBalancerAttributesInput): LoadBalancer => {
  const balancer = requireLoadBalancer(account, input.LoadBalancerName)
  const wanted = given(input.LoadBalancerAttributes, "LoadBalancerAttributes")
  const idle = wanted.ConnectionSettings?.IdleTimeout ?? balancer.idleTimeoutSeconds
  if (idle < 1 || idle > 4000)
    throw refuse("InvalidConfigurationRequest", "IdleTimeout must be between 1 and 4000 seconds")
  return changeLoadBalancer(account, balancer, {
    crossZone: wanted.CrossZoneLoadBalancing?.Enabled ?? balancer.crossZone,
    idleTimeoutSeconds: idle,
    connectionDraining: {
      enabled: wanted.ConnectionDraining?.Enabled ?? balancer.connectionDraining.enabled,
      timeoutSeconds: wanted.ConnectionDraining?.Timeout ?? balancer.connectionDraining.timeoutSeconds
    }
  })
}

const applyGroups = (
  account: Account,
  input: ElbShapes.ApplySecurityGroupsToLoadBalancerInput
): ReadonlyArray<string> => {
  const balancer = requireLoadBalancer(account, input.LoadBalancerName)
  const securityGroupIds = requireGroups(account, balancer.vpcId, given(input.SecurityGroups, "SecurityGroups"))
  changeLoadBalancer(account, balancer, { securityGroupIds })
  for (const id of balancer.interfaceIds) account.tables.networkInterfaces.change(id, { securityGroupIds })
  return securityGroupIds
}

export const loadBalancerOperations: Handlers<
  ElbOperations,
  | "DescribeLoadBalancers"
  | "CreateLoadBalancer"
  | "DeleteLoadBalancer"
  | "ConfigureHealthCheck"
  | "DescribeLoadBalancerAttributes"
  | "ModifyLoadBalancerAttributes"
  | "AttachLoadBalancerToSubnets"
  | "ApplySecurityGroupsToLoadBalancer"
  | "RegisterInstancesWithLoadBalancer"
  | "DeregisterInstancesFromLoadBalancer"
  | "DescribeInstanceHealth"
> = {
  DescribeLoadBalancers: {
    accepts: { LoadBalancerNames: [true], Marker: true, PageSize: true },
    perform: describeBalancers
  },
  CreateLoadBalancer: {
    accepts: {
      LoadBalancerName: true,
      Listeners: [{ Protocol: true, LoadBalancerPort: true, InstanceProtocol: true, InstancePort: true }],
      Subnets: [true],
      SecurityGroups: [true],
      Scheme: true,
      Tags: [{ Key: true, Value: true }]
    },
    perform: (account, input) => ({ DNSName: create(account, input).dnsName })
  },
  DeleteLoadBalancer: {
    accepts: { LoadBalancerName: true },
    perform: (account, input) => {
      removeLoadBalancer(account, given(input.LoadBalancerName, "LoadBalancerName"))
      return {}
    }
  },
  ConfigureHealthCheck: {
    accepts: {
      LoadBalancerName: true,
      HealthCheck: { Target: true, Interval: true, Timeout: true, HealthyThreshold: true, UnhealthyThreshold: true }
    },
    perform: (account, input) => ({ HealthCheck: healthCheckShape(configureHealthCheck(account, input)) })
  },
  DescribeLoadBalancerAttributes: {
    accepts: { LoadBalancerName: true },
    perform: (account, input) => ({
      LoadBalancerAttributes: attributes(requireLoadBalancer(account, input.LoadBalancerName))
    })
  },
  ModifyLoadBalancerAttributes: {
    accepts: {
      LoadBalancerName: true,
      LoadBalancerAttributes: {
        CrossZoneLoadBalancing: { Enabled: true },
        ConnectionSettings: { IdleTimeout: true },
        ConnectionDraining: { Enabled: true, Timeout: true }
      }
    },
    perform: (account, input) => {
      const balancer = modifyAttributes(account, input)
      return { LoadBalancerName: balancer.id, LoadBalancerAttributes: attributes(balancer) }
    }
  },
  AttachLoadBalancerToSubnets: {
    accepts: { LoadBalancerName: true, Subnets: [true] },
    perform: (account, input) => ({ Subnets: [...attach(account, input).subnetIds] })
  },
  ApplySecurityGroupsToLoadBalancer: {
    accepts: { LoadBalancerName: true, SecurityGroups: [true] },
    perform: (account, input) => ({ SecurityGroups: [...applyGroups(account, input)] })
  },
  RegisterInstancesWithLoadBalancer: {
    accepts: { LoadBalancerName: true, Instances: [{ InstanceId: true }] },
    perform: (account, input) => ({ Instances: [...(shape(register(account, input)).Instances ?? [])] })
  },
  DeregisterInstancesFromLoadBalancer: {
    accepts: { LoadBalancerName: true, Instances: [{ InstanceId: true }] },
    perform: (account, input) => ({ Instances: [...(shape(deregister(account, input)).Instances ?? [])] })
  },
  DescribeInstanceHealth: {
    accepts: { LoadBalancerName: true, Instances: [{ InstanceId: true }] },
    perform: (account, input) => ({ InstanceStates: instanceHealth(account, input) })
  }
}
