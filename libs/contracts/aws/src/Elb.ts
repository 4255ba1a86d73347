/**
 * The classic load balancer waist (API version 2012-06-01), in AWS's own shapes.
 *
 * Names are unique per account and region. Left out: listeners and policies after creation, and the newer
 * application and network load balancers, which are another API.
 *
 * @source https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/Welcome.html
 */
import type {
  AddTagsInput,
  AddTagsOutput,
  ApplySecurityGroupsToLoadBalancerInput,
  ApplySecurityGroupsToLoadBalancerOutput,
  AttachLoadBalancerToSubnetsInput,
  AttachLoadBalancerToSubnetsOutput,
  ConfigureHealthCheckInput,
  ConfigureHealthCheckOutput,
  CreateAccessPointInput,
  CreateAccessPointOutput,
  DeleteAccessPointInput,
  DeleteAccessPointOutput,
  DeregisterEndPointsInput,
  DeregisterEndPointsOutput,
  DescribeAccessPointsInput,
  DescribeAccessPointsOutput,
  DescribeEndPointStateInput,
  DescribeEndPointStateOutput,
  DescribeLoadBalancerAttributesInput,
  DescribeLoadBalancerAttributesOutput,
  DescribeTagsInput,
  DescribeTagsOutput,
  ModifyLoadBalancerAttributesInput,
  ModifyLoadBalancerAttributesOutput,
  RegisterEndPointsInput,
  RegisterEndPointsOutput,
  RemoveTagsInput,
  RemoveTagsOutput
} from "@aws-sdk/client-elastic-load-balancing"
import { Context } from "effect"
import { type MutatingTable, operationNames, type OperationsClient } from "./Operation.ts"

/** Every classic Elastic Load Balancing operation that Capstan uses, with AWS's own request and answer. */
export interface ElbOperations {
  readonly DescribeLoadBalancers: { input: DescribeAccessPointsInput; output: DescribeAccessPointsOutput }
  readonly CreateLoadBalancer: { input: CreateAccessPointInput; output: CreateAccessPointOutput }
  readonly DeleteLoadBalancer: { input: DeleteAccessPointInput; output: DeleteAccessPointOutput }
  readonly ConfigureHealthCheck: { input: ConfigureHealthCheckInput; output: ConfigureHealthCheckOutput }
  readonly DescribeLoadBalancerAttributes: {
    input: DescribeLoadBalancerAttributesInput
    output: DescribeLoadBalancerAttributesOutput
  }
  readonly ModifyLoadBalancerAttributes: {
    input: ModifyLoadBalancerAttributesInput
    output: ModifyLoadBalancerAttributesOutput
  }
  readonly AttachLoadBalancerToSubnets: {
    input: AttachLoadBalancerToSubnetsInput
    output: AttachLoadBalancerToSubnetsOutput
  }
  readonly ApplySecurityGroupsToLoadBalancer: {
    input: ApplySecurityGroupsToLoadBalancerInput
    output: ApplySecurityGroupsToLoadBalancerOutput
  }
  readonly AddTags: { input: AddTagsInput; output: AddTagsOutput }
  readonly RemoveTags: { input: RemoveTagsInput; output: RemoveTagsOutput }
  readonly DescribeTags: { input: DescribeTagsInput; output: DescribeTagsOutput }
  readonly RegisterInstancesWithLoadBalancer: { input: RegisterEndPointsInput; output: RegisterEndPointsOutput }
  readonly DeregisterInstancesFromLoadBalancer: { input: DeregisterEndPointsInput; output: DeregisterEndPointsOutput }
  readonly DescribeInstanceHealth: { input: DescribeEndPointStateInput; output: DescribeEndPointStateOutput }
}

/** Which of them change the account. */
export const elbMutating: MutatingTable<ElbOperations> = {
  DescribeLoadBalancers: false,
  CreateLoadBalancer: true,
  DeleteLoadBalancer: true,
  ConfigureHealthCheck: true,
  DescribeLoadBalancerAttributes: false,
  ModifyLoadBalancerAttributes: true,
  AttachLoadBalancerToSubnets: true,
  ApplySecurityGroupsToLoadBalancer: true,
  AddTags: true,
  RemoveTags: true,
  DescribeTags: false,
  RegisterInstancesWithLoadBalancer: true,
  DeregisterInstancesFromLoadBalancer: true,
  DescribeInstanceHealth: false
}

export const elbOperations: ReadonlyArray<keyof ElbOperations> = operationNames(elbMutating)

export type ElbClient = OperationsClient<ElbOperations>

/**
 * Classic Elastic Load Balancing in one account and region.
 *
 * Creating the same load balancer again with the same configuration succeeds; deleting an absent one succeeds too.
 */
export class Elb extends Context.Service<Elb, ElbClient>()("@capstan/aws/Elb") {}
