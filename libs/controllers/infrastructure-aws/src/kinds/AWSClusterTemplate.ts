/**
 * AWSClusterTemplate: the pattern from which a cluster class makes AWSClusters. Its template never changes.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/awsclustertemplate_types.go
 */
import {
  type FieldError,
  type KindObject,
  makeKind,
  type ObjectOf,
  type Unstructured,
  withoutKeywords
} from "@capstan/api"
import { Schema } from "effect"
import { AWSClusterSpec } from "./AWSCluster.ts"
import { validateAwsClusterSpec } from "./AWSClusterAdmission.ts"
import { awsClusterFieldsSinceBeta2, awsClusterSpecFromAlpha } from "./AWSClusterConversion.ts"
import { TemplateMetadata } from "./AWSMachineTemplate.ts"
import { awsContractLabels, group } from "./ContractLabels.ts"
import { atVersion, restore, toOlder, within } from "./Conversion.ts"
import { forbidden, sameValue } from "./FieldErrors.ts"

export const AWSClusterTemplateSpec = Schema.Struct({
  template: Schema.Struct({ metadata: Schema.optionalKey(TemplateMetadata), spec: AWSClusterSpec })
})
export interface AWSClusterTemplateSpec extends Schema.Schema.Type<typeof AWSClusterTemplateSpec> {}

/** Body of an AWSClusterTemplate. */
export interface AWSClusterTemplateBody {
  readonly spec: AWSClusterTemplateSpec
}

const validate = (
  object: ObjectOf<AWSClusterTemplateBody>,
  old: ObjectOf<AWSClusterTemplateBody> | undefined
): ReadonlyArray<FieldError> =>
  old === undefined
    ? validateAwsClusterSpec(object.spec?.template?.spec ?? {}, "spec.template.spec")
    : sameValue(object.spec?.template, old.spec?.template)
      ? []
      : [forbidden("spec.template", "AWSClusterTemplate.spec.template is immutable")]

const lacking = awsClusterFieldsSinceBeta2("spec.template.spec")
const putBack = restore(lacking)

const fromAlpha = (object: Unstructured): Unstructured =>
  within(atVersion(object, "v1beta2"), "spec", (spec) =>
    within(spec, "template", (template) =>
      within(template, "spec", (inner) => awsClusterSpecFromAlpha(inner, "cluster"))
    )
  )

export const AWSClusterTemplate = makeKind<AWSClusterTemplateBody>({
  group,
  kind: "AWSClusterTemplate",
  version: "v1beta2",
  schema: withoutKeywords(Schema.Struct({ spec: AWSClusterTemplateSpec }), "required"),
  shortNames: ["awsct"],
  categories: ["cluster-api"],
  subresources: { status: false },
  admission: { validate },
  labels: awsContractLabels,
  printerColumns: [{ name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }],
  versions: [
    {
      name: "v1beta1",
      served: true,
      deprecated: true,
      toStorage: (object) => putBack(atVersion(object, "v1beta2")),
      fromStorage: toOlder("v1beta1", lacking)
    },
    { name: "v1alpha4", served: true, deprecated: true, toStorage: fromAlpha }
  ]
})
export type AWSClusterTemplate = KindObject<typeof AWSClusterTemplate>
