/**
 * Where moto answers otherwise than AWS in a way that keeps clusters from coming up: the request as it can take it, and its answer as AWS
 * would give it. Pure. Its other differences stay, in `libs/backends/aws-live/test/moto/Differences.ts`.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
 */
import type { Ec2Operations, Ec2Shapes, ElbOperations } from "@capstan/aws"

/**
 * The request as moto can take it. It needs ports of protocols that have none; AWS takes -1 there and forgets it. And it answers
 * a look for the instance of a token with an internal error.
 */
export const requestForMoto = (operation: string, request: object): object => {
  if (operation === "DescribeInstances") {
    const { Filters, ...rest } = request as DescribeInstances["input"]
    return Filters === undefined ? request : { ...rest, Filters: Filters.filter(({ Name }) => Name !== tokenFilter) }
  }
  if (!operation.endsWith("SecurityGroupIngress")) return request
  const { IpPermissions } = request as { readonly IpPermissions?: ReadonlyArray<Ec2Shapes.IpPermission> }
  if (IpPermissions === undefined) return request
  return { ...request, IpPermissions: IpPermissions.map((rule) => ({ FromPort: -1, ToPort: -1, ...rule })) }
}

/** moto's answer to a request as AWS would give it. `zoneOfSubnet` gives a subnet's availability zone. */
export const answerOfAws = (
  zoneOfSubnet: ZoneOfSubnet,
  operation: string,
  request: object,
  answer: unknown
): unknown => {
  if (operation === "DescribeLoadBalancers") return withZones(zoneOfSubnet, answer as LoadBalancers)
  if (operation === "DescribeInstances") {
    const { Filters = [] } = request as DescribeInstances["input"]
    const tokens = Filters.find(({ Name }) => Name === tokenFilter)?.Values
    return tokens === undefined ? answer : withTokens(tokens, answer as DescribeInstances["output"])
  }
  return answer
}

type ZoneOfSubnet = (id: string) => string | undefined
type DescribeInstances = Ec2Operations["DescribeInstances"]
type LoadBalancers = ElbOperations["DescribeLoadBalancers"]["output"]

const tokenFilter = "client-token"

/** Only the instances that were launched with one of the tokens. */
const withTokens = (
  tokens: ReadonlyArray<string>,
  answer: DescribeInstances["output"]
): DescribeInstances["output"] => ({
  ...answer,
  Reservations: (answer.Reservations ?? []).flatMap((reservation) => {
    const Instances = (reservation.Instances ?? []).filter(({ ClientToken = "" }) => tokens.includes(ClientToken))
    return Instances.length === 0 ? [] : [{ ...reservation, Instances }]
  })
})

/** moto leaves out the zones of a load balancer that was given subnets. */
const withZones = (zoneOfSubnet: ZoneOfSubnet, answer: LoadBalancers): LoadBalancers => ({
  ...answer,
  LoadBalancerDescriptions: (answer.LoadBalancerDescriptions ?? []).map((balancer) =>
    (balancer.AvailabilityZones?.length ?? 0) > 0
      ? balancer
      : {
          ...balancer,
          AvailabilityZones: (balancer.Subnets ?? []).flatMap((id) => zoneOfSubnet(id) ?? []).sort()
        }
  )
})
