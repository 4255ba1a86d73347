/**
 * EC2's answers for ids that it does not know (or does not see yet): a code of its own for every kind of resource.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html — The codes.
 * @fidelity observed — `CreateRoute` says `InvalidNatGatewayID.NotFound` and `InvalidGatewayID.NotFound` where others say otherwise.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
import { type Refusal, refuse } from "../Refusal.ts"

const says =
  (code: string, sentence: (id: string) => string) =>
  (id: string): Refusal =>
    refuse(code, sentence(id))

export const absent = {
  vpc: says("InvalidVpcID.NotFound", (id) => `The vpc ID '${id}' does not exist`),
  subnet: says("InvalidSubnetID.NotFound", (id) => `The subnet ID '${id}' does not exist`),
  internetGateway: says("InvalidInternetGatewayID.NotFound", (id) => `The internetGateway ID '${id}' does not exist`),
  routedGateway: says("InvalidGatewayID.NotFound", (id) => `The gateway ID '${id}' does not exist`),
  address: says("InvalidAllocationID.NotFound", (id) => `The allocation ID '${id}' does not exist`),
  association: says("InvalidAssociationID.NotFound", (id) => `The association ID '${id}' does not exist`),
  natGateway: says("NatGatewayNotFound", (id) => `The Nat Gateway ${id} was not found`),
  routedNatGateway: says("InvalidNatGatewayID.NotFound", (id) => `The natGateway ID '${id}' does not exist`),
  routeTable: says("InvalidRouteTableID.NotFound", (id) => `The routeTable ID '${id}' does not exist`),
  networkAcl: says("InvalidNetworkAclID.NotFound", (id) => `The networkAcl ID '${id}' does not exist`),
  securityGroup: says("InvalidGroup.NotFound", (id) => `The security group '${id}' does not exist`),
  networkInterface: says(
    "InvalidNetworkInterfaceID.NotFound",
    (id) => `The networkInterface ID '${id}' does not exist`
  ),
  volume: says("InvalidVolume.NotFound", (id) => `The volume '${id}' does not exist.`),
  instance: says("InvalidInstanceID.NotFound", (id) => `The instance ID '${id}' does not exist`),
  image: says("InvalidAMIID.NotFound", (id) => `The image id '[${id}]' does not exist`),
  keyPair: says("InvalidKeyPair.NotFound", (id) => `The key pair '${id}' does not exist`)
}
