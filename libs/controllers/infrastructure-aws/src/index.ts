/**
 * The AWS infrastructure provider: its kinds, and what it does for a cluster and for a machine.
 *
 * @source https://cluster-api-aws.sigs.k8s.io/
 */
export * from "./AwsProvider.ts"
export * from "./kinds/AWSCluster.ts"
export * from "./kinds/AWSClusterControllerIdentity.ts"
export * from "./kinds/AWSClusterTemplate.ts"
export * from "./kinds/AWSMachine.ts"
export * from "./kinds/AWSMachineTemplate.ts"
export * from "./kinds/IngressRule.ts"
export * from "./kinds/LoadBalancerSpec.ts"
export * from "./kinds/NetworkSpec.ts"
export * from "./kinds/NetworkStatus.ts"
export { clusterTag, clusterTagPrefix, roleTag, type TagMap, toTagMap } from "./Tags.ts"
