/**
 * A kind's structural schema compiled into closures: one that prunes and defaults, one that checks.
 *
 * Both skip whatever is the same reference as in the stored object, so the price of a write is the price of what changed.
 * That is also the ratcheting of real servers: an old fault in an unchanged part is not reported again. Compiled once for each kind.
 * Left out: CEL rules, `anyOf`/`oneOf`/`allOf`/`not` besides int-or-string, and the formats other than the date and number ones.
 *
 * @source https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 * @fidelity documented https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning — Unknown fields are dropped unless preserved; a null where none is allowed counts as absent.
 * @fidelity documented https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting — Defaults fill absent fields of present objects, nested ones included.
 * @fidelity observed kube-apiserver-1.36 — Texts of schema errors, all errors at once.
 * @fidelity assumed — Errors come in the alphabetical order of properties, where a real server gives them in a different one each time.
 * @fidelity assumed — Ratcheting compares list items by position, where a real server correlates them by map keys only.
 */
import { type AnyKind, type FieldError, shownValue, structuralSchema, type StructuralSchema } from "@capstan/api"
import { deepFreeze, isObject, type JsonObject, withoutUndefined } from "./FrozenValue.ts"

/** What normalising found besides: unknown fields, as the server warns of them. */
export type Warnings = Array<string>

type Normalize = (value: unknown, old: unknown, context: Context) => unknown
type Check = (value: unknown, old: unknown, context: Context) => void

interface Context {
  readonly path: Array<string>
  readonly errors: Array<FieldError>
  readonly warnings: Warnings
}

export interface ObjectSchema {
  /** Prunes unknown fields and fills defaults in. The same reference when nothing changes. */
  readonly normalize: (object: JsonObject, old: JsonObject | undefined, warnings: Warnings) => JsonObject
  /** Everything wrong in the parts that differ from `old`. */
  readonly validate: (object: JsonObject, old: JsonObject | undefined) => ReadonlyArray<FieldError>
}

const compiled = new WeakMap<AnyKind, ObjectSchema>()

export const objectSchema = (kind: AnyKind): ObjectSchema => {
  const known = compiled.get(kind)
  if (known !== undefined) return known
  const schema = structuralSchema(kind)
  const bodyOnly: StructuralSchema = {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: {},
      kind: {},
      metadata: { "x-kubernetes-preserve-unknown-fields": true }
    }
  }
  const normalize = compileNormalize(bodyOnly)
  const check = compileCheck(bodyOnly)
  const result: ObjectSchema = {
    normalize: (object, old, warnings) => normalize(object, old, { path: [], errors: [], warnings }) as JsonObject,
    validate: (object, old) => {
      const context: Context = { path: [], errors: [], warnings: [] }
      check(object, old, context)
      return context.errors
    }
  }
  compiled.set(kind, result)
  return result
}

const field = (path: ReadonlyArray<string>): string => path.join("").replace(/^\./, "")

const at = (container: unknown, key: string): unknown => (isObject(container) ? container[key] : undefined)

const itemAt = (container: unknown, index: number): unknown => (Array.isArray(container) ? container[index] : undefined)

const compileNormalize = (schema: StructuralSchema): Normalize => {
  if (schema.type === "array" || schema.items !== undefined) return normalizeList(schema)
  const { additionalProperties } = schema
  if (additionalProperties !== undefined) return normalizeMap(compileNormalize(additionalProperties))
  if (schema.properties !== undefined) return normalizeStruct(schema, schema.properties)
  if (schema.type === "object" && schema["x-kubernetes-preserve-unknown-fields"] !== true)
    return normalizeStruct(schema, {})
  return (value, old) => (value === old ? value : withoutUndefined(value))
}

const normalizeList = (schema: StructuralSchema): Normalize => {
  const item = compileNormalize(schema.items ?? {})
  return (value, old, context) => {
    if (value === old || !Array.isArray(value)) return value
    let replaced: Array<unknown> | undefined
    for (let i = 0; i < value.length; i++) {
      context.path.push(`[${i}]`)
      const next = value[i] === undefined ? null : item(value[i], itemAt(old, i), context)
      context.path.pop()
      if (next !== value[i]) (replaced ??= [...value])[i] = next
    }
    return replaced ?? value
  }
}

