/**
 * Causes of a rejection, worded as the API server words them: what is wrong, with which value, and why.
 *
 * @source https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/field/errors.go
 */
import type { FieldError } from "../Kind.ts"

const shown = (value: unknown): string => (value === undefined ? "null" : JSON.stringify(value))

export const requiredField = (field: string, detail: string): FieldError => ({
  field,
  reason: "FieldValueRequired",
  message: `Required value: ${detail}`
})

export const invalidField = (field: string, value: unknown, detail: string): FieldError => ({
  field,
  reason: "FieldValueInvalid",
  message: `Invalid value: ${shown(value)}: ${detail}`
})

export const forbiddenField = (field: string, detail: string): FieldError => ({
  field,
  reason: "FieldValueForbidden",
  message: `Forbidden: ${detail}`
})

/** Says nothing while the condition holds. */
export const unless = (holds: boolean, error: () => FieldError): ReadonlyArray<FieldError> => (holds ? [] : [error()])
