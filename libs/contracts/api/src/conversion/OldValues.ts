/**
 * Values that older versions write differently: durations as text, references with a version, flags as maps.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/migrations/v1.10-to-v1.11
 */
import { groupOf } from "../meta/OwnerReferences.ts"
import { isJsonObject } from "./JsonPath.ts"

const secondsOfUnit: { readonly [unit: string]: number } = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600
}

const wholeDuration = /^[+-]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$|^[+-]?0$/

/** Whole seconds in a Go duration such as `1h30m`; the value itself when it is none, for validation to refuse. */
export const secondsOfDuration = (value: unknown): unknown => {
  if (typeof value !== "string" || !wholeDuration.test(value)) return value
  let seconds = 0
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    seconds += Number(amount) * (secondsOfUnit[unit ?? ""] ?? 0)
  }
  return Math.trunc(value.startsWith("-") ? -seconds : seconds)
}

/** Seconds as Go writes a duration: `10m0s`. */
export const durationOfSeconds = (value: unknown): unknown => {
  if (typeof value !== "number") return value
  const sign = value < 0 ? "-" : ""
  const total = Math.abs(value)
  const hours = Math.floor(total / 3600)
  const minutes = Math.floor((total % 3600) / 60)
  const seconds = `${total % 60}s`
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}

/** Group, kind and name of a reference that carried a version and more. */
export const referenceWithoutVersion = (value: unknown): unknown =>
  isJsonObject(value)
    ? {
        ...(typeof value.apiVersion === "string" ? { apiGroup: groupOf(value.apiVersion) } : {}),
        ...(value.kind === undefined ? {} : { kind: value.kind }),
        ...(value.name === undefined ? {} : { name: value.name })
      }
    : value

/** The versions that references of a v1beta1 document name; groups that are not listed get `v1beta1`. */
const referencedVersions: { readonly [group: string]: string } = { "infrastructure.cluster.x-k8s.io": "v1beta2" }

/** The reference with the version by which v1beta1 documents know its group. */
export const referenceWithVersion = (value: unknown): unknown =>
  isJsonObject(value) && typeof value.apiGroup === "string"
    ? {
        apiVersion: `${value.apiGroup}/${referencedVersions[value.apiGroup] ?? "v1beta1"}`,
        kind: value.kind,
        name: value.name
      }
    : value

/** Flags in a map as a list, in order of their names. */
export const listOfFlags = (value: unknown): unknown =>
  isJsonObject(value)
    ? Object.keys(value)
        .sort()
        .map((name) => ({ name, value: value[name] }))
    : value

/** Flags in a list as a map; of flags given twice the last one stays. */
export const mapOfFlags = (value: unknown): unknown =>
  Array.isArray(value)
    ? Object.fromEntries(value.filter(isJsonObject).map((flag) => [String(flag.name), flag.value ?? ""]))
    : value