const normalizeMap =
  (item: Normalize): Normalize =>
  (value, old, context) => {
    if (value === old || !isObject(value)) return value
    let replaced: { [key: string]: unknown } | undefined
    for (const key in value) {
      if (value[key] === undefined || value[key] === null) {
        replaced ??= { ...value }
        delete replaced[key]
        continue
      }
      context.path.push(`.${key}`)
      const next = item(value[key], at(old, key), context)
      context.path.pop()
      if (next !== value[key]) (replaced ??= { ...value })[key] = next
    }
    return replaced ?? value
  }

interface Property {
  readonly normalize: Normalize
  readonly nullable: boolean
}

const normalizeStruct = (
  schema: StructuralSchema,
  properties: { readonly [name: string]: StructuralSchema }
): Normalize => {
  const known = new Map<string, Property>()
  const defaults: Array<readonly [string, unknown]> = []
  for (const [name, property] of Object.entries(properties)) {
    const normalize = compileNormalize(property)
    known.set(name, { normalize, nullable: property.nullable === true || Object.keys(property).length === 0 })
    if (property.default === undefined) continue
    const value = deepFreeze(
      normalize(structuredCopy(property.default), undefined, { path: [], errors: [], warnings: [] })
    )
    defaults.push([name, value])
  }
  const keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true
  return (value, old, context) => {
    if (value === old || !isObject(value)) return value
    let replaced: { [key: string]: unknown } | undefined
    for (const key in value) {
      const part = value[key]
      const property = known.get(key)
      const next =
        property === undefined
          ? keepsUnknown
            ? part === undefined
              ? undefined
              : withoutUndefined(part)
            : undefined
          : (part === null && !property.nullable) || part === undefined
            ? undefined
            : normalizeAt(property.normalize, part, at(old, key), key, context)
      if (next === undefined) {
        if (property === undefined && part !== undefined) {
          context.warnings.push(`unknown field "${field([...context.path, `.${key}`])}"`)
        }
        replaced ??= { ...value }
        delete replaced[key]
      } else if (next !== part) (replaced ??= { ...value })[key] = next
    }
    for (const [name, fallback] of defaults) {
      if ((replaced ?? value)[name] === undefined) (replaced ??= { ...value })[name] = fallback
    }
    return replaced ?? value
  }
}

const normalizeAt = (normalize: Normalize, part: unknown, old: unknown, key: string, context: Context): unknown => {
  context.path.push(`.${key}`)
  const next = normalize(part, old, context)
  context.path.pop()
  return next
}

/** A copy that may be frozen without touching the schema. */
const structuredCopy = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(structuredCopy)
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, structuredCopy(part)]))
    : value
}

const fail = (context: Context, reason: FieldError["reason"], message: string, at = field(context.path)): void => {
  context.errors.push({ field: at === "" ? "<nil>" : at, reason, message })
}

const inBody = (context: Context, value: unknown, rule: string): string =>
  `Invalid value: ${shownValue(value)}: ${field(context.path)} in body ${rule}`

const compileCheck = (schema: StructuralSchema): Check => {
  const checks = [typeCheck(schema), ...scalarChecks(schema), ...listChecks(schema), ...objectChecks(schema)]
  const [checkType, ...others] = checks.filter((check) => check !== undefined)
  return (value, old, context) => {
    if (value === old) return
    if (value === null && schema.nullable === true) return
    const before = context.errors.length
    checkType?.(value, old, context)
    if (context.errors.length > before) return
    for (const check of others) check(value, old, context)
  }
}

const matchesType = (type: NonNullable<StructuralSchema["type"]>, value: unknown): boolean => {
  switch (type) {
    case "object":
      return isObject(value)
    case "array":
      return Array.isArray(value)
    case "integer":
      return typeof value === "number" && Number.isInteger(value)
    default:
      return typeof value === type
  }
}

const describeType = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value
}

