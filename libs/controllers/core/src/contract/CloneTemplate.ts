/**
 * A copy of a template's `spec.template` as a new object: what a MachineSet makes bootstrap configs and
 * infrastructure machines from. Pure.
 *
 * The annotations name the template, not its content: editing a template in place makes no copy outdated.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controllers/external/util.go
 */
import {
  groupKindOf,
  type KubernetesObject,
  type NewObjectMeta,
  type OwnerReference,
  type StringMap
} from "@capstan/api"
import type { ProviderKind } from "./ProviderKind.ts"
import { stringsAt, valueAt } from "./ValueAt.ts"

export interface CloneOptions {
  readonly template: KubernetesObject
  readonly templateKind: ProviderKind
  readonly name: string
  readonly clusterName: string
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly owner: OwnerReference
}

/** The new object, without type: that comes from the kind it is created with. */
export type Clone = { readonly metadata: NewObjectMeta; readonly [field: string]: unknown }

export const cloneTemplate = (options: CloneOptions): Clone => {
  const { template } = options
  const content = valueAt(template, ["spec", "template"])
  const body = typeof content === "object" && content !== null ? content : {}
  return {
    ...body,
    metadata: {
      name: options.name,
      ...(template.metadata.namespace === undefined ? {} : { namespace: template.metadata.namespace }),
      labels: {
        ...stringsAt(content, ["metadata", "labels"]),
        ...options.labels,
        "cluster.x-k8s.io/cluster-name": options.clusterName
      },
      annotations: {
        ...stringsAt(content, ["metadata", "annotations"]),
        ...options.annotations,
        "cluster.x-k8s.io/cloned-from-name": template.metadata.name,
        "cluster.x-k8s.io/cloned-from-groupkind": groupKindOf(options.templateKind.kind)
      },
      ownerReferences: [options.owner]
    }
  }
}

/** `AWSMachineTemplate` makes `AWSMachine`; other names make nothing. */
export const clonedKindName = (templateKind: string): string | undefined =>
  templateKind.endsWith("Template") ? templateKind.slice(0, -"Template".length) : undefined
