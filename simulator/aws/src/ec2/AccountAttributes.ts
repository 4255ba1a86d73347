/**
 * What EC2 tells of an account as a whole: a few of its limits.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html — Names of the attributes; unknown ones are refused.
 * @fidelity assumed — `max-instances` is the count of two-vCPU instances that the vCPU quota has room for.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html
 */
import type { Ec2Operations } from "@capstan/aws"
import type { Account } from "../Account.ts"
import type { Handlers } from "../Handler.ts"
import { refuse } from "../Refusal.ts"

const attributes: { readonly [name: string]: (account: Account) => string } = {
  "supported-platforms": () => "VPC",
  "default-vpc": () => "none",
  "max-instances": ({ quotas }) => String(Math.floor(quotas.standardVcpus / 2)),
  "vpc-max-security-groups-per-interface": ({ quotas }) => String(quotas.securityGroupsPerInterface),
  "max-elastic-ips": ({ quotas }) => String(quotas.addresses),
  "vpc-max-elastic-ips": ({ quotas }) => String(quotas.addresses)
}

export const accountAttributeOperations: Handlers<Ec2Operations, "DescribeAccountAttributes"> = {
  DescribeAccountAttributes: {
    accepts: { AttributeNames: [true] },
    perform: (account, input) => {
      const names: ReadonlyArray<string> = input.AttributeNames ?? []
      const unknown = names.find((name) => !Object.hasOwn(attributes, name))
      if (unknown !== undefined) {
        throw refuse(
          "InvalidParameterValue",
          `Value (${unknown}) for parameter attribute is invalid. Unknown attribute.`
        )
      }
      return {
        AccountAttributes: Object.entries(attributes)
          .filter(([name]) => names.length === 0 || names.includes(name))
          .map(([AttributeName, valueOf]) => ({
            AttributeName,
            AttributeValues: [{ AttributeValue: valueOf(account) }]
          }))
      }
    }
  }
}
