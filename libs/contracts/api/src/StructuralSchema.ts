/**
 * Structural schemas: an Effect Schema read as the OpenAPI document that a CRD carries.
 *
 * One description of a kind serves types, generated test data and the API server. What Effect Schema has no word for
 * (list-map keys, int-or-string, CEL rules, defaults, number formats) is put on by the helpers below as an annotation;
 * lengths, bounds and patterns are ordinary checks, so plain Effect schemas are understood too.
 * Left out: descriptions, and everything that structural schemas forbid (unions other than int-or-string, recursion).
 *
 * @source https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
import { Schema, type SchemaAST } from "effect"
import type { AnyKind } from "./Kind.ts"

/** A rule in CEL, as in `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

/** A structural schema as plain JSON. Property names, in the order of the Effect schema. */
export interface StructuralSchema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean"
  readonly properties?: { readonly [name: string]: StructuralSchema }
  readonly required?: ReadonlyArray<string>
  readonly items?: StructuralSchema
  readonly additionalProperties?: StructuralSchema
  readonly enum?: ReadonlyArray<string | number | boolean>
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly default?: unknown
  readonly nullable?: boolean
  readonly anyOf?: ReadonlyArray<StructuralSchema>
  readonly "x-kubernetes-int-or-string"?: boolean
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean
  readonly "x-kubernetes-embedded-resource"?: boolean
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map"
  readonly "x-kubernetes-list-map-keys"?: ReadonlyArray<string>
  readonly "x-kubernetes-map-type"?: "atomic" | "granular"
  readonly "x-kubernetes-validations"?: ReadonlyArray<ValidationRule>
}

const annotationKey = "~capstan/structural"

const unstatedKey = "~capstan/unstated"

const annotationOf = (schema: Schema.Constraint): StructuralSchema =>
  (Schema.resolveAnnotations(schema)?.[annotationKey] ?? {}) as StructuralSchema

/** The schema with keywords added to its structural form. Types and decoding stay as they are. */
export const withStructure = <S extends Schema.Top>(schema: S, structure: StructuralSchema): S["Rebuild"] =>
  schema.annotate({ [annotationKey]: { ...annotationOf(schema), ...structure } })

/** The schema with keywords left out of its structural form: the type is narrower than what the CRD states. */
export const withoutKeywords = <S extends Schema.Top>(
  schema: S,
  ...keywords: ReadonlyArray<keyof StructuralSchema>
): S["Rebuild"] => schema.annotate({ [unstatedKey]: keywords })

/** The schema with the value that the API server fills in when the field is absent. */
export const withDefault = <S extends Schema.Top>(schema: S, value: S["Type"]): S["Rebuild"] =>
  withStructure(schema, { default: value })

/** The schema with CEL rules that the API server checks. */
export const withRules = <S extends Schema.Top>(schema: S, ...rules: ReadonlyArray<ValidationRule>): S["Rebuild"] =>
  withStructure(schema, { "x-kubernetes-validations": rules })

export interface TextOptions {
  readonly minLength?: number
  readonly maxLength?: number
  /** A regular expression in the common ground of RE2 and JavaScript. */
  readonly pattern?: string
  readonly format?: string
}

/** A string; lengths in characters. */
export const text = (options: TextOptions = {}): Schema.String => {
  let schema: Schema.String = Schema.String
  if (options.minLength !== undefined && options.minLength > 0)
    schema = schema.check(Schema.isMinLength(options.minLength))
  if (options.maxLength !== undefined) schema = schema.check(Schema.isMaxLength(options.maxLength))
  if (options.pattern !== undefined) schema = schema.check(Schema.isPattern(new RegExp(options.pattern)))
  const { minLength, format } = options
  return withStructure(schema, {
    ...(minLength === undefined ? {} : { minLength }),
    ...(options.pattern === undefined ? {} : { pattern: options.pattern }),
    ...(format === undefined ? {} : { format })
  })
}

