/**
 * Numbers that may be written as a share of a total, such as `maxSurge: 25%`.
 *
 * The rounding is part of the meaning: surge rounds up, unavailable and unhealthy round down.
 *
 * @source https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
import type { FieldError } from "../Kind.ts"
import { invalidField, unless } from "../meta/FieldErrors.ts"

const percent = /^(\d+)%$/

/** The share in `"25%"`; undefined for anything else. */
export const percentOf = (value: number | string): number | undefined => {
  const match = typeof value === "string" ? percent.exec(value) : null
  return match === null ? undefined : Number(match[1])
}

/** Whether the value is a whole number of at least 0 or a percentage. */
export const isIntOrPercent = (value: number | string): boolean =>
  typeof value === "number" ? Number.isInteger(value) && value >= 0 : percentOf(value) !== undefined

/** That the value is absent, or a number or percentage as above. */
export const checkIntOrPercent = (value: number | string | undefined, field: string): ReadonlyArray<FieldError> =>
  unless(value === undefined || isIntOrPercent(value), () =>
    invalidField(field, value, "must be a whole number of at least 0 or a percentage such as 25%")
  )

/**
 * The number that the value stands for.
 *
 * @param total what a percentage is a share of
 * @returns undefined when the value is neither a whole number nor a percentage
 */
export const resolveIntOrPercent = (
  value: number | string,
  total: number,
  rounding: "up" | "down"
): number | undefined => {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined
  const share = percentOf(value)
  if (share === undefined) return undefined
  return rounding === "up" ? Math.ceil((share * total) / 100) : Math.floor((share * total) / 100)
}
