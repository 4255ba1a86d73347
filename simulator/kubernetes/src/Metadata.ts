/**
 * What a server does to `metadata`: which fields it takes from a caller, which are its own, what it refuses.
 *
 * Empty maps and lists are the same as none, so that writing `finalizers: []` over no finalizers changes nothing.
 * Left out: `selfLink`, the size limit of annotations.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
 * @fidelity observed kube-apiserver-1.36 — Which fields are the server's, names, generateName, finalizers, owner references.
 * @fidelity documented https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set — Label keys and values.
 */
import {
  type AnyKind,
  type FieldError,
  type ObjectMeta,
  type OwnerReference,
  shownValue,
  type StringMap
} from "@capstan/api"
import { isObject, type JsonObject } from "./FrozenValue.ts"
import { isNative } from "./Selection.ts"

/** The part of metadata that is the caller's to say. */
export interface CallerMetadata {
  readonly labels?: StringMap
  readonly annotations?: StringMap
  readonly finalizers?: ReadonlyArray<string>
  readonly ownerReferences?: ReadonlyArray<OwnerReference>
}

/** Reads the caller's part out of whatever was sent; a sentence when it cannot be decoded. */
export const callerMetadata = (metadata: JsonObject, old: ObjectMeta | undefined): CallerMetadata | string => {
  if (old !== undefined && isSaidIn(metadata, old)) return old
  const labels = metadata.labels === old?.labels ? old?.labels : stringMap(metadata.labels, "labels")
  if (typeof labels === "string") return labels
  const annotations =
    metadata.annotations === old?.annotations ? old?.annotations : stringMap(metadata.annotations, "annotations")
  if (typeof annotations === "string") return annotations
  const finalizers = metadata.finalizers === old?.finalizers ? old?.finalizers : stringList(metadata.finalizers)
  if (typeof finalizers === "string") return finalizers
  const owners =
    metadata.ownerReferences === old?.ownerReferences ? old?.ownerReferences : ownerList(metadata.ownerReferences)
  if (typeof owners === "string") return owners
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(finalizers === undefined ? {} : { finalizers }),
    ...(owners === undefined ? {} : { ownerReferences: owners })
  }
}

/** Whether the caller's part is the stored object's own, field by field. */
const isSaidIn = (metadata: JsonObject, old: ObjectMeta): boolean =>
  metadata.labels === old.labels &&
  metadata.annotations === old.annotations &&
  metadata.finalizers === old.finalizers &&
  metadata.ownerReferences === old.ownerReferences

const stringMap = (value: unknown, name: string): StringMap | undefined | string => {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) return `json: cannot unmarshal into field ObjectMeta.metadata.${name} of type map[string]string`
  const entries = Object.entries(value).filter(([, text]) => text !== undefined && text !== null)
  const result: { [key: string]: string } = {}
  for (const [key, text] of entries) {
    if (typeof text !== "string") {
      return `json: cannot unmarshal ${typeof text} into Go struct field ObjectMeta.metadata.${name} of type string`
    }
    result[key] = text
  }
  return entries.length === 0 ? undefined : result
}

const stringList = (value: unknown): ReadonlyArray<string> | undefined | string => {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
    return "json: cannot unmarshal into Go struct field ObjectMeta.metadata.finalizers of type []string"
  }
  return value.length === 0 ? undefined : [...new Set<string>(value)]
}

const ownerList = (value: unknown): ReadonlyArray<OwnerReference> | undefined | string => {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || !value.every(isObject)) {
    return "json: cannot unmarshal into Go struct field ObjectMeta.metadata.ownerReferences of type []v1.OwnerReference"
  }
  const seen = new Set<string>()
  const references = value.map(ownerReferenceOf).filter((reference) => {
    const text = shownValue(reference)
    return seen.has(text) ? false : seen.add(text)
  })
  return references.length === 0 ? undefined : references
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

const ownerReferenceOf = (value: JsonObject): OwnerReference => ({
  apiVersion: text(value.apiVersion),
  kind: text(value.kind),
  name: text(value.name),
  uid: text(value.uid),
  ...(typeof value.controller === "boolean" ? { controller: value.controller } : {}),
  ...(typeof value.blockOwnerDeletion === "boolean" ? { blockOwnerDeletion: value.blockOwnerDeletion } : {})
})

