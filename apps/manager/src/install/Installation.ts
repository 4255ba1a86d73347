/**
 * Everything that is installed into a management cluster, in the order in which it has to come. Pure.
 *
 * Upstream's namespaces come with it, since the Leases that upstream's managers share with this one are there.
 */
import type { AnyKind } from "@capstan/api"
import {
  ClusterRole,
  ClusterRoleBinding,
  CustomResourceDefinition,
  Deployment,
  Namespace,
  ServiceAccount
} from "@capstan/kubernetes"
import { managerLeases } from "../assembly/Leases.ts"
import { crdOf } from "./CustomResources.ts"
import { managerRules } from "./Roles.ts"
import { managerDeployment } from "./Workload.ts"

export const managerNamespace = "capstan-system"
const account = "capstan-manager"

/** Says that the object was written by this command and may be written again. */
export const ownership = { "app.kubernetes.io/managed-by": "capstan" } as const

/** An object to be, of its kind. */
export interface InstalledObject {
  readonly kind: AnyKind
  readonly manifest: {
    readonly apiVersion: string
    readonly kind: string
    readonly metadata: {
      readonly name: string
      readonly namespace?: string
      readonly labels?: { readonly [key: string]: string }
    }
    readonly [field: string]: unknown
  }
}

const named = (name: string, namespace?: string) => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  labels: ownership
})

const rbac = "rbac.authorization.k8s.io"

/** `image`: of the manager, which then runs in the cluster, too. */
export const installation = (kinds: ReadonlyArray<AnyKind>, image?: string): ReadonlyArray<InstalledObject> => {
  const namespaces = [...managerLeases.flatMap(({ namespace }) => namespace ?? []), managerNamespace]
  return [
    ...namespaces.map((name) => ({
      kind: Namespace,
      manifest: { apiVersion: "v1", kind: "Namespace", metadata: named(name) }
    })),
    ...kinds.map((kind) => ({ kind: CustomResourceDefinition, manifest: { ...crdOf(kind, ownership) } })),
    {
      kind: ServiceAccount,
      manifest: { apiVersion: "v1", kind: "ServiceAccount", metadata: named(account, managerNamespace) }
    },
    {
      kind: ClusterRole,
      manifest: { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: named(account), rules: managerRules(kinds) }
    },
    {
      kind: ClusterRoleBinding,
      manifest: {
        apiVersion: `${rbac}/v1`,
        kind: "ClusterRoleBinding",
        metadata: named(account),
        roleRef: { apiGroup: rbac, kind: "ClusterRole", name: account },
        subjects: [{ kind: "ServiceAccount", name: account, namespace: managerNamespace }]
      }
    },
    ...(image === undefined
      ? []
      : [
          {
            kind: Deployment,
            manifest: managerDeployment(
              { name: account, namespace: managerNamespace, account, labels: ownership },
              image
            )
          }
        ])
  ]
}
