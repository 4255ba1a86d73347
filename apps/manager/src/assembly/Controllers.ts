/** All controllers of a manager: core, kubeadm bootstrap, kubeadm control plane, AWS. */
import type { Ec2, Elb, SecretsManager } from "@capstan/aws"
import { kubeadmBootstrapProvider } from "@capstan/bootstrap-kubeadm"
import { kubeadmControlPlaneProvider } from "@capstan/control-plane-kubeadm"
import { coreControllers } from "@capstan/core"
import { awsProvider } from "@capstan/infrastructure-aws"
import type { KubernetesApi } from "@capstan/kubernetes"
import type { CertificateAuthority, EtcdMembers, NameResolver, WorkloadClusters } from "@capstan/provider"
import {
  bootstrapController,
  type Cache,
  type ClusterCache,
  type Controller,
  controlPlaneController,
  type EventRecorder,
  infrastructureControllers,
  type Kinds
} from "@capstan/runtime"
import { Effect } from "effect"

/** What stands under the controllers: the two waists and the smaller seams. */
export type Backends =
  | KubernetesApi
  | WorkloadClusters
  | EtcdMembers
  | NameResolver
  | CertificateAuthority
  | Ec2
  | Elb
  | SecretsManager

export type ControllerServices = Backends | Cache | ClusterCache | EventRecorder | Kinds

/** `concurrency`: by controller name; the controllers' own otherwise. */
export const managerControllers = (concurrency: {
  readonly [controller: string]: number
}): Effect.Effect<ReadonlyArray<Controller<ControllerServices>>, never, ControllerServices> =>
  Effect.gen(function* () {
    const bootstrap = yield* kubeadmBootstrapProvider
    const controlPlane = yield* kubeadmControlPlaneProvider
    const aws = yield* awsProvider
    const all: ReadonlyArray<Controller<ControllerServices>> = [
      ...(yield* coreControllers),
      bootstrapController(bootstrap),
      controlPlaneController(controlPlane),
      ...infrastructureControllers(aws)
    ]
    return all.map((controller) => {
      const asked = concurrency[controller.name]
      return asked === undefined ? controller : { ...controller, concurrency: asked }
    })
  })
