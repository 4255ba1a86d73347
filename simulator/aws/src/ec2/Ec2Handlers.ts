/**
 * Every EC2 operation of the simulated account, gathered from the families of resources.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/OperationList-query.html
 */
import type { Ec2Operations } from "@capstan/aws"
import type { Handlers } from "../Handler.ts"
import { accountAttributeOperations } from "./AccountAttributes.ts"
import { addressOperations } from "./Addresses.ts"
import { imageOperations } from "./Images.ts"
import { instanceOperations } from "./Instances.ts"
import { internetGatewayOperations } from "./InternetGateways.ts"
import { keyPairOperations } from "./KeyPairs.ts"
import { natGatewayOperations } from "./NatGateways.ts"
import { networkAclOperations } from "./NetworkAcls.ts"
import { networkInterfaceOperations } from "./NetworkInterfaces.ts"
import { routeTableOperations } from "./RouteTables.ts"
import { securityGroupOperations } from "./SecurityGroups.ts"
import { subnetOperations } from "./Subnets.ts"
import { tagOperations } from "./Tags.ts"
import { vpcOperations } from "./Vpcs.ts"

export const ec2Handlers: Handlers<Ec2Operations> = {
  ...vpcOperations,
  ...subnetOperations,
  ...internetGatewayOperations,
  ...addressOperations,
  ...natGatewayOperations,
  ...routeTableOperations,
  ...securityGroupOperations,
  ...tagOperations,
  ...instanceOperations,
  ...imageOperations,
  ...networkInterfaceOperations,
  ...networkAclOperations,
  ...keyPairOperations,
  ...accountAttributeOperations
}
