/**
 * Who calls what: for every operation of the AWS waist, whether controllers, drills or the preflight call it.
 *
 * The table has a row for each operation, or it does not compile; a test holds its columns against the calls in the sources.
 *
 * @source libs/contracts/aws/src/Ec2.ts
 */
import type {
  AwsServiceName,
  Ec2Operations,
  ElbOperations,
  IamOperations,
  SecretsManagerOperations,
  StsOperations
} from "@capstan/aws"

export type Audience = "controllers" | "drills" | "preflight"
type Uses<Operations> = { readonly [K in keyof Operations]: ReadonlyArray<Audience> }

const controllers = ["controllers"] as const
const drills = ["drills"] as const
const preflight = ["preflight"] as const
const both = ["controllers", "drills"] as const
const all = ["controllers", "drills", "preflight"] as const
const nobody = [] as const

const ec2: Uses<Ec2Operations> = {
  DescribeVpcs: all,
  CreateVpc: ["controllers", "preflight"],
  DeleteVpc: controllers,
  DescribeVpcAttribute: controllers,
  ModifyVpcAttribute: controllers,
  DescribeDhcpOptions: nobody,
  DescribeAvailabilityZones: ["controllers", "preflight"],
  DescribeSubnets: both,
  CreateSubnet: controllers,
  ModifySubnetAttribute: controllers,
  DeleteSubnet: controllers,
  DescribeInternetGateways: both,
  CreateInternetGateway: ["controllers", "preflight"],
  AttachInternetGateway: controllers,
  DetachInternetGateway: controllers,
  DeleteInternetGateway: controllers,
  DescribeAddresses: all,
  AllocateAddress: ["controllers", "preflight"],
  DisassociateAddress: controllers,
  ReleaseAddress: controllers,
  DescribeNatGateways: both,
  CreateNatGateway: controllers,
  DeleteNatGateway: controllers,
  DescribeRouteTables: both,
  CreateRouteTable: controllers,
  DeleteRouteTable: controllers,
  CreateRoute: controllers,
  ReplaceRoute: controllers,
  AssociateRouteTable: controllers,
  DisassociateRouteTable: controllers,
  DescribeSecurityGroups: both,
  CreateSecurityGroup: controllers,
  AuthorizeSecurityGroupIngress: controllers,
  RevokeSecurityGroupIngress: controllers,
  RevokeSecurityGroupEgress: nobody,
  DeleteSecurityGroup: controllers,
  CreateTags: both,
  DeleteTags: both,
  DescribeInstances: both,
  RunInstances: controllers,
  TerminateInstances: both,
  StopInstances: ["drills", "preflight"],
  StartInstances: drills,
  RebootInstances: drills,
  DescribeInstanceStatus: nobody,
  ModifyInstanceAttribute: nobody,
  DescribeInstanceTypes: ["controllers", "preflight"],
  DescribeImages: ["controllers", "preflight"],
  DescribeNetworkInterfaces: controllers,
  ModifyNetworkInterfaceAttribute: controllers,
  DescribeNetworkAcls: drills,
  CreateNetworkAcl: drills,
  CreateNetworkAclEntry: drills,
  ReplaceNetworkAclAssociation: drills,
  DeleteNetworkAcl: drills,
  DescribeKeyPairs: preflight,
  DescribeAccountAttributes: preflight
}

const elb: Uses<ElbOperations> = {
  DescribeLoadBalancers: all,
  CreateLoadBalancer: controllers,
  DeleteLoadBalancer: controllers,
  ConfigureHealthCheck: controllers,
  DescribeLoadBalancerAttributes: controllers,
  ModifyLoadBalancerAttributes: controllers,
  AttachLoadBalancerToSubnets: controllers,
  ApplySecurityGroupsToLoadBalancer: controllers,
  AddTags: controllers,
  RemoveTags: nobody,
  DescribeTags: both,
  RegisterInstancesWithLoadBalancer: both,
  DeregisterInstancesFromLoadBalancer: both,
  DescribeInstanceHealth: nobody
}

const secretsmanager: Uses<SecretsManagerOperations> = {
  CreateSecret: controllers,
  DeleteSecret: controllers,
  GetSecretValue: nobody,
  ListSecrets: drills
}

const iam: Uses<IamOperations> = { GetInstanceProfile: preflight }

const sts: Uses<StsOperations> = { GetCallerIdentity: ["drills", "preflight"], AssumeRole: nobody }

export const operationUse: {
  readonly [S in AwsServiceName]: { readonly [operation: string]: ReadonlyArray<Audience> }
} = { ec2, elb, secretsmanager, iam, sts }

/** The operations of a service that an audience calls, in the order of their names. */
export const operationsOf = (service: AwsServiceName, audience: Audience): ReadonlyArray<string> =>
  Object.entries(operationUse[service])
    .filter(([, audiences]) => audiences.includes(audience))
    .map(([operation]) => operation)
    .sort()
