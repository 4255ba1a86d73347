/**
 * The EC2 waist: every EC2 call that Capstan makes, in AWS's own shapes.
 *
 * The live SDK and the simulated account stand behind it and pass one conformance suite. EC2 is eventually consistent:
 * a resource that was just created may be absent from a describe for some seconds, so absence right after a create
 * proves nothing. Left out: every operation that neither a controller, nor a drill, nor the preflight
 * calls.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
 */
import type {
  AllocateAddressRequest,
  AllocateAddressResult,
  AssociateRouteTableRequest,
  AssociateRouteTableResult,
  AttachInternetGatewayRequest,
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult,
  CreateInternetGatewayRequest,
  CreateInternetGatewayResult,
  CreateNatGatewayRequest,
  CreateNatGatewayResult,
  CreateNetworkAclEntryRequest,
  CreateNetworkAclRequest,
  CreateNetworkAclResult,
  CreateRouteRequest,
  CreateRouteResult,
  CreateRouteTableRequest,
  CreateRouteTableResult,
  CreateSecurityGroupRequest,
  CreateSecurityGroupResult,
  CreateSubnetRequest,
  CreateSubnetResult,
  CreateTagsRequest,
  CreateVpcRequest,
  CreateVpcResult,
  DeleteInternetGatewayRequest,
  DeleteNatGatewayRequest,
  DeleteNatGatewayResult,
  DeleteNetworkAclRequest,
  DeleteRouteTableRequest,
  DeleteSecurityGroupRequest,
  DeleteSecurityGroupResult,
  DeleteSubnetRequest,
  DeleteTagsRequest,
  DeleteVpcRequest,
  DescribeAccountAttributesRequest,
  DescribeAccountAttributesResult,
  DescribeAddressesRequest,
  DescribeAddressesResult,
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
  DescribeDhcpOptionsRequest,
  DescribeDhcpOptionsResult,
  DescribeImagesRequest,
  DescribeImagesResult,
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
  DescribeInstanceTypesRequest,
  DescribeInstanceTypesResult,
  DescribeInstancesRequest,
  DescribeInstancesResult,
  DescribeInternetGatewaysRequest,
  DescribeInternetGatewaysResult,
  DescribeKeyPairsRequest,
  DescribeKeyPairsResult,
  DescribeNatGatewaysRequest,
  DescribeNatGatewaysResult,
  DescribeNetworkAclsRequest,
  DescribeNetworkAclsResult,
  DescribeNetworkInterfacesRequest,
  DescribeNetworkInterfacesResult,
  DescribeRouteTablesRequest,
  DescribeRouteTablesResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  DescribeVpcAttributeRequest,
  DescribeVpcAttributeResult,
  DescribeVpcsRequest,
  DescribeVpcsResult,
  DetachInternetGatewayRequest,
  DisassociateAddressRequest,
  DisassociateRouteTableRequest,
  ModifyInstanceAttributeRequest,
  ModifyNetworkInterfaceAttributeRequest,
  ModifySubnetAttributeRequest,
  ModifyVpcAttributeRequest,
  RebootInstancesRequest,
  ReleaseAddressRequest,
  ReplaceNetworkAclAssociationRequest,
  ReplaceNetworkAclAssociationResult,
  ReplaceRouteRequest,
  Reservation,
  RevokeSecurityGroupEgressRequest,
  RevokeSecurityGroupEgressResult,
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult,
  RunInstancesRequest,
  StartInstancesRequest,
  StartInstancesResult,
  StopInstancesRequest,
  StopInstancesResult,
  TerminateInstancesRequest,
  TerminateInstancesResult
} from "@aws-sdk/client-ec2"
import { Context } from "effect"
import { type MutatingTable, operationNames, type OperationsClient } from "./Operation.ts"

