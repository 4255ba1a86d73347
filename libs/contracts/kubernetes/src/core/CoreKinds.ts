/** The native kinds that Capstan's code reads or writes, as a list to build API servers and clients from. */
import type { AnyKind } from "@capstan/api"
import { ConfigMap } from "./ConfigMap.ts"
import { CustomResourceDefinition } from "./CustomResourceDefinition.ts"
import { DaemonSet } from "./DaemonSet.ts"
import { Deployment } from "./Deployment.ts"
import { Event } from "./Event.ts"
import { Lease } from "./Lease.ts"
import { Namespace } from "./Namespace.ts"
import { Node } from "./Node.ts"
import { PersistentVolume } from "./PersistentVolume.ts"
import { PersistentVolumeClaim } from "./PersistentVolumeClaim.ts"
import { Pod } from "./Pod.ts"
import { PodDisruptionBudget } from "./PodDisruptionBudget.ts"
import { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "./Rbac.ts"
import { Secret } from "./Secret.ts"
import { ServiceAccount } from "./ServiceAccount.ts"
import { VolumeAttachment } from "./VolumeAttachment.ts"

export const coreKinds: ReadonlyArray<AnyKind> = [
  Namespace,
  Secret,
  ConfigMap,
  Event,
  Lease,
  Node,
  Pod,
  PodDisruptionBudget,
  PersistentVolume,
  PersistentVolumeClaim,
  VolumeAttachment,
  ServiceAccount,
  Role,
  RoleBinding,
  ClusterRole,
  ClusterRoleBinding,
  Deployment,
  DaemonSet,
  CustomResourceDefinition
]
