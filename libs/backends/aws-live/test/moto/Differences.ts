/**
 * Where moto answers otherwise than AWS: the checks of the conformance suite that it is known to fail, and what it does instead.
 *
 * Each of them has to fail, and as it says here (`shows` is part of the failure's text), so that nothing of ours hides behind it.
 * One that passes has become right in moto and is to be struck off.
 *
 * @source https://docs.getmoto.org/en/latest/docs/services/ec2.html
 */
import type { KnownDifference } from "@capstan/aws/testing"

export const motoDifferences: { readonly [check: string]: KnownDifference } = {
  // EC2 networks
  "a filter that does not exist is refused": {
    does: "ends with an internal error, in HTML",
    shows: "(an answer with HTTP 500 that is not AWS's)"
  },
  "DNS support is on and DNS host names are off until asked for, one attribute a call": {
    does: "takes two attributes at once",
    shows: "expected InvalidParameterCombination, but the call succeeded"
  },
  "a VPC comes with a main route table and a default security group, which stay": {
    does: "deletes the default group",
    shows: "expected DependencyViolation, but the call succeeded"
  },
  "zones are named, and an unknown one is refused": {
    does: "answers with no zones for an unknown one",
    shows: "expected InvalidParameterValue, but the call succeeded"
  },
  "a VPC goes last": {
    does: "deletes a VPC with a gateway attached to it",
    shows: "expected DependencyViolation, but the call succeeded"
  },
  "a NAT gateway holds its address, its subnet and the internet gateway until it is deleted": {
    does: "is available at once, and holds nothing",
    shows: "expected 'available' to equal 'pending'"
  },
  "a NAT gateway asked for again with its token is the same one": {
    does: "knows no client tokens of NAT gateways",
    shows: "CreateNatGateway: Resource.AlreadyAssociated"
  },
  "a NAT gateway without an internet gateway is created and fails": {
    does: "needs no internet gateway",
    shows: "in vain: the NAT gateway becomes failed"
  },
  "an unknown NAT gateway is not found": {
    does: "ends with an internal error, in HTML",
    shows: "(an answer with HTTP 500 that is not AWS's)"
  },
  "a destination has one route, which can be replaced": {
    does: "looks for a duplicate before it looks whether the gateway exists",
    shows: "expected 'RouteAlreadyExists' to equal 'InvalidNatGatewayID.NotFound'"
  },
  "a subnet follows one table, which cannot be deleted while it does": {
    does: "lets a subnet follow two tables",
    shows: "expected Resource.AlreadyAssociated, but the call succeeded"
  },
  "a route table asked for again with its token is the same one": {
    does: "knows no client tokens of route tables",
    shows: "expected 'rtb-"
  },
  // Security groups and tags
  "a batch of rules is taken whole or not at all": {
    does: "keeps the rules that stand before the one that it refuses",
    shows: "expected [ 22, 80 ] to deeply equal [ 22 ]"
  },
  "a group that another one names cannot be deleted": {
    does: "deletes groups that others name",
    shows: "expected DependencyViolation, but the call succeeded"
  },
  // Instances
  "tags given at the launch are there from the start": {
    does: "leaves tags of network interfaces aside",
    shows: "expected [] to deeply equal [ { Key: 'Name'"
  },
  "the same token and the same request give the same instance": { does: "launches another one", shows: "expected 'i-" },
  "the same token and another request are refused": {
    does: "launches another one",
    shows: "expected IdempotentParameterMismatch, but the call succeeded"
  },
  "a token of a terminated instance launches nothing": {
    does: "launches another one",
    shows: "expected IdempotentInstanceTerminated, but the call succeeded"
  },
  "an instance is found by its token": {
    does: "knows no filter client-token, and ends with an internal error",
    shows: "DescribeInstances: NetworkingError"
  },
  "an unknown instance is not found, a malformed id is malformed": {
    does: "tells a malformed id from an unknown one nowhere",
    shows: "expected 'InvalidInstanceID.NotFound' to equal 'InvalidInstanceID.Malformed'"
  },
  "terminating is safe to repeat": {
    does: "says shutting-down of what is terminated",
    shows: "expected 'shutting-down' to equal 'terminated'"
  },
  "what a launch names has to exist": {
    does: "says NoSuchEntity of an unknown instance profile",
    shows: "expected 'NoSuchEntity' to equal 'InvalidParameterValue'"
  },
  "user data has at most 16 KB": {
    does: "takes any amount",
    shows: "expected InvalidParameterValue, but the call succeeded"
  },
  "a stopped instance keeps its address and starts again": {
    does: "reboots what is stopped",
    shows: "expected IncorrectInstanceState, but the call succeeded"
  },
  "a terminated instance neither stops nor starts": {
    does: "starts the terminated again",
    shows: "expected IncorrectInstanceState, but the call succeeded"
  },
  "an instance holds its subnet and groups until it is terminated": {
    does: "deletes subnets and groups under instances",
    shows: "expected DependencyViolation, but the call succeeded"
  },
  "an instance's groups are replaced as a whole": {
    does: "adds groups of an interface to those that are there",
    shows: "expected [ 'sg-"
  },
  // Classic load balancers
  "a load balancer has a DNS name in its region and says where it is": {
    does: "gives every load balancer a name in us-east-1",
    shows: "expected 'conformance-name.us-east-1.elb.amazon"
  },
  "creating it again is the same one, creating another of its name is refused": {
    does: "refuses the very same one, too",
    shows: "CreateLoadBalancer: DuplicateLoadBalancerName"
  },
  "an absent load balancer is not found, and deleting it succeeds": {
    does: "ends with an internal error, in HTML",
    shows: "(an answer with HTTP 500 that is not AWS's)"
  },
  "a load balancer takes one subnet a zone": {
    does: "takes two",
    shows: "expected InvalidConfigurationRequest, but the call succeeded"
  },
  "its security groups are replaced as a whole": {
    does: "lets go of a group that a load balancer holds",
    shows: "expected DependencyViolation, but the call succeeded"
  },
  "an instance is registered, listed, out of service at first, and deregistered": {
    does: "lists an instance twice",
    shows: "expected [ …(2) ] to deeply equal [ Array(1) ]"
  },
  "an unknown instance is refused": {
    does: "registers any name",
    shows: "expected InvalidInstance, but the call succeeded"
  },
  // Secrets and identities
  "a secret that waits for its deletion is neither readable nor replaceable": {
    does: "says that it exists, where AWS says that it is being deleted",
    shows: "expected 'ResourceExistsException' to equal 'InvalidRequestException'"
  },
  "a role that may not be assumed is refused": {
    does: "lets everybody be anybody",
    shows: "expected AccessDenied, but the call succeeded"
  }
}
