/**
 * DevMachineTemplate and DevClusterTemplate: patterns from which the provider's objects are made.
 *
 * A template's spec never changes: a rollout names another template.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/infra-machine#inframachinetemplate-support-cluster-template-naming-convention
 */
import {
  type FieldError,
  forbiddenField,
  type KindObject,
  makeKind,
  type ObjectOf,
  sameJson,
  TemplateMeta,
  unless
} from "@capstan/api"
import { Schema } from "effect"
import { devContractLabels, group, version } from "./ContractLabels.ts"
import { DevClusterSpec } from "./DevCluster.ts"
import { DevMachineSpec } from "./DevMachine.ts"

/** Body of a template: the spec that its objects get, under `spec.template`. */
export interface TemplateBody<Spec> {
  readonly spec: { readonly template: { readonly metadata?: TemplateMeta; readonly spec: Spec } }
}

const immutable = (
  { spec }: ObjectOf<TemplateBody<unknown>>,
  old: ObjectOf<TemplateBody<unknown>> | undefined
): ReadonlyArray<FieldError> =>
  unless(old === undefined || sameJson(spec, old.spec), () => forbiddenField("spec", "a template's spec is immutable"))

const bodyOf = <S extends Schema.Top>(spec: S) =>
  Schema.Struct({
    spec: Schema.Struct({ template: Schema.Struct({ metadata: Schema.optionalKey(TemplateMeta), spec }) })
  })

const common = {
  group,
  version,
  categories: ["cluster-api"],
  subresources: { status: false },
  labels: devContractLabels
}

export const DevClusterTemplate = makeKind<TemplateBody<DevClusterSpec>>({
  ...common,
  kind: "DevClusterTemplate",
  schema: bodyOf(DevClusterSpec),
  admission: { validate: immutable }
})
export type DevClusterTemplate = KindObject<typeof DevClusterTemplate>

export const DevMachineTemplate = makeKind<TemplateBody<DevMachineSpec>>({
  ...common,
  kind: "DevMachineTemplate",
  schema: bodyOf(DevMachineSpec),
  admission: {
    validate: (template, old) => [
      ...immutable(template, old),
      ...unless(template.spec.template.spec.providerID === undefined, () =>
        forbiddenField("spec.template.spec.providerID", "cannot be set in templates")
      )
    ]
  }
})
export type DevMachineTemplate = KindObject<typeof DevMachineTemplate>
