/**
 * The AWS provider as one value: kinds, finalizers, names and the two reconcilers over the AWS waist.
 *
 * What it remembers between reconciles (pauses after failures, call limits, images) is in memory alone and may be lost at any time.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */
import { Ec2, Elb, SecretsManager } from "@capstan/aws"
import { KubernetesApi } from "@capstan/kubernetes"
import { type AnyInfrastructureProvider, defineInfrastructureProvider, NameResolver } from "@capstan/provider"
import { Effect } from "effect"
import { awsClusterReconciler } from "./aws-cluster/AwsClusterReconciler.ts"
import { awsMachineReconciler } from "./aws-machine/AwsMachineReconciler.ts"
import { withCallLimits } from "./CallLimits.ts"
import { AWSCluster } from "./kinds/AWSCluster.ts"
import { AWSClusterControllerIdentity } from "./kinds/AWSClusterControllerIdentity.ts"
import { AWSClusterTemplate } from "./kinds/AWSClusterTemplate.ts"
import { AWSMachine } from "./kinds/AWSMachine.ts"
import { AWSMachineTemplate } from "./kinds/AWSMachineTemplate.ts"
import { makeRetryPace } from "./RetryPace.ts"

/** Every kind that the provider installs. */
export const awsKinds = [
  AWSCluster,
  AWSMachine,
  AWSMachineTemplate,
  AWSClusterTemplate,
  AWSClusterControllerIdentity
] as const

/** Finalizers, as the Go managers write them. */
export const awsFinalizers = {
  cluster: "awscluster.infrastructure.cluster.x-k8s.io",
  machine: "awsmachine.infrastructure.cluster.x-k8s.io"
} as const

/** Builds the provider over the services of one account and region. Build one for every manager. */
export const awsProvider: Effect.Effect<
  AnyInfrastructureProvider,
  never,
  Ec2 | Elb | SecretsManager | NameResolver | KubernetesApi
> = Effect.gen(function* () {
  const ec2 = withCallLimits(yield* Ec2)
  const elb = withCallLimits(yield* Elb)
  const secretsManager = withCallLimits(yield* SecretsManager)
  const resolver = yield* NameResolver
  const api = yield* KubernetesApi
  const pace = makeRetryPace()
  return defineInfrastructureProvider({
    name: "aws",
    contract: "v1beta1",
    kinds: {
      cluster: AWSCluster,
      machine: AWSMachine,
      others: [AWSMachineTemplate, AWSClusterTemplate, AWSClusterControllerIdentity]
    },
    finalizers: awsFinalizers,
    controllers: { cluster: "awscluster", machine: "awsmachine" },
    concurrency: { cluster: 5, machine: 10 },
    cluster: awsClusterReconciler({ api, ec2, elb, resolver, pace }),
    machine: awsMachineReconciler({ ec2, elb, secretsManager, pace })
  })
})