/** Every EC2 operation that Capstan uses, with AWS's own request and answer. */
export interface Ec2Operations {
  readonly DescribeVpcs: { input: DescribeVpcsRequest; output: DescribeVpcsResult }
  readonly CreateVpc: { input: CreateVpcRequest; output: CreateVpcResult }
  readonly DeleteVpc: { input: DeleteVpcRequest; output: void }
  readonly DescribeVpcAttribute: { input: DescribeVpcAttributeRequest; output: DescribeVpcAttributeResult }
  readonly ModifyVpcAttribute: { input: ModifyVpcAttributeRequest; output: void }
  readonly DescribeDhcpOptions: { input: DescribeDhcpOptionsRequest; output: DescribeDhcpOptionsResult }
  readonly DescribeAvailabilityZones: {
    input: DescribeAvailabilityZonesRequest
    output: DescribeAvailabilityZonesResult
  }
  readonly DescribeSubnets: { input: DescribeSubnetsRequest; output: DescribeSubnetsResult }
  readonly CreateSubnet: { input: CreateSubnetRequest; output: CreateSubnetResult }
  readonly ModifySubnetAttribute: { input: ModifySubnetAttributeRequest; output: void }
  readonly DeleteSubnet: { input: DeleteSubnetRequest; output: void }
  readonly DescribeInternetGateways: { input: DescribeInternetGatewaysRequest; output: DescribeInternetGatewaysResult }
  readonly CreateInternetGateway: { input: CreateInternetGatewayRequest; output: CreateInternetGatewayResult }
  readonly AttachInternetGateway: { input: AttachInternetGatewayRequest; output: void }
  readonly DetachInternetGateway: { input: DetachInternetGatewayRequest; output: void }
  readonly DeleteInternetGateway: { input: DeleteInternetGatewayRequest; output: void }
  readonly DescribeAddresses: { input: DescribeAddressesRequest; output: DescribeAddressesResult }
  readonly AllocateAddress: { input: AllocateAddressRequest; output: AllocateAddressResult }
  readonly DisassociateAddress: { input: DisassociateAddressRequest; output: void }
  readonly ReleaseAddress: { input: ReleaseAddressRequest; output: void }
  readonly DescribeNatGateways: { input: DescribeNatGatewaysRequest; output: DescribeNatGatewaysResult }
  readonly CreateNatGateway: { input: CreateNatGatewayRequest; output: CreateNatGatewayResult }
  readonly DeleteNatGateway: { input: DeleteNatGatewayRequest; output: DeleteNatGatewayResult }
  readonly DescribeRouteTables: { input: DescribeRouteTablesRequest; output: DescribeRouteTablesResult }
  readonly CreateRouteTable: { input: CreateRouteTableRequest; output: CreateRouteTableResult }
  readonly DeleteRouteTable: { input: DeleteRouteTableRequest; output: void }
  readonly CreateRoute: { input: CreateRouteRequest; output: CreateRouteResult }
  readonly ReplaceRoute: { input: ReplaceRouteRequest; output: void }
  readonly AssociateRouteTable: { input: AssociateRouteTableRequest; output: AssociateRouteTableResult }
  readonly DisassociateRouteTable: { input: DisassociateRouteTableRequest; output: void }
  readonly DescribeSecurityGroups: { input: DescribeSecurityGroupsRequest; output: DescribeSecurityGroupsResult }
  readonly CreateSecurityGroup: { input: CreateSecurityGroupRequest; output: CreateSecurityGroupResult }
  readonly AuthorizeSecurityGroupIngress: {
    input: AuthorizeSecurityGroupIngressRequest
    output: AuthorizeSecurityGroupIngressResult
  }
  readonly RevokeSecurityGroupIngress: {
    input: RevokeSecurityGroupIngressRequest
    output: RevokeSecurityGroupIngressResult
  }
  readonly RevokeSecurityGroupEgress: {
    input: RevokeSecurityGroupEgressRequest
    output: RevokeSecurityGroupEgressResult
  }
  readonly DeleteSecurityGroup: { input: DeleteSecurityGroupRequest; output: DeleteSecurityGroupResult }
  readonly CreateTags: { input: CreateTagsRequest; output: void }
  readonly DeleteTags: { input: DeleteTagsRequest; output: void }
  readonly DescribeInstances: { input: DescribeInstancesRequest; output: DescribeInstancesResult }
  readonly RunInstances: { input: RunInstancesRequest; output: Reservation }
  readonly TerminateInstances: { input: TerminateInstancesRequest; output: TerminateInstancesResult }
  readonly StopInstances: { input: StopInstancesRequest; output: StopInstancesResult }
  readonly StartInstances: { input: StartInstancesRequest; output: StartInstancesResult }
  readonly RebootInstances: { input: RebootInstancesRequest; output: void }
  readonly DescribeInstanceStatus: { input: DescribeInstanceStatusRequest; output: DescribeInstanceStatusResult }
  readonly ModifyInstanceAttribute: { input: ModifyInstanceAttributeRequest; output: void }
  readonly DescribeInstanceTypes: { input: DescribeInstanceTypesRequest; output: DescribeInstanceTypesResult }
  readonly DescribeImages: { input: DescribeImagesRequest; output: DescribeImagesResult }
  readonly DescribeNetworkInterfaces: {
    input: DescribeNetworkInterfacesRequest
    output: DescribeNetworkInterfacesResult
  }
  readonly ModifyNetworkInterfaceAttribute: { input: ModifyNetworkInterfaceAttributeRequest; output: void }
  readonly DescribeNetworkAcls: { input: DescribeNetworkAclsRequest; output: DescribeNetworkAclsResult }
  readonly CreateNetworkAcl: { input: CreateNetworkAclRequest; output: CreateNetworkAclResult }
  readonly CreateNetworkAclEntry: { input: CreateNetworkAclEntryRequest; output: void }
  readonly ReplaceNetworkAclAssociation: {
    input: ReplaceNetworkAclAssociationRequest
    output: ReplaceNetworkAclAssociationResult
  }
  readonly DeleteNetworkAcl: { input: DeleteNetworkAclRequest; output: void }
  readonly DescribeKeyPairs: { input: DescribeKeyPairsRequest; output: DescribeKeyPairsResult }
  readonly DescribeAccountAttributes: {
    input: DescribeAccountAttributesRequest
    output: DescribeAccountAttributesResult
  }
}

