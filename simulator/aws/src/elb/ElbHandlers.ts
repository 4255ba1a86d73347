/**
 * Every classic load balancer operation of the simulated account.
 *
 * @source https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_Operations.html
 */
import type { ElbOperations } from "@capstan/aws"
import type { Handlers } from "../Handler.ts"
import { loadBalancerOperations } from "./LoadBalancers.ts"
import { loadBalancerTagOperations } from "./LoadBalancerTags.ts"

export const elbHandlers: Handlers<ElbOperations> = { ...loadBalancerOperations, ...loadBalancerTagOperations }
