/**
 * Elastic IP addresses.
 *
 * An address that a NAT gateway holds can neither be taken from it nor released: EC2 says `AuthFailure`, which is no
 * question of permission. Left out: association with instances, address pools, EC2-Classic.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html — An associated address is not released (`InvalidIPAddress.InUse`).
 * @fidelity observed — `AuthFailure` while a NAT gateway holds the address.
 * @fidelity assumed — Addresses come from 198.18.0.0/15.
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/vpc-eips.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { type Handlers, remembered } from "../Handler.ts"
import { given, type Refusal, refuse } from "../Refusal.ts"
import type { Address } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { describe, describeAccepts, type FilterReaders } from "./Describe.ts"
import { newPublicIp } from "./NetworkInterfaces.ts"
import { tagList, tagsFor, tagSpecificationsAccepts } from "./Tags.ts"

/** Ties an address to an interface. */
export const associate = (account: Account, id: string, interfaceId: string, privateIp: string): void => {
  account.tables.addresses.change(id, { associationId: account.newId("eipassoc"), interfaceId, privateIp })
}

/** Loosens an address from whatever holds it. */
export const dissociate = (account: Account, id: string): void => {
  account.tables.addresses.change(id, { associationId: undefined, interfaceId: undefined, privateIp: undefined })
}

const heldByService = (): Refusal =>
  refuse("AuthFailure", "You do not have permission to access the specified resource.", 403)

const filters: FilterReaders<Address> = {
  "allocation-id": (address) => address.id,
  "association-id": (address) => address.associationId,
  domain: () => "vpc",
  "network-interface-id": (address) => address.interfaceId,
  "public-ip": (address) => address.publicIp
}

const shape = remembered((address: Address): Ec2Shapes.Address => ({
  AllocationId: address.id,
  AssociationId: address.associationId,
  Domain: "vpc",
  NetworkInterfaceId: address.interfaceId,
  PrivateIpAddress: address.privateIp,
  PublicIp: address.publicIp,
  PublicIpv4Pool: "amazon",
  Tags: tagList(address.tags)
}))

export const addressOperations: Handlers<
  Ec2Operations,
  "DescribeAddresses" | "AllocateAddress" | "DisassociateAddress" | "ReleaseAddress"
> = {
  DescribeAddresses: {
    accepts: { AllocationIds: [true], Filters: describeAccepts.Filters },
    perform: (account, input) => {
      const kind = { items: account.tables.addresses, absent: absent.address, filters }
      const { items } = describe(account, kind, { Filters: input.Filters }, input.AllocationIds)
      return {
        Addresses: items.map((address) => ({ ...shape(address), NetworkBorderGroup: account.settings.region }))
      }
    }
  },
  AllocateAddress: {
    accepts: { Domain: true, TagSpecifications: tagSpecificationsAccepts },
    perform: (account, input) => {
      const { addresses } = account.tables
      if (input.Domain !== undefined && input.Domain !== "vpc") {
        throw refuse("InvalidParameterValue", `Value (${input.Domain}) for parameter domain is invalid.`)
      }
      const tags = tagsFor(account, input.TagSpecifications, "elastic-ip")
      account.requireQuota(
        "addresses",
        addresses.size,
        "AddressLimitExceeded",
        "The maximum number of addresses has been reached."
      )
      const address = addresses.put({
        ...account.born(account.newId("eipalloc"), tags),
        publicIp: newPublicIp(account),
        associationId: undefined,
        interfaceId: undefined,
        privateIp: undefined
      })
      return {
        AllocationId: address.id,
        PublicIp: address.publicIp,
        Domain: "vpc",
        PublicIpv4Pool: "amazon",
        NetworkBorderGroup: account.settings.region
      }
    }
  },
  DisassociateAddress: {
    accepts: { AssociationId: true },
    perform: (account, input) => {
      const id = given(input.AssociationId, "AssociationId")
      const address = account.tables.addresses.find((address) => address.associationId === id)
      if (address === undefined) throw absent.association(id)
      throw heldByService()
    }
  },
  ReleaseAddress: {
    accepts: { AllocationId: true, NetworkBorderGroup: true },
    perform: (account, input) => {
      const { addresses, networkInterfaces } = account.tables
      const address = account.require(addresses, given(input.AllocationId, "AllocationId"), absent.address)
      if (address.interfaceId !== undefined) {
        const holder = networkInterfaces.get(address.interfaceId)
        throw holder?.requester === undefined
          ? refuse("InvalidIPAddress.InUse", `Address ${address.publicIp} is in use.`)
          : heldByService()
      }
      addresses.remove(address.id)
    }
  }
}
