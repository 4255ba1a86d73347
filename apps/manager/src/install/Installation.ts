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
import { ownership } from "./Ownership.ts"
import { managerRules } from "./Roles.ts"
import { conversionOf, webhookConfigurations, webhookService, type WebhooksAt } from "./Webhooks.ts"
import { managerDeployment, selected } from "./Workload.ts"

export const managerNamespace = "capstan-system"
const account = "capstan-manager"

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

export interface InstallationOptions {
  /** Of the manager, which then runs in the cluster, too. */
  readonly image?: string
  /** Where the API server calls the manager's webhooks; nowhere unless given. */
  readonly webhooks?: WebhooksAt
}

export const installation = (
  kinds: ReadonlyArray<AnyKind>,
  { image, webhooks }: InstallationOptions = {}
): ReadonlyArray<InstalledObject> => {
  const namespaces = [...managerLeases.flatMap(({ namespace }) => namespace ?? []), managerNamespace]
  return [
    ...namespaces.map((name) => ({
      kind: Namespace,
      manifest: { apiVersion: "v1", kind: "Namespace", metadata: named(name) }
    })),
    ...kinds.map((kind) => ({
      kind: CustomResourceDefinition,
      manifest: { ...crdOf(kind, ownership, webhooks === undefined ? undefined : conversionOf(kind, webhooks)) }
    })),
    {
      kind: ServiceAccount,
      manifest: { apiVersion: "v1", kind: "ServiceAccount", metadata: named(account, managerNamespace) }
    },
    {
      kind: ClusterRole,
      manifest: {
        apiVersion: `${rbac}/v1`,
        kind: "ClusterRole",
        metadata: named(account),
        rules: managerRules(kinds, { webhooks: webhooks !== undefined })
      }
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
    ...(webhooks?._tag === "Service" ? [webhookService(managerNamespace, selected)] : []),
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
        ]),
    // Last: from then on nothing of our kinds is written without the webhooks.
    ...(webhooks === undefined ? [] : webhookConfigurations(kinds, webhooks))
  ]
}
