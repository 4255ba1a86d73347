/**
 * An instance's addresses, interface by interface, as Machines and Nodes list them. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/ec2/instances.go getInstanceAddresses
 */
import type { Ec2Shapes } from "@capstan/aws"
import type { MachineAddress } from "@capstan/provider"

const address = (type: MachineAddress["type"], value: string | undefined): ReadonlyArray<MachineAddress> =>
  value === undefined || value === "" ? [] : [{ type, address: value }]

const ofInterface = (eni: Ec2Shapes.InstanceNetworkInterface): ReadonlyArray<MachineAddress> => [
  ...address("InternalDNS", eni.PrivateDnsName),
  ...address("InternalIP", eni.PrivateIpAddress),
  ...address("ExternalDNS", eni.Association?.PublicDnsName),
  ...address("ExternalIP", eni.Association?.PublicIp),
  ...(eni.Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => address("InternalIP", Ipv6Address))
]

export const instanceAddresses = (instance: Ec2Shapes.Instance): ReadonlyArray<MachineAddress> => {
  const interfaces = instance.NetworkInterfaces ?? []
  const known = interfaces.flatMap(ofInterface)
  return known.length > 0
    ? known
    : [
        ...address("InternalDNS", instance.PrivateDnsName),
        ...address("InternalIP", instance.PrivateIpAddress),
        ...address("ExternalDNS", instance.PublicDnsName),
        ...address("ExternalIP", instance.PublicIpAddress)
      ]
}
