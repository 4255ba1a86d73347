/**
 * Rules of admission that several kinds share: cluster names, versions, labels, taints, naming templates, replicas.
 *
 * Each rule takes the path of the field, so that causes point where the user wrote.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/tree/main/internal/webhooks
 */
import type { FieldError } from "../Kind.ts"
import { forbiddenField, invalidField, requiredField, unless } from "../meta/FieldErrors.ts"
import type { KubernetesObject, StringMap } from "../meta/ObjectMeta.ts"
import { isDnsSubdomain, isLabelValue, isQualifiedName } from "../meta/SafeNames.ts"
import { Annotations } from "./Annotations.ts"
import { Labels } from "./Labels.ts"
import type { MachineBootstrap } from "./MachineBody.ts"
import { type NamingValues, renderMachineName } from "./MachineNamingTemplate.ts"
import type { MachineTaint, TemplateMeta } from "./SharedStructures.ts"
import { parseVersion, withLeadingV } from "./Version.ts"

/** The object with a label; the same reference when it is there already. */
export const withLabel = <O extends KubernetesObject>(object: O, key: string, value: string): O =>
  object.metadata.labels?.[key] === value
    ? object
    : { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, [key]: value } } }

/** The object with the label that names its cluster. */
export const withClusterLabel = <O extends KubernetesObject & { readonly spec: { readonly clusterName: string } }>(
  object: O
): O => withLabel(object, Labels.ClusterName, object.spec.clusterName)

/** The spec with a leading `v` in its version; the same reference when nothing changes. */
export const withVersionPrefix = <S extends { readonly version?: string }>(spec: S): S =>
  spec.version === undefined || spec.version === "" || spec.version.startsWith("v")
    ? spec
    : { ...spec, version: withLeadingV(spec.version) }

const wholeNumber = /^\d+$/

const size = (annotations: StringMap | undefined, name: string): number | undefined => {
  const text = annotations?.[name]
  return text !== undefined && wholeNumber.test(text) ? Number(text) : undefined
}

/**
 * The number of replicas of an object that states none: within the autoscaler's bounds where both are given, else 1.
 *
 * @param before the object's replicas before an update; undefined on create
 */
export const defaultReplicas = (object: KubernetesObject, before: number | undefined): number => {
  const minimum = size(object.metadata.annotations, Annotations.AutoscalerMinSize)
  const maximum = size(object.metadata.annotations, Annotations.AutoscalerMaxSize)
  if (minimum === undefined || maximum === undefined) return 1
  return before === undefined ? minimum : Math.min(Math.max(before, minimum), maximum)
}

export const checkVersion = (version: string | undefined, field: string): ReadonlyArray<FieldError> =>
  version === undefined || version === ""
    ? []
    : unless(parseVersion(version) !== undefined, () =>
        invalidField(field, version, "must be a semantic version such as v1.31.0")
      )

export const checkBootstrap = (bootstrap: MachineBootstrap, spec: string): ReadonlyArray<FieldError> =>
  unless(bootstrap.configRef !== undefined || bootstrap.dataSecretName !== undefined, () =>
    requiredField(`${spec}.bootstrap.data`, "either bootstrap.configRef or bootstrap.dataSecretName must be given")
  )

export const checkImmutable = (value: string, before: string | undefined, field: string): ReadonlyArray<FieldError> =>
  unless(before === undefined || before === value, () => forbiddenField(field, "field is immutable"))

export const checkNameIsLabelValue = (object: KubernetesObject): ReadonlyArray<FieldError> =>
  unless(isLabelValue(object.metadata.name), () =>
    invalidField("metadata.name", object.metadata.name, "must be usable as the value of a label: at most 63 characters")
  )

/** Taints are refused as long as their propagation is switched off, which is upstream's default. */
export const checkTaints = (
  taints: ReadonlyArray<MachineTaint> | undefined,
  field: string
): ReadonlyArray<FieldError> =>
  unless(taints === undefined, () =>
    forbiddenField(field, "taints need the feature gate MachineTaintPropagation, which is off")
  )

export const checkTemplateMeta = (meta: TemplateMeta | undefined, field: string): ReadonlyArray<FieldError> => [
  ...Object.entries(meta?.labels ?? {}).flatMap(([key, value]) => [
    ...unless(isQualifiedName(key), () => invalidField(`${field}.labels`, key, "is not a valid label name")),
    ...unless(isLabelValue(value), () => invalidField(`${field}.labels`, value, `is not a valid value of label ${key}`))
  ]),
  ...Object.keys(meta?.annotations ?? {}).flatMap((key) =>
    unless(isQualifiedName(key.toLowerCase()), () =>
      invalidField(`${field}.annotations`, key, "is not a valid annotation name")
    )
  )
]

/** A naming template must carry the random part and give a name, whatever it is filled with. */
export const checkNaming = (
  template: string | undefined,
  values: NamingValues,
  field: string
): ReadonlyArray<FieldError> => {
  if (template === undefined) return []
  if (!template.includes("{{ .random }}")) {
    return [invalidField(field, template, "must contain {{ .random }}, or names would collide")]
  }
  const result = renderMachineName(template, values, "bcdfg")
  if (result._tag === "Refused") return [invalidField(field, template, result.message)]
  return unless(isDnsSubdomain(result.name), () =>
    invalidField(field, template, `gives the name ${result.name}, which is no DNS subdomain`)
  )
}
