/**
 * The records that an account consists of: frozen plain data, in our own words, times in virtual epoch milliseconds.
 *
 * AWS's shapes are made from these when somebody asks. What follows from other records (a subnet's free addresses, a
 * security group's users) is not kept here.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Types.html
 */
import type { InstanceState, NatGatewayState, NetworkState, TargetState } from "./Lifecycle.ts"

export type Tags = { readonly [key: string]: string }

export interface Resource {
  readonly id: string
  readonly tags: Tags
  readonly createdAt: number
  /** From when a lookup by id finds it. */
  readonly visibleById: number
  /** From when a lookup by filter finds it; never before `visibleById`. */
  readonly visibleByFilter: number
}

export interface Vpc extends Resource {
  readonly state: NetworkState
  readonly cidr: string
  readonly dnsSupport: boolean
  readonly dnsHostnames: boolean
  readonly tenancy: string
}

export interface Subnet extends Resource {
  readonly state: NetworkState
  readonly vpcId: string
  readonly zone: string
  readonly cidr: string
  readonly mapPublicIpOnLaunch: boolean
  readonly hostnameType: "ip-name" | "resource-name"
  /** Where the search for a free address begins. */
  readonly cursor: number
}

export interface InternetGateway extends Resource {
  readonly vpcId: string | undefined
}

export interface Address extends Resource {
  readonly publicIp: string
  readonly associationId: string | undefined
  readonly interfaceId: string | undefined
  readonly privateIp: string | undefined
}

export interface NatGateway extends Resource {
  readonly state: NatGatewayState
  readonly vpcId: string
  readonly subnetId: string
  readonly zone: string
  readonly connectivity: "public" | "private"
  readonly allocationId: string | undefined
  readonly publicIp: string | undefined
  readonly privateIp: string | undefined
  readonly interfaceId: string | undefined
  readonly failureCode: string | undefined
  readonly failureMessage: string | undefined
  readonly deletedAt: number | undefined
}

export interface Route {
  readonly destination: string
  readonly target: { readonly kind: "local" | "gateway" | "nat" | "instance" | "interface"; readonly id: string }
  readonly origin: "CreateRouteTable" | "CreateRoute"
}

export interface RouteTableAssociation {
  readonly id: string
  /** Absent for the main association of a VPC. */
  readonly subnetId: string | undefined
}

export interface RouteTable extends Resource {
  readonly vpcId: string
  readonly routes: ReadonlyArray<Route>
  readonly associations: ReadonlyArray<RouteTableAssociation>
}

/** A numbered rule of a network ACL. The lowest number that matches decides. */
export interface NetworkAclEntry {
  readonly number: number
  readonly egress: boolean
  /** `-1` for all. */
  readonly protocol: string
  readonly action: "allow" | "deny"
  readonly cidr: string
  readonly ports: { readonly from: number; readonly to: number } | undefined
}

export interface NetworkAclAssociation {
  readonly id: string
  readonly subnetId: string
}

export interface NetworkAcl extends Resource {
  readonly vpcId: string
  readonly isDefault: boolean
  readonly entries: ReadonlyArray<NetworkAclEntry>
  readonly associations: ReadonlyArray<NetworkAclAssociation>
}

/** One permission with exactly one source. */
export interface SecurityGroupRule {
  readonly protocol: string
  readonly fromPort: number | undefined
  readonly toPort: number | undefined
  readonly source:
    | { readonly kind: "cidr" | "cidr6" | "prefix"; readonly value: string }
    | { readonly kind: "group"; readonly value: string }
  readonly description: string | undefined
}

export interface SecurityGroup extends Resource {
  readonly vpcId: string
  readonly name: string
  readonly description: string
  readonly ingress: ReadonlyArray<SecurityGroupRule>
  readonly egress: ReadonlyArray<SecurityGroupRule>
}

export interface NetworkInterface extends Resource {
  readonly vpcId: string
  readonly subnetId: string
  readonly zone: string
  readonly description: string
  readonly kind: "interface" | "nat_gateway" | "load_balancer"
  /** The service that owns it, for interfaces that no caller may touch. */
  readonly requester: string | undefined
  readonly securityGroupIds: ReadonlyArray<string>
  readonly privateIp: string
  readonly privateDnsName: string
  readonly publicIp: string | undefined
  readonly instanceId: string | undefined
  readonly attachmentId: string | undefined
  readonly deviceIndex: number
  readonly deleteOnTermination: boolean
}

