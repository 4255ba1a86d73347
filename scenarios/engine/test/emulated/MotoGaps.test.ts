import { describe, expect, it } from "vitest"
import { answerOfAws, requestForMoto } from "../../src/emulated/MotoGaps.ts"

const nowhere = () => undefined
const token = { Name: "client-token", Values: ["t-1"] }
const running = { Name: "instance-state-name", Values: ["running"] }
const launched = (InstanceId: string, ClientToken?: string) => ({
  Instances: [{ InstanceId, ...(ClientToken === undefined ? {} : { ClientToken }) }]
})

describe("gaps of moto", () => {
  it("does not ask for the instance of a token, and picks it from the answer", () => {
    const request = { Filters: [token, running] }
    expect(requestForMoto("DescribeInstances", request)).toEqual({ Filters: [running] })
    const answer = { Reservations: [launched("i-1", "t-1"), launched("i-2", "t-2"), launched("i-3")] }
    expect(answerOfAws(nowhere, "DescribeInstances", request, answer)).toEqual({
      Reservations: [launched("i-1", "t-1")]
    })
  })

  it("leaves looks without a token as they are", () => {
    const request = { InstanceIds: ["i-1"] }
    const answer = { Reservations: [launched("i-1", "t-1"), launched("i-2")] }
    expect(requestForMoto("DescribeInstances", request)).toBe(request)
    expect(answerOfAws(nowhere, "DescribeInstances", request, answer)).toBe(answer)
  })

  it("gives rules without ports the port -1, and rules with ports their own", () => {
    const IpPermissions = [{ IpProtocol: "4" }, { IpProtocol: "tcp", FromPort: 22, ToPort: 22 }]
    expect(requestForMoto("AuthorizeSecurityGroupIngress", { GroupId: "sg-1", IpPermissions })).toEqual({
      GroupId: "sg-1",
      IpPermissions: [{ IpProtocol: "4", FromPort: -1, ToPort: -1 }, IpPermissions[1]]
    })
  })

  it("gives a load balancer the zones of its subnets where it has none", () => {
    const zones = new Map([
      ["subnet-1", "eu-west-1b"],
      ["subnet-2", "eu-west-1a"]
    ])
    const one = { LoadBalancerName: "one", Subnets: ["subnet-1", "subnet-2", "subnet-3"] }
    const two = { LoadBalancerName: "two", Subnets: ["subnet-1"], AvailabilityZones: ["eu-west-1c"] }
    const answer = answerOfAws(
      (id) => zones.get(id),
      "DescribeLoadBalancers",
      {},
      { LoadBalancerDescriptions: [one, two] }
    )
    expect(answer).toEqual({
      LoadBalancerDescriptions: [{ ...one, AvailabilityZones: ["eu-west-1a", "eu-west-1b"] }, two]
    })
  })
})
