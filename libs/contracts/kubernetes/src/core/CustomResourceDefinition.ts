/**
 * CustomResourceDefinition (apiextensions.k8s.io/v1): how an API server learns of Cluster API's kinds.
 *
 * Schemas are opaque here: they are generated from kinds (`structuralSchema`), never read back.
 * Left out: what the server makes of them; the simulated one keeps them as data and serves the kinds that it was built with.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/
 */
import { type KindObject, list, makeKind, Opaque } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

const Names = openStruct({
  plural: Schema.String,
  singular: Schema.optionalKey(Schema.String),
  kind: Schema.String,
  listKind: Schema.optionalKey(Schema.String),
  shortNames: Schema.optionalKey(list(Schema.String)),
  categories: Schema.optionalKey(list(Schema.String))
})

const Version = openStruct({
  name: Schema.String,
  served: Schema.Boolean,
  storage: Schema.Boolean,
  deprecated: Schema.optionalKey(Schema.Boolean),
  schema: Schema.optionalKey(Opaque),
  subresources: Schema.optionalKey(Opaque),
  additionalPrinterColumns: Schema.optionalKey(list(Opaque))
})

const Body = openStruct({
  spec: openStruct({
    group: Schema.String,
    names: Names,
    scope: Schema.Literals(["Namespaced", "Cluster"]),
    versions: list(Version),
    conversion: Schema.optionalKey(Opaque)
  }),
  status: Schema.optionalKey(Opaque)
})

export const CustomResourceDefinition = makeKind({
  group: "apiextensions.k8s.io",
  kind: "CustomResourceDefinition",
  version: "v1",
  scope: "Cluster",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  schema: Body
})
export type CustomResourceDefinition = KindObject<typeof CustomResourceDefinition>