export interface Volume extends Resource {
  readonly instanceId: string
  readonly deviceName: string
  readonly sizeGiB: number
  readonly volumeType: string
  readonly encrypted: boolean
}

export interface Instance extends Resource {
  readonly state: InstanceState
  readonly reservationId: string
  readonly clientToken: string | undefined
  readonly imageId: string
  readonly instanceType: string
  readonly architecture: string
  readonly keyName: string | undefined
  readonly iamInstanceProfile: string | undefined
  /** Base64, as it was sent. */
  readonly userData: string | undefined
  readonly vpcId: string
  readonly subnetId: string
  readonly zone: string
  readonly privateIp: string
  readonly privateDnsName: string
  readonly publicIp: string | undefined
  /** Whether a public address is given anew with every start. */
  readonly autoPublicIp: boolean
  readonly interfaceIds: ReadonlyArray<string>
  readonly volumeIds: ReadonlyArray<string>
  readonly rootDeviceName: string
  readonly metadataOptions: { readonly [option: string]: string | number }
  readonly launchedAt: number
  /** Counts the times the machine began to boot; 1 after the launch. */
  readonly bootGeneration: number
  /** False while the zone has no power and until the host is back. */
  readonly powered: boolean
  /** The operating system answers nobody, though EC2 says `running`. */
  readonly hung: boolean
  /** When it stopped answering; what status checks go by. */
  readonly failedAt: number | undefined
  /** From when status checks have an answer. */
  readonly checkedAt: number
  readonly stateReason: { readonly code: string; readonly message: string } | undefined
  readonly transitionReason: string
}

export interface HealthCheck {
  readonly target: string
  readonly intervalSeconds: number
  readonly timeoutSeconds: number
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
}

export interface Listener {
  readonly protocol: string
  readonly port: number
  readonly instanceProtocol: string
  readonly instancePort: number
}

export interface Target {
  readonly instanceId: string
  readonly state: TargetState
  readonly reason: "ELB" | "Instance" | "N/A"
  readonly description: string
  /** From when health checks are made. */
  readonly checkedFrom: number
  /** The move that the checks now under way will bring about, and the number of the timer that stands for them. */
  readonly pending: { readonly event: "passed" | "failed"; readonly token: number } | undefined
}

/** Its id is its name. */
export interface LoadBalancer extends Resource {
  readonly dnsName: string
  readonly scheme: "internet-facing" | "internal"
  readonly vpcId: string
  readonly subnetIds: ReadonlyArray<string>
  readonly zones: ReadonlyArray<string>
  readonly securityGroupIds: ReadonlyArray<string>
  readonly listeners: ReadonlyArray<Listener>
  readonly healthCheck: HealthCheck
  readonly crossZone: boolean
  readonly idleTimeoutSeconds: number
  readonly connectionDraining: { readonly enabled: boolean; readonly timeoutSeconds: number }
  readonly targets: ReadonlyArray<Target>
  readonly interfaceIds: ReadonlyArray<string>
  /** From when its DNS name resolves. */
  readonly resolvesAt: number
}

/** Its id is its name. */
export interface Secret extends Resource {
  readonly arn: string
  readonly requestToken: string | undefined
  readonly text: string | undefined
  /** Base64 of the bytes. */
  readonly binary: string | undefined
  readonly description: string | undefined
  /** Set once deletion was asked for. */
  readonly deletedAt: number | undefined
  /** When the name is free again. */
  readonly purgedAt: number | undefined
}

/** What a client token was first used for. Its id is operation, scope and token. */
export interface ClientTokenUse {
  readonly id: string
  readonly fingerprint: string
  readonly resourceIds: ReadonlyArray<string>
}

/** Its id is the zone's name. */
export interface ZoneCondition {
  readonly id: string
  readonly power: boolean
  readonly network: boolean
  readonly capacity: boolean
}

/** How many more instances of a type a zone can take. Its id is `zone/type`. */
export interface CapacityPool {
  readonly id: string
  readonly left: number
}
