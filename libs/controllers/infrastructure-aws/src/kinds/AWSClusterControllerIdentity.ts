/**
 * AWSClusterControllerIdentity: leave to use the controller's own credentials, and for which namespaces. There is one, `default`.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/awsidentity_types.go
 */
import {
  type FieldError,
  type KindObject,
  type LabelSelector,
  LabelSelectorSchema,
  list,
  makeKind,
  type ObjectOf,
  withStructure
} from "@capstan/api"
import { Schema } from "effect"
import { awsContractLabels, group } from "./ContractLabels.ts"
import { atVersion } from "./Conversion.ts"
import { forbidden, invalid, sameValue } from "./FieldErrors.ts"

/** Absent: nobody. Empty: everybody. Else the namespaces of the list and those that the selector finds. */
export const AllowedNamespaces = withStructure(
  Schema.Struct({
    list: Schema.optionalKey(withStructure(list(Schema.String), { nullable: true })),
    selector: Schema.optionalKey(LabelSelectorSchema)
  }),
  { nullable: true }
)
export interface AllowedNamespaces {
  readonly list?: ReadonlyArray<string>
  readonly selector?: LabelSelector
}

export const AWSClusterControllerIdentitySpec = Schema.Struct({
  allowedNamespaces: Schema.optionalKey(AllowedNamespaces)
})

/** Body of an AWSClusterControllerIdentity. */
export interface AWSClusterControllerIdentityBody {
  readonly spec?: { readonly allowedNamespaces?: AllowedNamespaces }
}

/** The only name that the controller's own identity may have. */
export const controllerIdentityName = "default"

const moveLabel = "clusterctl.cluster.x-k8s.io/move-hierarchy"

type Identity = ObjectOf<AWSClusterControllerIdentityBody>

const validate = (object: Identity, old: Identity | undefined): ReadonlyArray<FieldError> => [
  ...(object.metadata.name === controllerIdentityName
    ? []
    : [
        invalid("metadata.name", object.metadata.name, `the controller's identity is called ${controllerIdentityName}`)
      ]),
  ...(old === undefined || sameValue(object.metadata.name, old.metadata.name)
    ? []
    : [forbidden("metadata.name", "cannot be modified")])
]

const withMoveLabel = (object: Identity): Identity =>
  object.metadata.labels === undefined || Object.keys(object.metadata.labels).length === 0
    ? { ...object, metadata: { ...object.metadata, labels: { [moveLabel]: "" } } }
    : object

export const AWSClusterControllerIdentity = makeKind<AWSClusterControllerIdentityBody>({
  group,
  kind: "AWSClusterControllerIdentity",
  plural: "awsclustercontrolleridentities",
  version: "v1beta2",
  schema: Schema.Struct({ spec: Schema.optionalKey(AWSClusterControllerIdentitySpec) }),
  shortNames: ["awsci"],
  categories: ["cluster-api"],
  scope: "Cluster",
  subresources: { status: false },
  admission: { default: withMoveLabel, validate },
  labels: awsContractLabels,
  versions: ["v1beta1", "v1alpha4", "v1alpha3"].map((name) => ({
    name,
    served: true,
    deprecated: true,
    toStorage: (object) => atVersion(object, "v1beta2"),
    fromStorage: (object) => atVersion(object, name)
  }))
})
export type AWSClusterControllerIdentity = KindObject<typeof AWSClusterControllerIdentity>
