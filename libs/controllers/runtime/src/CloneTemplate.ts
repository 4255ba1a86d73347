/**
 * A copy of a template's `spec.template` as a new object: what MachineSets and control planes make bootstrap configs and
 * infrastructure machines from. Pure.
 *
 * The annotations name the template, not its content: editing a template in place makes no copy outdated.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controllers/external/util.go
 */
import {
  Annotations,
  getAt,
  groupKindOf,
  isJsonObject,
  type KubernetesObject,
  type NewObjectMeta,
  stringsOf
} from "@capstan/api"

export interface CloneOptions {
  readonly template: KubernetesObject
  readonly templateKind: { readonly group: string; readonly kind: string }
  /** Of the new object; its labels and annotations are laid over those that the template has for it. */
  readonly metadata: NewObjectMeta
}

/** The new object, without type: that comes from the kind it is created with. */
export type Clone = { readonly metadata: NewObjectMeta; readonly [field: string]: unknown }

export const cloneTemplate = ({ metadata, template, templateKind }: CloneOptions): Clone => {
  const content = getAt(template, "spec.template")
  return {
    ...(isJsonObject(content) ? content : {}),
    metadata: {
      ...metadata,
      labels: { ...stringsOf(getAt(content, "metadata.labels")), ...metadata.labels },
      annotations: {
        ...stringsOf(getAt(content, "metadata.annotations")),
        ...metadata.annotations,
        [Annotations.ClonedFromName]: template.metadata.name,
        [Annotations.ClonedFromGroupKind]: groupKindOf(templateKind)
      }
    }
  }
}

/** `AWSMachineTemplate` makes `AWSMachine`; other names make nothing. */
export const clonedKindName = (templateKind: string): string | undefined =>
  templateKind.endsWith("Template") ? templateKind.slice(0, -"Template".length) : undefined