/** Which of them change the account. */
export const ec2Mutating: MutatingTable<Ec2Operations> = {
  DescribeVpcs: false,
  CreateVpc: true,
  DeleteVpc: true,
  DescribeVpcAttribute: false,
  ModifyVpcAttribute: true,
  DescribeDhcpOptions: false,
  DescribeAvailabilityZones: false,
  DescribeSubnets: false,
  CreateSubnet: true,
  ModifySubnetAttribute: true,
  DeleteSubnet: true,
  DescribeInternetGateways: false,
  CreateInternetGateway: true,
  AttachInternetGateway: true,
  DetachInternetGateway: true,
  DeleteInternetGateway: true,
  DescribeAddresses: false,
  AllocateAddress: true,
  DisassociateAddress: true,
  ReleaseAddress: true,
  DescribeNatGateways: false,
  CreateNatGateway: true,
  DeleteNatGateway: true,
  DescribeRouteTables: false,
  CreateRouteTable: true,
  DeleteRouteTable: true,
  CreateRoute: true,
  ReplaceRoute: true,
  AssociateRouteTable: true,
  DisassociateRouteTable: true,
  DescribeSecurityGroups: false,
  CreateSecurityGroup: true,
  AuthorizeSecurityGroupIngress: true,
  RevokeSecurityGroupIngress: true,
  RevokeSecurityGroupEgress: true,
  DeleteSecurityGroup: true,
  CreateTags: true,
  DeleteTags: true,
  DescribeInstances: false,
  RunInstances: true,
  TerminateInstances: true,
  StopInstances: true,
  StartInstances: true,
  RebootInstances: true,
  DescribeInstanceStatus: false,
  ModifyInstanceAttribute: true,
  DescribeInstanceTypes: false,
  DescribeImages: false,
  DescribeNetworkInterfaces: false,
  ModifyNetworkInterfaceAttribute: true,
  DescribeNetworkAcls: false,
  CreateNetworkAcl: true,
  CreateNetworkAclEntry: true,
  ReplaceNetworkAclAssociation: true,
  DeleteNetworkAcl: true,
  DescribeKeyPairs: false,
  DescribeAccountAttributes: false
}

export const ec2Operations: ReadonlyArray<keyof Ec2Operations> = operationNames(ec2Mutating)

export type Ec2Client = OperationsClient<Ec2Operations>

/**
 * Amazon EC2 in one account and region.
 *
 * `runInstances` answers `pending` before anything has booted, and is safe to repeat with the same `ClientToken` (at most
 * 64 ASCII characters, counted per availability zone) and the same input. `terminateInstances` may be repeated.
 */
export class Ec2 extends Context.Service<Ec2, Ec2Client>()("@capstan/aws/Ec2") {}
