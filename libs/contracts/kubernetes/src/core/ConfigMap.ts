/**
 * ConfigMap (core/v1): plain text by key.
 *
 * Left out: the size limit.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/config-map-v1/
 */
import { dictionary, type FieldError, type KindObject, makeKind, type ObjectOf, sameJson } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

const Body = openStruct({
  data: Schema.optionalKey(dictionary(Schema.String)),
  /** Base64. */
  binaryData: Schema.optionalKey(dictionary(Schema.String)),
  immutable: Schema.optionalKey(Schema.Boolean)
})
type Body = typeof Body.Type

const keyErrors = (
  field: string,
  entries: { readonly [key: string]: string } | undefined,
  others: { readonly [key: string]: string } | undefined
): ReadonlyArray<FieldError> =>
  Object.keys(entries ?? {}).flatMap((key): ReadonlyArray<FieldError> => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key) || key.length > 253) {
      return [
        {
          field: `${field}[${key}]`,
          reason: "FieldValueInvalid",
          message: `Invalid value: "${key}": a valid config key must consist of alphanumeric characters, '-', '_' or '.'`
        }
      ]
    }
    return others?.[key] === undefined
      ? []
      : [
          {
            field: `${field}[${key}]`,
            reason: "FieldValueInvalid",
            message: `Invalid value: "${key}": duplicate of key present in the other map`
          }
        ]
  })

const validate = (configMap: ObjectOf<Body>, old: ObjectOf<Body> | undefined): ReadonlyArray<FieldError> => {
  const errors = [
    ...(configMap.data === old?.data ? [] : keyErrors("data", configMap.data, configMap.binaryData)),
    ...(configMap.binaryData === old?.binaryData ? [] : keyErrors("binaryData", configMap.binaryData, undefined))
  ]
  if (old?.immutable !== true) return errors
  const message = "Forbidden: field is immutable when `immutable` is set"
  if (configMap.immutable !== true) errors.push({ field: "immutable", reason: "FieldValueForbidden", message })
  if (!sameJson(configMap.data ?? {}, old.data ?? {}))
    errors.push({ field: "data", reason: "FieldValueForbidden", message })
  return errors
}

export const ConfigMap = makeKind({
  group: "",
  kind: "ConfigMap",
  version: "v1",
  schema: Body,
  shortNames: ["cm"],
  subresources: { status: false },
  admission: { validate }
})
export type ConfigMap = KindObject<typeof ConfigMap>