/** A time as RFC 3339, whole seconds in UTC when we write it. */
export const Timestamp: Schema.String = withoutKeywords(
  text({ format: "date-time", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$" }),
  "pattern"
)

export interface IntegerOptions {
  readonly minimum?: number
  readonly maximum?: number
}

const integer = (format: "int32" | "int64", options: IntegerOptions): Schema.Int => {
  let schema: Schema.Int = Schema.Int
  if (options.minimum !== undefined) schema = schema.check(Schema.isGreaterThanOrEqualTo(options.minimum))
  if (options.maximum !== undefined) schema = schema.check(Schema.isLessThanOrEqualTo(options.maximum))
  return withStructure(schema, { format })
}

export const int32 = (options: IntegerOptions = {}): Schema.Int => integer("int32", options)

export const int64 = (options: IntegerOptions = {}): Schema.Int => integer("int64", options)

/** A whole number or a string, as in replica counts that may be percentages. */
export const IntOrString: Schema.Union<readonly [Schema.Int, Schema.String]> = withStructure(
  Schema.Union([Schema.Int, Schema.String]),
  { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] }
)

export type IntOrString = number | string

/** An object of which the API server keeps whatever it is given. */
export const Opaque: Schema.$Record<Schema.String, Schema.Unknown> = withStructure(
  Schema.Record(Schema.String, Schema.Unknown),
  { type: "object", "x-kubernetes-preserve-unknown-fields": true }
)

export interface ListOptions {
  readonly minItems?: number
  readonly maxItems?: number
  /** How server-side apply merges the list: as one value, as a set, or by the named keys. */
  readonly type?: "atomic" | "set"
  readonly keys?: ReadonlyArray<string>
}

export const list = <S extends Schema.Top>(item: S, options: ListOptions = {}): Schema.$Array<S> => {
  let schema: Schema.$Array<S> = Schema.Array(item)
  if (options.minItems !== undefined && options.minItems > 0)
    schema = schema.check(Schema.isMinLength(options.minItems))
  if (options.maxItems !== undefined) schema = schema.check(Schema.isMaxLength(options.maxItems))
  return withStructure(schema, {
    ...(options.minItems === 0 ? { minItems: 0 } : {}),
    ...(options.type === undefined ? {} : { "x-kubernetes-list-type": options.type }),
    ...(options.keys === undefined
      ? {}
      : { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": options.keys })
  })
}

/** A map from names to values of one schema. */
export const dictionary = <S extends Schema.Top>(value: S): Schema.$Record<Schema.String, S> =>
  Schema.Record(Schema.String, value)

export interface StructOptions {
  readonly minProperties?: number
  readonly maxProperties?: number
  /** Whether server-side apply treats the object as one value. */
  readonly atomic?: boolean
}

/** A struct with the keywords that objects may have besides their fields. */
export const struct = <const Fields extends Schema.Struct.Fields>(
  fields: Fields,
  options: StructOptions = {}
): Schema.Struct<Fields> => {
  let schema: Schema.Struct<Fields> = Schema.Struct(fields)
  if (options.minProperties !== undefined) schema = schema.check(Schema.isMinProperties(options.minProperties))
  if (options.maxProperties !== undefined) schema = schema.check(Schema.isMaxProperties(options.maxProperties))
  return options.atomic === true ? withStructure(schema, { "x-kubernetes-map-type": "atomic" }) : schema
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

type Payload = { readonly [key: string]: unknown }

const number = (payload: Payload, key: string): number => Number(payload[key])

/** The keywords that a check of Effect Schema stands for on a value of this type. */
const keywordsOf = (id: string, payload: Payload, type: StructuralSchema["type"]): StructuralSchema => {
  const ofList = type === "array"
  switch (id) {
    case "effect/schema/isMinLength":
      return ofList ? { minItems: number(payload, "minLength") } : { minLength: number(payload, "minLength") }
    case "effect/schema/isMaxLength":
      return ofList ? { maxItems: number(payload, "maxLength") } : { maxLength: number(payload, "maxLength") }
    case "effect/schema/isBetweenLength":
      return ofList
        ? { minItems: number(payload, "minimum"), maxItems: number(payload, "maximum") }
        : { minLength: number(payload, "minimum"), maxLength: number(payload, "maximum") }
    case "effect/schema/isGreaterThanOrEqualTo":
      return { minimum: number(payload, "minimum") }
    case "effect/schema/isLessThanOrEqualTo":
      return { maximum: number(payload, "maximum") }
    case "effect/schema/isGreaterThan":
      return { minimum: number(payload, "exclusiveMinimum"), exclusiveMinimum: true }
    case "effect/schema/isLessThan":
      return { maximum: number(payload, "exclusiveMaximum"), exclusiveMaximum: true }
    case "effect/schema/isBetween":
      return { minimum: number(payload, "minimum"), maximum: number(payload, "maximum") }
    case "effect/schema/isMinProperties":
      return { minProperties: number(payload, "minProperties") }
    case "effect/schema/isMaxProperties":
      return { maxProperties: number(payload, "maxProperties") }
    case "effect/schema/isPattern":
      return typeof payload.regExp === "object" && payload.regExp !== null && "source" in payload.regExp
        ? { pattern: String(payload.regExp.source) }
        : { pattern: String(payload.source ?? payload.regExp) }
    case "effect/schema/isInt":
      return { type: "integer" }
    case "effect/schema/isUnique":
      return { "x-kubernetes-list-type": "set" }
    default:
      return {}
  }
}

const withChecks = (ast: SchemaAST.AST, base: StructuralSchema): StructuralSchema => {
  const result: Mutable<StructuralSchema> = { ...base }
  const annotations: Array<Schema.Annotations.Annotations | undefined> = [ast.annotations]
  const visit = (check: SchemaAST.Check<never>): void => {
    if (check._tag === "FilterGroup") check.checks.forEach(visit)
    const representation = check.annotations?.representation as
      | { readonly id: string; readonly payload: unknown }
      | undefined
    if (representation !== undefined) {
      Object.assign(result, keywordsOf(representation.id, (representation.payload ?? {}) as Payload, base.type))
    }
    annotations.push(check.annotations)
  }
  ast.checks?.forEach(visit)
  for (const annotation of annotations) {
    if (annotation === undefined) continue
    if (typeof annotation.format === "string") result.format = annotation.format
    if (annotation.default !== undefined) result.default = annotation.default
    Object.assign(result, annotation[annotationKey])
  }
  for (const annotation of annotations) {
    for (const keyword of (annotation?.[unstatedKey] ?? []) as ReadonlyArray<keyof StructuralSchema>)
      delete result[keyword]
  }
  if (result.type === "integer" && result.format === undefined) result.format = "int64"
  return result
}

const isOptional = (ast: SchemaAST.AST): boolean => ast.context?.isOptional === true

const structureOfUnion = (ast: SchemaAST.Union): StructuralSchema => {
  const members = ast.types.filter((type) => type._tag !== "Undefined" && type._tag !== "Null")
  const nullable: StructuralSchema = ast.types.some((type) => type._tag === "Null") ? { nullable: true } : {}
  const literals = members.flatMap((type) =>
    type._tag === "Literal" && typeof type.literal !== "bigint" ? [type.literal] : []
  )
  if (literals.length === members.length && literals.length > 0) {
    return { type: typeOfLiteral(literals[0]), enum: literals, ...nullable }
  }
  const [only, ...others] = members
  return only !== undefined && others.length === 0 ? { ...structureOf(only), ...nullable } : nullable
}

const typeOfLiteral = (literal: unknown): "string" | "number" | "boolean" =>
  typeof literal === "number" ? "number" : typeof literal === "boolean" ? "boolean" : "string"

const structureOfObject = (ast: SchemaAST.Objects): StructuralSchema => {
  const values = ast.indexSignatures[0]
  if (ast.propertySignatures.length === 0 && values !== undefined) {
    return values.type._tag === "Unknown"
      ? { type: "object", "x-kubernetes-preserve-unknown-fields": true }
      : { type: "object", additionalProperties: structureOf(values.type) }
  }
  const required = ast.propertySignatures.filter(({ type }) => !isOptional(type)).map(({ name }) => String(name))
  return {
    type: "object",
    properties: Object.fromEntries(ast.propertySignatures.map(({ name, type }) => [String(name), structureOf(type)])),
    ...(required.length === 0 ? {} : { required })
  }
}

const baseOf = (ast: SchemaAST.AST): StructuralSchema => {
  switch (ast._tag) {
    case "String":
    case "TemplateLiteral":
      return { type: "string" }
    case "Number":
      return { type: "number" }
    case "Boolean":
      return { type: "boolean" }
    case "Literal":
      return typeof ast.literal === "bigint" ? {} : { type: typeOfLiteral(ast.literal), enum: [ast.literal] }
    case "Arrays": {
      const item = ast.rest[0]
      return item === undefined ? { type: "array" } : { type: "array", items: structureOf(item) }
    }
    case "Objects":
      return structureOfObject(ast)
    case "Union":
      return structureOfUnion(ast)
    case "Unknown":
    case "Any":
      return { "x-kubernetes-preserve-unknown-fields": true }
    default:
      return {}
  }
}

const structureOf = (ast: SchemaAST.AST): StructuralSchema => withChecks(ast, baseOf(ast))

const known = new WeakMap<object, StructuralSchema>()

/** The structural schema of any Effect schema. Computed when first asked for. */
export const structureOfSchema = (schema: Schema.Constraint): StructuralSchema => {
  const before = known.get(schema)
  if (before !== undefined) return before
  const structure = structureOf(schema.ast)
  known.set(schema, structure)
  return structure
}

/**
 * The structural schema of a kind's whole object at its storage version: the body's properties beside `apiVersion`,
 * `kind` and `metadata`. Computed when first asked for.
 */
export const structuralSchema = (kind: AnyKind): StructuralSchema => {
  const before = known.get(kind)
  if (before !== undefined) return before
  const body = structureOf(kind.schema.ast)
  const schema: StructuralSchema = {
    ...body,
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      ...body.properties
    }
  }
  known.set(kind, schema)
  return schema
}