/** What is wrong with metadata that is about to be stored; unchanged parts are not looked at again. */
export const validateMetadata = (
  kind: AnyKind,
  next: ObjectMeta,
  old: ObjectMeta | undefined
): ReadonlyArray<FieldError> => {
  const errors: Array<FieldError> = []
  if (old === undefined) errors.push(...nameErrors(kind, next.name))
  if (next.labels !== old?.labels) errors.push(...labelErrors(next.labels ?? {}))
  if (next.annotations !== old?.annotations) errors.push(...annotationErrors(next.annotations ?? {}))
  if (next.finalizers !== old?.finalizers) errors.push(...finalizerErrors(kind, next, old))
  if (next.ownerReferences !== old?.ownerReferences) errors.push(...ownerErrors(next.ownerReferences ?? []))
  return errors
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const qualified = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
  "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const qualifiedRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

const invalidValue = (at: string, value: unknown, rule: string): FieldError => ({
  field: at,
  reason: "FieldValueInvalid",
  message: `Invalid value: ${shownValue(value)}: ${rule}`
})

const nameErrors = (kind: AnyKind, name: string): ReadonlyArray<FieldError> => {
  if (name === "") {
    return [
      {
        field: "metadata.name",
        reason: "FieldValueRequired",
        message: "Required value: name or generateName is required"
      }
    ]
  }
  if (kind.group === "rbac.authorization.k8s.io") {
    return name === "." || name === ".." || /[/%]/.test(name)
      ? [invalidValue("metadata.name", name, "may not contain '/' or '%' or be '.' or '..'")]
      : []
  }
  const strict = kind.group === "" && kind.kind === "Namespace"
  const lengthMax = strict ? 63 : 253
  const errors: Array<FieldError> = []
  if (name.length > lengthMax)
    errors.push(invalidValue("metadata.name", name, `must be no more than ${lengthMax} bytes`))
  if (!(strict ? label : subdomain).test(name)) {
    errors.push(invalidValue("metadata.name", name, strict ? labelRule : subdomainRule))
  }
  return errors
}

const isQualifiedName = (key: string): boolean => {
  const slash = key.indexOf("/")
  const prefix = slash === -1 ? undefined : key.slice(0, slash)
  const name = key.slice(slash + 1)
  if (prefix !== undefined && (prefix.length > 253 || !subdomain.test(prefix))) return false
  return name.length <= 63 && qualified.test(name)
}

const labelErrors = (labels: StringMap): ReadonlyArray<FieldError> =>
  Object.entries(labels).flatMap(([key, value]) => [
    ...(isQualifiedName(key) ? [] : [invalidValue("metadata.labels", key, `name part ${qualifiedRule}`)]),
    ...(value.length > 63 ? [invalidValue("metadata.labels", value, "must be no more than 63 bytes")] : []),
    ...(value === "" || qualified.test(value)
      ? []
      : [
          invalidValue(
            "metadata.labels",
            value,
            `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`
          )
        ])
  ])

const annotationErrors = (annotations: StringMap): ReadonlyArray<FieldError> =>
  Object.keys(annotations).flatMap((key) =>
    isQualifiedName(key.toLowerCase()) ? [] : [invalidValue("metadata.annotations", key, `name part ${qualifiedRule}`)]
  )

const standardFinalizers = ["foregroundDeletion", "orphan", "kubernetes"]

const finalizerErrors = (kind: AnyKind, next: ObjectMeta, old: ObjectMeta | undefined): ReadonlyArray<FieldError> => {
  const before = old?.finalizers ?? []
  const added = (next.finalizers ?? []).filter((finalizer) => !before.includes(finalizer))
  const errors = added.flatMap((finalizer) => {
    if (standardFinalizers.includes(finalizer)) return []
    if (!isQualifiedName(finalizer))
      return [invalidValue("metadata.finalizers", finalizer, `name part ${qualifiedRule}`)]
    // Built-in kinds alone ask for a domain: Cluster API's own finalizers have none.
    return finalizer.includes("/") || !isNative(kind)
      ? []
      : [
          invalidValue(
            "metadata.finalizers",
            finalizer,
            "name is neither a standard finalizer name nor is it fully qualified"
          )
        ]
  })
  if (old?.deletionTimestamp === undefined || added.length === 0) return errors
  const list = added.map(shownValue).join(", ")
  return [
    ...errors,
    {
      field: "metadata.finalizers",
      reason: "FieldValueForbidden",
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`
    }
  ]
}

const ownerErrors = (owners: ReadonlyArray<OwnerReference>): ReadonlyArray<FieldError> => {
  const errors: Array<FieldError> = []
  for (const [index, owner] of owners.entries()) {
    for (const key of ["apiVersion", "kind", "name", "uid"] as const) {
      if (owner[key] !== "") continue
      const rule = key === "apiVersion" ? "version must not be empty" : `must not be empty`
      errors.push(invalidValue(`metadata.ownerReferences[${index}].${key}`, "", rule))
    }
  }
  const controllers = owners.filter((owner) => owner.controller === true)
  if (controllers.length > 1) {
    const [first, second] = controllers
    errors.push(
      invalidValue(
        "metadata.ownerReferences",
        owners.map((owner) => owner.name).join(", "),
        `Only one reference can have Controller set to true. Found "true" in references for ${first?.kind}/${first?.name} and ${second?.kind}/${second?.name}`
      )
    )
  }
  return errors
}

const generatedAlphabet = "bcdfghjklmnpqrstvwxz2456789"

/** A name from a `generateName`: cut so that it fits 63 characters, with five characters of chance. */
export const generatedName = (base: string, below: (n: number) => number): string => {
  let name = base.slice(0, 58)
  for (let i = 0; i < 5; i++) name += generatedAlphabet[below(generatedAlphabet.length)]
  return name
}

/** A random (version 4) UUID from whole numbers of 32 bits. */
export const uuid = (u32: () => number): string => {
  const hex = (): string => u32().toString(16).padStart(8, "0")
  const [a, b, c, d] = [hex(), hex(), hex(), hex()]
  const variant = "89ab"[Number.parseInt(c.charAt(0), 16) & 3]
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`
}
