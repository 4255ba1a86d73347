/**
 * Classic ELB's answer for a load balancer that it does not know.
 *
 * @fidelity documented https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html — The code.
 * @source https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html
 */
import { type Refusal, refuse } from "../Refusal.ts"

export const absentLoadBalancer = (name: string): Refusal =>
  refuse("LoadBalancerNotFound", `There is no ACTIVE Load Balancer named '${name}'`)
