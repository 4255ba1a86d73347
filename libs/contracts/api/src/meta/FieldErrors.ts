/**
 * Causes of a rejection, worded as the API server words them: what is wrong, with which value, and why.
 *
 * @source https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/field/errors.go
 */
import { isJsonObject } from "../conversion/JsonPath.ts"
import type { FieldError } from "../Kind.ts"

/** A value as it stands in a message. */
export const shownValue = (value: unknown): string => (value === undefined ? "null" : JSON.stringify(value))

export const requiredField = (field: string, detail: string): FieldError => ({
  field,
  reason: "FieldValueRequired",
  message: `Required value: ${detail}`
})

export const invalidField = (field: string, value: unknown, detail: string): FieldError => ({
  field,
  reason: "FieldValueInvalid",
  message: `Invalid value: ${shownValue(value)}: ${detail}`
})

export const forbiddenField = (field: string, detail: string): FieldError => ({
  field,
  reason: "FieldValueForbidden",
  message: `Forbidden: ${detail}`
})

/** Says nothing while the condition holds. */
export const unless = (holds: boolean, error: () => FieldError): ReadonlyArray<FieldError> => (holds ? [] : [error()])

/** How a message of each reason begins; the value stands for what was found at the field. */
const beginning = (reason: FieldError["reason"], value: unknown): string => {
  switch (reason) {
    case "FieldValueRequired":
      return "Required value"
    case "FieldValueForbidden":
      return "Forbidden"
    case "FieldValueNotSupported":
      return `Unsupported value: ${shownValue(value)}`
    case "FieldValueDuplicate":
      return `Duplicate value: ${shownValue(value)}`
    case "FieldValueTooLong":
      return "Too long"
    case "FieldValueTooMany":
      return "Too many"
    case "FieldValueNotFound":
      return `Not found: ${shownValue(value)}`
    case "FieldValueInvalid":
    case "FieldValueTypeInvalid":
      return `Invalid value: ${shownValue(value)}`
  }
}

const valueAt = (object: unknown, field: string): unknown =>
  field
    .replaceAll(/\[([^\]]*)\]/g, ".$1")
    .split(".")
    .reduce<unknown>(
      (value, token) => (isJsonObject(value) ? value[token] : Array.isArray(value) ? value[Number(token)] : undefined),
      object
    )

/** An admission's error with the beginning that its reason asks for, unless it brings one. */
export const completeFieldError = (object: unknown, error: FieldError): FieldError => {
  const start = beginning(error.reason, valueAt(object, error.field))
  const word = start.split(":")[0] ?? start
  if (error.message.startsWith(word)) return error
  return { ...error, message: error.message === "" ? start : `${start}: ${error.message}` }
}
