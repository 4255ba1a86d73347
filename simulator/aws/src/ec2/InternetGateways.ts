/**
 * Internet gateways: one a VPC, attached and detached.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html — One gateway a VPC.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html — Public addresses in the VPC block the detachment.
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html — As many gateways as VPCs.
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { type Handlers, remembered } from "../Handler.ts"
import { byVpc } from "../Indexes.ts"
import { given, refuse } from "../Refusal.ts"
import type { InternetGateway } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { describe, describeAccepts, type FilterReaders } from "./Describe.ts"
import { tagList, tagsFor, tagSpecificationsAccepts } from "./Tags.ts"

const filters: FilterReaders<InternetGateway> = {
  "attachment.vpc-id": (gateway) => gateway.vpcId,
  "attachment.state": (gateway) => (gateway.vpcId === undefined ? undefined : "available"),
  "internet-gateway-id": (gateway) => gateway.id
}

const shape = remembered((gateway: InternetGateway): Ec2Shapes.InternetGateway => ({
  InternetGatewayId: gateway.id,
  // EC2 says `available` here, a word that the SDK's own list of attachment states lacks.
  Attachments: gateway.vpcId === undefined ? [] : [{ VpcId: gateway.vpcId, State: "available" as "attached" }],
  Tags: tagList(gateway.tags)
}))

const attach = (account: Account, input: Ec2Shapes.AttachInternetGatewayRequest): void => {
  const { internetGateways, vpcs } = account.tables
  const gateway = account.require(
    internetGateways,
    given(input.InternetGatewayId, "InternetGatewayId"),
    absent.internetGateway
  )
  const vpc = account.require(vpcs, given(input.VpcId, "VpcId"), absent.vpc)
  if (gateway.vpcId !== undefined) {
    throw refuse("Resource.AlreadyAssociated", `resource ${gateway.id} is already attached to network ${gateway.vpcId}`)
  }
  if (internetGateways.countHaving(byVpc, vpc.id) > 0) {
    throw refuse("InvalidParameterValue", `Network ${vpc.id} already has an internet gateway attached`)
  }
  internetGateways.change(gateway.id, { vpcId: vpc.id })
}

const detach = (account: Account, input: Ec2Shapes.DetachInternetGatewayRequest): void => {
  const { internetGateways, vpcs, networkInterfaces } = account.tables
  const gateway = account.require(
    internetGateways,
    given(input.InternetGatewayId, "InternetGatewayId"),
    absent.internetGateway
  )
  const vpc = account.require(vpcs, given(input.VpcId, "VpcId"), absent.vpc)
  if (gateway.vpcId !== vpc.id) {
    throw refuse("Gateway.NotAttached", `resource ${gateway.id} is not attached to network ${vpc.id}`)
  }
  if (networkInterfaces.having(byVpc, vpc.id).some((one) => one.publicIp !== undefined)) {
    throw refuse(
      "DependencyViolation",
      `Network ${vpc.id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`
    )
  }
  internetGateways.change(gateway.id, { vpcId: undefined })
}

export const internetGatewayOperations: Handlers<
  Ec2Operations,
  | "DescribeInternetGateways"
  | "CreateInternetGateway"
  | "AttachInternetGateway"
  | "DetachInternetGateway"
  | "DeleteInternetGateway"
> = {
  DescribeInternetGateways: {
    accepts: { InternetGatewayIds: [true], ...describeAccepts },
    perform: (account, input) => {
      const kind = { items: account.tables.internetGateways, absent: absent.internetGateway, filters }
      const { items, next } = describe(account, kind, input, input.InternetGatewayIds)
      return {
        InternetGateways: items.map((gateway) => ({ ...shape(gateway), OwnerId: account.settings.accountId })),
        NextToken: next
      }
    }
  },
  CreateInternetGateway: {
    accepts: { TagSpecifications: tagSpecificationsAccepts },
    perform: (account, input) => {
      const { internetGateways } = account.tables
      const tags = tagsFor(account, input.TagSpecifications, "internet-gateway")
      account.requireQuota(
        "vpcs",
        internetGateways.size,
        "InternetGatewayLimitExceeded",
        "The maximum number of internet gateways has been reached."
      )
      const gateway = internetGateways.put({ ...account.born(account.newId("igw"), tags), vpcId: undefined })
      return { InternetGateway: { ...shape(gateway), OwnerId: account.settings.accountId } }
    }
  },
  AttachInternetGateway: { accepts: { InternetGatewayId: true, VpcId: true }, perform: attach },
  DetachInternetGateway: { accepts: { InternetGatewayId: true, VpcId: true }, perform: detach },
  DeleteInternetGateway: {
    accepts: { InternetGatewayId: true },
    perform: (account, input) => {
      const { internetGateways } = account.tables
      const id = given(input.InternetGatewayId, "InternetGatewayId")
      const gateway = account.require(internetGateways, id, absent.internetGateway)
      if (gateway.vpcId !== undefined) {
        throw refuse("DependencyViolation", `The internetGateway '${id}' has dependencies and cannot be deleted.`)
      }
      internetGateways.remove(id)
    }
  }
}
