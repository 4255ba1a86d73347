/**
 * AWSMachineTemplate: the pattern from which AWSMachines are made. Its spec never changes; a rollout names another.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/awsmachinetemplate_types.go
 */
import {
  dictionary,
  type FieldError,
  IntOrString,
  type KindObject,
  LegacyConditions,
  makeKind,
  type ObjectOf,
  type Unstructured,
  withoutKeywords,
  withStructure
} from "@capstan/api"
import { Schema } from "effect"
import { AWSMachineSpec } from "./AWSMachine.ts"
import { validateAwsMachineSpec } from "./AWSMachineAdmission.ts"
import { awsMachineFieldsSinceBeta2, awsMachineSpecFromAlpha, awsMachineSpecFromOlder } from "./AWSMachineConversion.ts"
import { awsContractLabels, group } from "./ContractLabels.ts"
import { atVersion, omit, restore, toOlder, within } from "./Conversion.ts"
import { forbidden, required, sameValue } from "./FieldErrors.ts"
import { defaultInstanceMetadataOptions } from "./MachineStructures.ts"

/** Labels and annotations that a template passes on. */
export const TemplateMetadata = Schema.Struct({
  annotations: Schema.optionalKey(dictionary(Schema.String)),
  labels: Schema.optionalKey(dictionary(Schema.String))
})

const Quantity = withStructure(IntOrString, {
  pattern:
    "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
})

export const AWSMachineTemplateSpec = Schema.Struct({
  template: Schema.Struct({ metadata: Schema.optionalKey(TemplateMetadata), spec: AWSMachineSpec })
})
export interface AWSMachineTemplateSpec extends Schema.Schema.Type<typeof AWSMachineTemplateSpec> {}

/** What an instance of this template would offer; an autoscaler reads it to scale from zero. */
export const AWSMachineTemplateStatus = Schema.Struct({
  capacity: Schema.optionalKey(dictionary(Quantity)),
  conditions: Schema.optionalKey(LegacyConditions),
  nodeInfo: Schema.optionalKey(
    Schema.Struct({
      architecture: Schema.optionalKey(Schema.Literals(["amd64", "arm64"])),
      operatingSystem: Schema.optionalKey(Schema.Literals(["linux", "windows"]))
    })
  )
})
export interface AWSMachineTemplateStatus extends Schema.Schema.Type<typeof AWSMachineTemplateStatus> {}

/** Body of an AWSMachineTemplate. */
export interface AWSMachineTemplateBody {
  readonly spec: AWSMachineTemplateSpec
  readonly status?: AWSMachineTemplateStatus
}

const comparable = (spec: AWSMachineTemplateSpec): unknown => ({
  ...spec,
  template: {
    ...spec.template,
    spec: {
      ...spec.template.spec,
      instanceMetadataOptions: spec.template.spec.instanceMetadataOptions ?? defaultInstanceMetadataOptions
    }
  }
})

const validate = (
  object: ObjectOf<AWSMachineTemplateBody>,
  old: ObjectOf<AWSMachineTemplateBody> | undefined
): ReadonlyArray<FieldError> => {
  const spec = object.spec?.template?.spec
  if (spec === undefined) return [required("spec.template.spec", "a spec is needed")]
  if (old !== undefined) {
    return sameValue(comparable(object.spec), comparable(old.spec))
      ? []
      : [forbidden("spec", "AWSMachineTemplate.spec is immutable")]
  }
  const at = "spec.template.spec"
  return [
    ...(spec.providerID === undefined ? [] : [forbidden(`${at}.providerID`, "cannot be set in templates")]),
    ...(spec.cloudInit?.secretPrefix ? [forbidden(`${at}.cloudInit.secretPrefix`, "cannot be set in templates")] : []),
    ...(spec.cloudInit?.secretCount ? [forbidden(`${at}.cloudInit.secretCount`, "cannot be set in templates")] : []),
    ...validateAwsMachineSpec(spec, at)
  ]
}

const inTemplate =
  (change: (spec: Unstructured) => Unstructured) =>
  (object: Unstructured): Unstructured =>
    within(object, "spec", (spec) => within(spec, "template", (template) => within(template, "spec", change)))

const lacking = [...awsMachineFieldsSinceBeta2("spec.template.spec"), "status.conditions", "status.nodeInfo"]
const putBack = restore(lacking)

const fromAlpha = (object: Unstructured): Unstructured =>
  inTemplate(awsMachineSpecFromAlpha)(omit(atVersion(object, "v1beta2"), "status"))

export const AWSMachineTemplate = makeKind<AWSMachineTemplateBody>({
  group,
  kind: "AWSMachineTemplate",
  version: "v1beta2",
  schema: withoutKeywords(
    Schema.Struct({ spec: AWSMachineTemplateSpec, status: Schema.optionalKey(AWSMachineTemplateStatus) }),
    "required"
  ),
  shortNames: ["awsmt"],
  categories: ["cluster-api"],
  admission: { validate },
  labels: awsContractLabels,
  versions: [
    {
      name: "v1beta1",
      served: true,
      deprecated: true,
      toStorage: (object) => inTemplate(awsMachineSpecFromOlder)(putBack(atVersion(object, "v1beta2"))),
      fromStorage: toOlder("v1beta1", lacking)
    },
    { name: "v1alpha4", served: true, deprecated: true, toStorage: fromAlpha },
    { name: "v1alpha3", served: true, deprecated: true, toStorage: fromAlpha }
  ]
})
export type AWSMachineTemplate = KindObject<typeof AWSMachineTemplate>