const typeCheck = (schema: StructuralSchema): Check => {
  if (schema["x-kubernetes-int-or-string"] === true) {
    return (value, _, context) => {
      if (typeof value === "string" || (typeof value === "number" && Number.isInteger(value))) return
      wrongType(value, "integer,string", context)
    }
  }
  const { format, type } = schema
  if (type === "integer" && format !== undefined) {
    return (value, _, context) => {
      if (matchesType(type, value)) return
      // The format is looked at before the type where the value is a number at all.
      if (typeof value === "number") wrongType(value, format, context, "float64")
      else wrongType(value, type, context)
    }
  }
  return type === undefined
    ? () => {}
    : (value, _, context) => (matchesType(type, value) ? undefined : wrongType(value, type, context))
}

const wrongType = (value: unknown, wanted: string, context: Context, found = describeType(value)): void => {
  fail(context, "FieldValueTypeInvalid", inBody(context, found, `must be of type ${wanted}: "${found}"`))
}

const dateTime = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

const formats: { readonly [format: string]: (value: unknown) => boolean } = {
  "date-time": (value) => typeof value !== "string" || (dateTime.test(value) && !Number.isNaN(Date.parse(value))),
  date: (value) => typeof value !== "string" || /^\d{4}-\d\d-\d\d$/.test(value),
  int32: (value) => typeof value !== "number" || (value >= -2147483648 && value <= 2147483647)
}

const scalarChecks = (schema: StructuralSchema): ReadonlyArray<Check> => {
  const checks: Array<Check> = []
  const { enum: allowed, format, maxLength, maximum, minLength, minimum, multipleOf, pattern } = schema
  if (allowed !== undefined) {
    const list = allowed.map(shownValue).join(", ")
    checks.push((value, _, context) => {
      if (allowed.some((candidate) => candidate === value)) return
      fail(context, "FieldValueNotSupported", `Unsupported value: ${shownValue(value)}: supported values: ${list}`)
    })
  }
  const good = format === undefined ? undefined : formats[format]
  if (good !== undefined) {
    checks.push((value, _, context) => {
      if (good(value)) return
      fail(context, "FieldValueTypeInvalid", inBody(context, value, `must be of type ${format}: ${shownValue(value)}`))
    })
  }
  const rule =
    (broken: (value: number) => boolean, text: string): Check =>
    (value, _, context) => {
      if (typeof value === "number" && broken(value)) fail(context, "FieldValueInvalid", inBody(context, value, text))
    }
  if (minimum !== undefined) {
    checks.push(
      schema.exclusiveMinimum === true
        ? rule((value) => value <= minimum, `should be greater than ${minimum}`)
        : rule((value) => value < minimum, `should be greater than or equal to ${minimum}`)
    )
  }
  if (maximum !== undefined) {
    checks.push(
      schema.exclusiveMaximum === true
        ? rule((value) => value >= maximum, `should be less than ${maximum}`)
        : rule((value) => value > maximum, `should be less than or equal to ${maximum}`)
    )
  }
  if (multipleOf !== undefined)
    checks.push(rule((value) => value % multipleOf !== 0, `should be a multiple of ${multipleOf}`))
  if (minLength !== undefined && minLength > 0) {
    checks.push((value, _, context) => {
      if (typeof value !== "string" || charactersOf(value) >= minLength) return
      fail(context, "FieldValueInvalid", inBody(context, value, `should be at least ${minLength} chars long`))
    })
  }
  if (maxLength !== undefined) {
    checks.push((value, _, context) => {
      if (typeof value !== "string" || value.length <= maxLength || charactersOf(value) <= maxLength) return
      fail(context, "FieldValueTooLong", `Too long: may not be more than ${maxLength} bytes`)
    })
  }
  if (pattern !== undefined) {
    const expression = new RegExp(pattern)
    checks.push((value, _, context) => {
      if (typeof value !== "string" || expression.test(value)) return
      fail(context, "FieldValueInvalid", inBody(context, value, `should match '${pattern}'`))
    })
  }
  return checks
}

const charactersOf = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

