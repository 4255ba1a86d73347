/**
 * CustomResourceDefinitions out of kinds: versions, structural schemas, columns, subresources. Pure.
 *
 * The storage version carries the kind's schema. Older versions are converted by a webhook: without one the storage version is
 * served alone. Of older versions no schema is generated: whatever comes in one is converted, and the validating webhook holds it
 * against the storage version's schema, so that no object is stored in a shape that its schema does not say.
 *
 * @source https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
import { type AnyKind, type KindVersion, type StructuralSchema, structuralSchema } from "@capstan/api"
import type { CustomResourceDefinition } from "@capstan/kubernetes"
import { convertedVersionsOf } from "../webhooks/WebhookPaths.ts"

type NewCrd = Omit<CustomResourceDefinition, "metadata" | "status"> & {
  readonly metadata: { readonly name: string; readonly labels: { readonly [key: string]: string } }
}

/** `labels`: besides the kind's own. `conversion`: `spec.conversion`, by which older versions are served, too. */
export const crdOf = (
  kind: AnyKind,
  labels: { readonly [key: string]: string },
  conversion?: { readonly [field: string]: unknown }
): NewCrd => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: `${kind.plural}.${kind.group}`,
    labels: { ...kind.labels, ...labels }
  },
  spec: {
    group: kind.group,
    names: {
      kind: kind.kind,
      listKind: `${kind.kind}List`,
      plural: kind.plural,
      singular: kind.singular,
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(kind.categories.length === 0 ? {} : { categories: kind.categories })
    },
    scope: kind.scope,
    versions: [
      {
        name: kind.version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schemaOf(kind) },
        ...subresourcesOf(kind),
        ...(kind.printerColumns.length === 0
          ? {}
          : { additionalPrinterColumns: kind.printerColumns.map((column) => ({ ...column })) })
      },
      ...(conversion === undefined ? [] : convertedVersionsOf(kind).map((version) => olderVersion(kind, version)))
    ],
    ...(conversion === undefined ? {} : { conversion })
  }
})

const olderVersion = (kind: AnyKind, { deprecated, name }: KindVersion) => ({
  name,
  served: true,
  storage: false,
  ...(deprecated === true ? { deprecated } : {}),
  schema: {
    openAPIV3Schema: {
      description: `${kind.kind} of ${kind.group}, as it was in ${name}.`,
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true
    }
  },
  ...subresourcesOf(kind)
})

/** The whole object's schema; `metadata` is the server's own and stays bare. */
const schemaOf = (kind: AnyKind): { readonly [key: string]: unknown } => ({
  ...structuralSchema(kind),
  description: `${kind.kind} of ${kind.group}.`
})

const subresourcesOf = ({ subresources }: AnyKind): { readonly subresources?: { readonly [key: string]: unknown } } => {
  const { scale, status } = subresources
  if (!status && scale === undefined) return {}
  return {
    subresources: {
      ...(status ? { status: {} } : {}),
      ...(scale === undefined
        ? {}
        : {
            scale: {
              specReplicasPath: scale.specReplicasPath,
              statusReplicasPath: scale.statusReplicasPath,
              ...(scale.labelSelectorPath === undefined ? {} : { labelSelectorPath: scale.labelSelectorPath })
            }
          })
    }
  }
}

/**
 * What an API server would refuse in a schema: each finding with its path. Empty for a structural schema.
 *
 * @source https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export const structuralProblems = (schema: StructuralSchema, path = ""): ReadonlyArray<string> => {
  const here = path === "" ? "the root" : path
  const problems: Array<string> = []
  const loose = schema["x-kubernetes-preserve-unknown-fields"] === true || schema["x-kubernetes-int-or-string"] === true
  if (schema.type === undefined && !loose) problems.push(`${here} has no type`)
  if (schema.properties !== undefined && schema.additionalProperties !== undefined)
    problems.push(`${here} has both properties and additionalProperties`)
  if (schema.type === "array" && schema.items === undefined) problems.push(`${here} is a list of nothing`)
  if (schema.uniqueItems === true) problems.push(`${here} has uniqueItems`)
  for (const name of schema.required ?? []) {
    if (schema.properties?.[name] === undefined) problems.push(`${here} requires ${name}, which it does not have`)
  }
  if (schema["x-kubernetes-list-type"] === "map") {
    const keys = schema["x-kubernetes-list-map-keys"] ?? []
    if (keys.length === 0) problems.push(`${here} is a map without keys`)
    for (const key of keys) {
      const item = schema.items?.properties?.[key]
      if (item === undefined) problems.push(`${here} has the key ${key}, which its items do not have`)
      else if (schema.items?.required?.includes(key) !== true && item.default === undefined)
        problems.push(`${here} has the key ${key}, which its items may leave out`)
    }
  }
  if (schema.pattern !== undefined && /\(\?[=!<]|\\[1-9]/.test(schema.pattern))
    problems.push(`${here} has a pattern that RE2 does not know`)
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    problems.push(...structuralProblems(property, `${path}.${name}`))
  if (schema.items !== undefined) problems.push(...structuralProblems(schema.items, `${path}[]`))
  if (schema.additionalProperties !== undefined)
    problems.push(...structuralProblems(schema.additionalProperties, `${path}[*]`))
  return problems
}
