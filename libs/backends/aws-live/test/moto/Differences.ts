/**
 * Where moto answers otherwise than AWS: the checks of the conformance suite that it is known to fail, and what it does instead.
 *
 * Each of them has to fail. One that passes has become right in moto and is to be struck off here.
 *
 * @source https://docs.getmoto.org/en/latest/docs/services/ec2.html
 */
export const motoDifferences: { readonly [check: string]: string } = {
  // EC2 networks
  "a filter that does not exist is refused": "ends with an internal error, in HTML",
  "DNS support is on and DNS host names are off until asked for, one attribute a call": "takes two attributes at once",
  "a VPC comes with a main route table and a default security group, which stay": "deletes the default group",
  "zones are named, and an unknown one is refused": "answers with no zones for an unknown one",
  "a VPC goes last": "deletes a VPC with a gateway attached to it",
  "a NAT gateway holds its address, its subnet and the internet gateway until it is deleted":
    "is available at once, and holds nothing",
  "a NAT gateway asked for again with its token is the same one": "knows no client tokens of NAT gateways",
  "a NAT gateway without an internet gateway is created and fails": "needs no internet gateway",
  "an unknown NAT gateway is not found": "ends with an internal error, in HTML",
  "a destination has one route, which can be replaced":
    "looks for a duplicate before it looks whether the gateway exists",
  "a subnet follows one table, which cannot be deleted while it does": "lets a subnet follow two tables",
  "a route table asked for again with its token is the same one": "knows no client tokens of route tables",
  // Security groups and tags
  "a batch of rules is taken whole or not at all": "keeps the rules that stand before the one that it refuses",
  "a group that another one names cannot be deleted": "deletes groups that others name",
  // Instances
  "tags given at the launch are there from the start": "leaves tags of network interfaces aside",
  "the same token and the same request give the same instance": "launches another one",
  "the same token and another request are refused": "launches another one",
  "a token of a terminated instance launches nothing": "launches another one",
  "an instance is found by its token": "knows no filter client-token, and ends with an internal error",
  "an unknown instance is not found, a malformed id is malformed": "tells a malformed id from an unknown one nowhere",
  "terminating is safe to repeat": "says shutting-down of what is terminated",
  "what a launch names has to exist": "says NoSuchEntity of an unknown instance profile",
  "user data has at most 16 KB": "takes any amount",
  "a stopped instance keeps its address and starts again": "reboots what is stopped",
  "a terminated instance neither stops nor starts": "starts the terminated again",
  "an instance holds its subnet and groups until it is terminated": "deletes subnets and groups under instances",
  "an instance's groups are replaced as a whole": "adds groups of an interface to those that are there",
  // Classic load balancers
  "a load balancer has a DNS name in its region and says where it is": "gives every load balancer a name in us-east-1",
  "creating it again is the same one, creating another of its name is refused": "refuses the very same one, too",
  "an absent load balancer is not found, and deleting it succeeds": "ends with an internal error, in HTML",
  "a load balancer takes one subnet a zone": "takes two",
  "its security groups are replaced as a whole": "lets go of a group that a load balancer holds",
  "an instance is registered, listed, out of service at first, and deregistered": "lists an instance twice",
  "an unknown instance is refused": "registers any name",
  // Secrets and identities
  "a secret that waits for its deletion is neither readable nor replaceable":
    "says that it exists, where AWS says that it is being deleted",
  "a role that may not be assumed is refused": "lets everybody be anybody"
}