const listChecks = (schema: StructuralSchema): ReadonlyArray<Check> => {
  if (schema.type !== "array") return []
  const { maxItems, minItems } = schema
  const checks: Array<Check> = []
  if (minItems !== undefined && minItems > 0) {
    checks.push((value, _, context) => {
      if (!Array.isArray(value) || value.length >= minItems) return
      fail(context, "FieldValueInvalid", inBody(context, value.length, `should have at least ${minItems} items`))
    })
  }
  if (maxItems !== undefined) {
    checks.push((value, _, context) => {
      if (!Array.isArray(value) || value.length <= maxItems) return
      fail(context, "FieldValueTooMany", `Too many: ${value.length}: must have at most ${maxItems} items`)
    })
  }
  const keys = schema["x-kubernetes-list-map-keys"]
  if (schema["x-kubernetes-list-type"] === "map" && keys !== undefined) {
    const [only] = keys
    const shown = (item: unknown) => Object.fromEntries(keys.map((key) => [key, at(item, key)]))
    checks.push(uniqueBy(keys.length === 1 && only !== undefined ? (item) => at(item, only) : shown, shown))
  }
  if (schema["x-kubernetes-list-type"] === "set" || schema.uniqueItems === true)
    checks.push(
      uniqueBy(
        (item) => item,
        (item) => item
      )
    )
  if (schema.items !== undefined) checks.push(checkItems(compileCheck(schema.items)))
  return checks
}

/** @param shown what of an item stands in the complaint. */
const uniqueBy =
  (identity: (item: unknown) => unknown, shown: (item: unknown) => unknown): Check =>
  (value, _, context) => {
    if (!Array.isArray(value) || value.length < 2) return
    const seen = new Set<unknown>()
    for (let i = 0; i < value.length; i++) {
      const found = identity(value[i])
      const known = typeof found === "object" ? shownValue(found) : found
      if (seen.has(known)) {
        const message = `Duplicate value: ${shownValue(shown(value[i]))}`
        fail(context, "FieldValueDuplicate", message, `${field(context.path)}[${i}]`)
      }
      seen.add(known)
    }
  }

const checkItems =
  (check: Check): Check =>
  (value, old, context) => {
    if (!Array.isArray(value)) return
    for (let i = 0; i < value.length; i++) {
      if (value[i] === itemAt(old, i)) continue
      context.path.push(`[${i}]`)
      check(value[i], itemAt(old, i), context)
      context.path.pop()
    }
  }

const objectChecks = (schema: StructuralSchema): ReadonlyArray<Check> => {
  const checks: Array<Check> = []
  const { additionalProperties, maxProperties, minProperties, properties, required } = schema
  if (required !== undefined && required.length > 0) {
    const names = [...required].sort()
    checks.push((value, _, context) => {
      if (!isObject(value)) return
      for (const name of names) {
        if (value[name] !== undefined) continue
        fail(context, "FieldValueRequired", "Required value", field([...context.path, `.${name}`]))
      }
    })
  }
  if (minProperties !== undefined) {
    checks.push((value, _, context) => {
      const count = isObject(value) ? Object.keys(value).length : minProperties
      if (count >= minProperties) return
      fail(context, "FieldValueInvalid", inBody(context, count, `should have at least ${minProperties} properties`))
    })
  }
  if (maxProperties !== undefined) {
    checks.push((value, _, context) => {
      const count = isObject(value) ? Object.keys(value).length : 0
      if (count <= maxProperties) return
      fail(context, "FieldValueTooMany", `Too many: ${count}: must have at most ${maxProperties} items`)
    })
  }
  if (properties !== undefined) checks.push(checkProperties(properties))
  if (additionalProperties !== undefined) checks.push(checkValues(compileCheck(additionalProperties)))
  return checks
}

const checkProperties = (properties: { readonly [name: string]: StructuralSchema }): Check => {
  const named = Object.keys(properties)
    .sort()
    .map((name) => [name, `.${name}`, compileCheck(properties[name] ?? {})] as const)
  return (value, old, context) => {
    if (!isObject(value)) return
    for (const [name, step, check] of named) {
      const part = value[name]
      if (part === undefined || part === at(old, name)) continue
      context.path.push(step)
      check(part, at(old, name), context)
      context.path.pop()
    }
  }
}

const checkValues =
  (check: Check): Check =>
  (value, old, context) => {
    if (!isObject(value)) return
    for (const key of Object.keys(value).sort()) {
      if (value[key] === at(old, key)) continue
      context.path.push(`.${key}`)
      check(value[key], at(old, key), context)
      context.path.pop()
    }
  }
