/**
 * Small words for admission: one function a way in which a field can be wrong, and checks that several kinds share.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/tags.go
 */
import type { FieldError } from "@capstan/api"

export const required = (field: string, message: string): FieldError => ({
  field,
  reason: "FieldValueRequired",
  message: `Required value: ${message}`
})

export const forbidden = (field: string, message: string): FieldError => ({
  field,
  reason: "FieldValueForbidden",
  message: `Forbidden: ${message}`
})

export const invalid = (field: string, value: unknown, message: string): FieldError => ({
  field,
  reason: "FieldValueInvalid",
  message: `Invalid value: ${JSON.stringify(value)}: ${message}`
})

export const notSupported = (field: string, value: unknown, message: string): FieldError => ({
  field,
  reason: "FieldValueNotSupported",
  message: `Unsupported value: ${JSON.stringify(value)}: ${message}`
})

const tagCharacters = /^[\p{L}\p{Z}\p{N}_.:=+\-@/]*$/u

/** AWS's own rules for tags: at most 50, key 1..128 and value 0..256 characters, no prefix `aws:`. */
export const validateTags = (
  field: string,
  tags: { readonly [key: string]: string } | undefined
): ReadonlyArray<FieldError> => {
  const entries = Object.entries(tags ?? {})
  return [
    ...(entries.length > 50 ? [invalid(field, entries.length, "at most 50 tags are allowed")] : []),
    ...entries.flatMap(([key, value]) => [
      ...(key.length < 1 || key.length > 128 ? [invalid(field, key, "a key has 1 to 128 characters")] : []),
      ...(value.length > 256 ? [invalid(field, value, "a value has at most 256 characters")] : []),
      ...(/^aws:/i.test(key) ? [invalid(field, key, "the prefix aws: is reserved")] : []),
      ...(tagCharacters.test(key) ? [] : [invalid(field, key, "a key has letters, digits, spaces and _.:=+-@/ only")]),
      ...(tagCharacters.test(value)
        ? []
        : [invalid(field, value, "a value has letters, digits, spaces and _.:=+-@/ only")])
    ])
  ]
}

/** The name of an EC2 key pair: printable ASCII without spaces at the ends; empty means no key. */
export const validateSshKeyName = (field: string, name: string | undefined): ReadonlyArray<FieldError> =>
  name === undefined || name === "" || /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name)
    ? []
    : [invalid(field, name, "a key's name is printable ASCII without spaces at the ends")]

const ipv4Cidr = /^((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)\/(3[0-2]|[12]?\d)$/
const ipv6Cidr = /^[0-9a-fA-F:]*:[0-9a-fA-F:.]*\/(12[0-8]|1[01]\d|\d?\d)$/

export const isIpv4Cidr = (text: string): boolean => ipv4Cidr.test(text)

export const isCidr = (text: string): boolean => isIpv4Cidr(text) || ipv6Cidr.test(text)

export const validateCidrs = (field: string, blocks: ReadonlyArray<string> | undefined): ReadonlyArray<FieldError> =>
  (blocks ?? []).flatMap((block, index) =>
    isCidr(block) ? [] : [invalid(`${field}[${index}]`, block, "must be a valid CIDR block")]
  )

/** Whether two JSON values say the same, whatever the order of keys. */
export const sameValue = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item: unknown, index) => sameValue(item, b[index]))
    )
  const left = Object.entries(a)
  const right = new Map<string, unknown>(Object.entries(b))
  return left.length === right.size && left.every(([key, value]) => right.has(key) && sameValue(value, right.get(key)))
}
