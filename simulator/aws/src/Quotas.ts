/**
 * The limits of an account in one region. All of them can be raised, here as with AWS.
 *
 * Left out: quotas on what the account does not simulate (endpoints, target groups, spot).
 *
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html — Default quotas of VPC resources.
 * @fidelity documented https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html — On-demand instances are limited by vCPUs of the Standard families.
 * @fidelity assumed — 640 Standard vCPUs: AWS starts new accounts lower and raises the number with use.
 * @source https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
 */

export const defaultQuotas = {
  vpcs: 5,
  subnetsPerVpc: 200,
  routeTablesPerVpc: 200,
  routesPerTable: 500,
  networkAclsPerVpc: 200,
  rulesPerNetworkAcl: 20,
  securityGroups: 2500,
  rulesPerSecurityGroup: 60,
  securityGroupsPerInterface: 5,
  addresses: 5,
  natGatewaysPerZone: 5,
  loadBalancers: 20,
  standardVcpus: 640,
  tagsPerResource: 50
}

export type Quotas = { readonly [K in keyof typeof defaultQuotas]: number }
export type QuotaName = keyof Quotas
