/**
 * What is filled in of a MachineSet, and what it must be to be stored.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/internal/webhooks/machineset.go
 */
import type { Admission, FieldError, ObjectOf } from "../Kind.ts"
import { forbiddenField, invalidField, unless } from "../meta/FieldErrors.ts"
import { isEmptySelector, type LabelSelector, matches } from "../meta/LabelSelector.ts"
import { formatLabelValue } from "../meta/SafeNames.ts"
import { Annotations } from "./Annotations.ts"
import { Labels } from "./Labels.ts"
import type { MachineTemplateSpec } from "./MachineBody.ts"
import type { MachineSetBody, MachineSetSpec } from "./MachineSetBody.ts"
import {
  checkBootstrap,
  checkImmutable,
  checkNaming,
  checkTaints,
  checkTemplateMeta,
  checkVersion,
  defaultReplicas,
  withClusterLabel,
  withVersionPrefix
} from "./TemplateRules.ts"

interface Selecting {
  readonly selector: LabelSelector
  readonly template: MachineTemplateSpec
}

/** Selector and template labels with one more label in both; the same reference when nothing changes. */
export const withSelectedLabel = <S extends Selecting>(spec: S, key: string, value: string): S =>
  // What was sent may have no selector yet: defaults are filled in before the schema is asked.
  spec.selector?.matchLabels?.[key] === value && spec.template.metadata?.labels?.[key] === value
    ? spec
    : {
        ...spec,
        selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [key]: value } },
        template: {
          ...spec.template,
          metadata: { ...spec.template.metadata, labels: { ...spec.template.metadata?.labels, [key]: value } }
        }
      }

/** The spec with a leading `v` in the template's version; the same reference when nothing changes. */
export const withTemplateVersionPrefix = <S extends Selecting>(spec: S): S => {
  const inner = withVersionPrefix(spec.template.spec)
  return inner === spec.template.spec ? spec : { ...spec, template: { ...spec.template, spec: inner } }
}

/** What MachineSets and MachineDeployments have in common. */
export const checkMachineOwner = (
  spec: Selecting & { readonly clusterName: string },
  before: { readonly clusterName: string } | undefined
): ReadonlyArray<FieldError> => [
  ...unless(!isEmptySelector(spec.selector) && matches(spec.selector, spec.template.metadata?.labels), () =>
    invalidField("spec.template.metadata.labels", spec.template.metadata?.labels, "must match spec.selector")
  ),
  ...checkImmutable(spec.clusterName, before?.clusterName, "spec.clusterName"),
  ...unless(spec.template.spec.clusterName === spec.clusterName, () =>
    invalidField("spec.template.spec.clusterName", spec.template.spec.clusterName, "must equal spec.clusterName")
  ),
  ...checkBootstrap(spec.template.spec.bootstrap, "spec.template.spec"),
  ...checkVersion(spec.template.spec.version, "spec.template.spec.version"),
  ...checkTaints(spec.template.spec.taints, "spec.template.spec.taints"),
  ...checkTemplateMeta(spec.template.metadata, "spec.template.metadata")
]

const preflightChecks = [
  "All",
  "KubeadmVersionSkew",
  "KubernetesVersionSkew",
  "ControlPlaneIsStable",
  "ControlPlaneVersionSkew"
]

const checkSkippedPreflight = (object: ObjectOf<MachineSetBody>): ReadonlyArray<FieldError> => {
  const skipped = object.metadata.annotations?.[Annotations.SkipPreflightChecks]
  if (skipped === undefined || skipped === "") return []
  return skipped
    .split(",")
    .flatMap((check) =>
      unless(preflightChecks.includes(check.trim()), () =>
        invalidField(
          `metadata.annotations.${Annotations.SkipPreflightChecks}`,
          check.trim(),
          `must be one of ${preflightChecks.join(", ")}`
        )
      )
    )
}

const withReplicas = (
  object: ObjectOf<MachineSetBody>,
  old: ObjectOf<MachineSetBody> | undefined,
  spec: MachineSetSpec
) => (spec.replicas === undefined ? { ...spec, replicas: defaultReplicas(object, old?.spec.replicas) } : spec)

export const machineSetAdmission: Admission<MachineSetBody> = {
  default: (object, old) => {
    const counted = withReplicas(object, old, object.spec)
    const ordered: MachineSetSpec =
      counted.deletion?.order === undefined
        ? { ...counted, deletion: { ...counted.deletion, order: "Random" } }
        : counted
    const selected = isEmptySelector(ordered.selector)
      ? withSelectedLabel(ordered, Labels.SetName, formatLabelValue(object.metadata.name))
      : ordered
    const spec = withTemplateVersionPrefix(selected)
    return withClusterLabel(spec === object.spec ? object : { ...object, spec })
  },
  validate: (object, old) => [
    ...checkMachineOwner(object.spec, old?.spec),
    ...unless((object.spec.replicas ?? 0) >= 0, () => forbiddenField("spec.replicas", "cannot be negative")),
    ...checkSkippedPreflight(object),
    ...checkNaming(
      object.spec.machineNaming?.template,
      { "cluster.name": object.spec.clusterName, "machineSet.name": object.metadata.name },
      "spec.machineNaming.template"
    )
  ]
}
