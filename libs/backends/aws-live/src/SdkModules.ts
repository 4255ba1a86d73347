/**
 * The SDK's clients and the commands of the waist's operations, one by one: what is not named here a bundle leaves out, and EC2's
 * other seven hundred operations take tens of megabytes.
 *
 * Loading this module loads the SDK.
 *
 * @source https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/
 */
import {
  AllocateAddressCommand,
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DeleteInternetGatewayCommand,
  DeleteNatGatewayCommand,
  DeleteNetworkAclCommand,
  DeleteRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteTagsCommand,
  DeleteVpcCommand,
  DescribeAccountAttributesCommand,
  DescribeAddressesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeDhcpOptionsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstanceTypesCommand,
  DescribeInternetGatewaysCommand,
  DescribeKeyPairsCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  DisassociateAddressCommand,
  DisassociateRouteTableCommand,
  EC2Client,
  ModifyInstanceAttributeCommand,
  ModifyNetworkInterfaceAttributeCommand,
  ModifySubnetAttributeCommand,
  ModifyVpcAttributeCommand,
  RebootInstancesCommand,
  ReleaseAddressCommand,
  ReplaceNetworkAclAssociationCommand,
  ReplaceRouteCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand
} from "@aws-sdk/client-ec2"
import {
  AddTagsCommand,
  ApplySecurityGroupsToLoadBalancerCommand,
  AttachLoadBalancerToSubnetsCommand,
  ConfigureHealthCheckCommand,
  CreateLoadBalancerCommand,
  DeleteLoadBalancerCommand,
  DeregisterInstancesFromLoadBalancerCommand,
  DescribeInstanceHealthCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingClient,
  ModifyLoadBalancerAttributesCommand,
  RegisterInstancesWithLoadBalancerCommand,
  RemoveTagsCommand
} from "@aws-sdk/client-elastic-load-balancing"
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient
} from "@aws-sdk/client-secrets-manager"
import { GetInstanceProfileCommand, IAMClient } from "@aws-sdk/client-iam"
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts"
import type { Ec2Operations, ElbOperations, IamOperations, SecretsManagerOperations, StsOperations } from "@capstan/aws"

/** A command for every operation. */
type CommandsOf<Operations> = { readonly [O in keyof Operations & string as `${O}Command`]: unknown }

export const ec2 = {
  Client: EC2Client,
  commands: {
    DescribeVpcsCommand,
    CreateVpcCommand,
    DeleteVpcCommand,
    DescribeVpcAttributeCommand,
    ModifyVpcAttributeCommand,
    DescribeDhcpOptionsCommand,
    DescribeAvailabilityZonesCommand,
    DescribeSubnetsCommand,
    CreateSubnetCommand,
    ModifySubnetAttributeCommand,
    DeleteSubnetCommand,
    DescribeInternetGatewaysCommand,
    CreateInternetGatewayCommand,
    AttachInternetGatewayCommand,
    DetachInternetGatewayCommand,
    DeleteInternetGatewayCommand,
    DescribeAddressesCommand,
    AllocateAddressCommand,
    DisassociateAddressCommand,
    ReleaseAddressCommand,
    DescribeNatGatewaysCommand,
    CreateNatGatewayCommand,
    DeleteNatGatewayCommand,
    DescribeRouteTablesCommand,
    CreateRouteTableCommand,
    DeleteRouteTableCommand,
    CreateRouteCommand,
    ReplaceRouteCommand,
    AssociateRouteTableCommand,
    DisassociateRouteTableCommand,
    DescribeSecurityGroupsCommand,
    CreateSecurityGroupCommand,
    AuthorizeSecurityGroupIngressCommand,
    RevokeSecurityGroupIngressCommand,
    RevokeSecurityGroupEgressCommand,
    DeleteSecurityGroupCommand,
    CreateTagsCommand,
    DeleteTagsCommand,
    DescribeInstancesCommand,
    RunInstancesCommand,
    TerminateInstancesCommand,
    StopInstancesCommand,
    StartInstancesCommand,
    RebootInstancesCommand,
    DescribeInstanceStatusCommand,
    ModifyInstanceAttributeCommand,
    DescribeInstanceTypesCommand,
    DescribeImagesCommand,
    DescribeNetworkInterfacesCommand,
    ModifyNetworkInterfaceAttributeCommand,
    DescribeNetworkAclsCommand,
    CreateNetworkAclCommand,
    CreateNetworkAclEntryCommand,
    ReplaceNetworkAclAssociationCommand,
    DeleteNetworkAclCommand,
    DescribeKeyPairsCommand,
    DescribeAccountAttributesCommand
  } satisfies CommandsOf<Ec2Operations>
}

export const elb = {
  Client: ElasticLoadBalancingClient,
  commands: {
    DescribeLoadBalancersCommand,
    CreateLoadBalancerCommand,
    DeleteLoadBalancerCommand,
    ConfigureHealthCheckCommand,
    DescribeLoadBalancerAttributesCommand,
    ModifyLoadBalancerAttributesCommand,
    AttachLoadBalancerToSubnetsCommand,
    ApplySecurityGroupsToLoadBalancerCommand,
    AddTagsCommand,
    RemoveTagsCommand,
    DescribeTagsCommand,
    RegisterInstancesWithLoadBalancerCommand,
    DeregisterInstancesFromLoadBalancerCommand,
    DescribeInstanceHealthCommand
  } satisfies CommandsOf<ElbOperations>
}

export const secretsmanager = {
  Client: SecretsManagerClient,
  commands: {
    CreateSecretCommand,
    DeleteSecretCommand,
    GetSecretValueCommand,
    ListSecretsCommand
  } satisfies CommandsOf<SecretsManagerOperations>
}

export const iam = {
  Client: IAMClient,
  commands: { GetInstanceProfileCommand } satisfies CommandsOf<IamOperations>
}

export const sts = {
  Client: STSClient,
  commands: { GetCallerIdentityCommand, AssumeRoleCommand } satisfies CommandsOf<StsOperations>
}
