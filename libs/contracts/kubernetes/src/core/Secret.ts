/**
 * Secret (core/v1): values in base64, `stringData` merged over them on write and never given back.
 *
 * Left out: the keys that the types other than `kubernetes.io/tls` require, and the size limit.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/
 */
import {
  dictionary,
  type FieldError,
  type KindObject,
  makeKind,
  type ObjectOf,
  sameJson,
  withDefault
} from "@capstan/api"
import { Schema } from "effect"
import { Base64 } from "effect/encoding"
import { openStruct } from "./OpenStruct.ts"

const Body = openStruct({
  /** Base64. */
  data: Schema.optionalKey(dictionary(Schema.String)),
  /** Plain text, for writing alone. */
  stringData: Schema.optionalKey(dictionary(Schema.String)),
  type: Schema.optionalKey(withDefault(Schema.String, "Opaque")),
  immutable: Schema.optionalKey(Schema.Boolean)
})
type Body = typeof Body.Type

const mergeStringData = (secret: ObjectOf<Body>): ObjectOf<Body> => {
  if (secret.stringData === undefined) return secret
  const { stringData, ...rest } = secret
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Base64.encode(value)])
  return { ...rest, data: { ...secret.data, ...Object.fromEntries(encoded) } }
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const validate = (secret: ObjectOf<Body>, old: ObjectOf<Body> | undefined): ReadonlyArray<FieldError> => {
  const errors: Array<FieldError> = []
  for (const [key, value] of Object.entries(secret.data ?? {})) {
    if (old?.data?.[key] === value) continue
    if (!/^[-._a-zA-Z0-9]+$/.test(key) || key.length > 253) {
      errors.push({
        field: `data[${key}]`,
        reason: "FieldValueInvalid",
        message: `Invalid value: "${key}": a valid config key must consist of alphanumeric characters, '-', '_' or '.'`
      })
    }
    if (!base64.test(value)) {
      errors.push({ field: `data[${key}]`, reason: "FieldValueInvalid", message: "Invalid value: illegal base64 data" })
    }
  }
  if (secret.type === "kubernetes.io/tls") {
    for (const key of ["tls.crt", "tls.key"]) {
      if (secret.data?.[key] === undefined) {
        errors.push({ field: `data[${key}]`, reason: "FieldValueRequired", message: "Required value" })
      }
    }
  }
  if (old === undefined) return errors
  if (secret.type !== old.type) {
    errors.push({
      field: "type",
      reason: "FieldValueInvalid",
      message: `Invalid value: "${secret.type}": field is immutable`
    })
  }
  if (old.immutable === true) {
    const message = "Forbidden: field is immutable when `immutable` is set"
    if (secret.immutable !== true) errors.push({ field: "immutable", reason: "FieldValueForbidden", message })
    if (!sameJson(secret.data ?? {}, old.data ?? {}))
      errors.push({ field: "data", reason: "FieldValueForbidden", message })
  }
  return errors
}

export const Secret = makeKind({
  group: "",
  kind: "Secret",
  version: "v1",
  schema: Body,
  subresources: { status: false },
  admission: { default: mergeStringData, validate }
})
export type Secret = KindObject<typeof Secret>
