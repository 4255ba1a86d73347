/**
 * Older versions of a kind as tables of moves, so that both directions come from one line a field.
 *
 * Going down, what the older version cannot express is kept whole in the annotation `cluster.x-k8s.io/conversion-data`;
 * coming up, whatever the user left alone is taken from there. Zero values that older versions wrote out (empty text,
 * empty objects, plain `false`) are dropped where the storage version has no room for them.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/migrations/v1.10-to-v1.11
 */
import type { Schema } from "effect"
import type { KindVersion, Unstructured } from "../Kind.ts"
import { type StructuralSchema, structureOfSchema } from "../StructuralSchema.ts"
import { Annotations } from "../cluster/Annotations.ts"
import { getAt, isJsonObject, mergeChanges, parseJsonObject, removeAt, setAt, withoutNulls } from "./JsonPath.ts"

/** One field that has another place or form in the older version. Paths are dotted, from the object's root. */
export interface Move {
  /** Where the older version has it; absent when it has no such field. */
  readonly old?: string
  /** Where the storage version has it; absent when it is dropped. */
  readonly now?: string
  readonly up?: (value: unknown) => unknown
  readonly down?: (value: unknown) => unknown
}

/** The moves with both paths behind a prefix. */
export const movesUnder = (prefix: string, moves: ReadonlyArray<Move>): ReadonlyArray<Move> =>
  moves.map((move) => ({
    ...move,
    ...(move.old === undefined ? {} : { old: `${prefix}.${move.old}` }),
    ...(move.now === undefined ? {} : { now: `${prefix}.${move.now}` })
  }))

interface Step {
  readonly from: string
  readonly to: string | undefined
  readonly change: ((value: unknown) => unknown) | undefined
}

const stepFrom = (from: string | undefined, to: string | undefined, change: Step["change"]): ReadonlyArray<Step> =>
  from === undefined ? [] : [{ from, to, change }]

/** All values are taken out before any is put in, so that moves may cross. */
const applySteps = (object: Unstructured, steps: ReadonlyArray<Step>): Unstructured => {
  const taken = steps
    .map((step) => ({ step, value: getAt(object, step.from) }))
    .filter(({ value }) => value !== undefined)
  const emptied = taken.reduce((rest, { step }) => removeAt(rest, step.from), object)
  return taken.reduce((result, { step, value }) => {
    const changed = step.change === undefined ? value : step.change(value)
    return step.to === undefined || changed === undefined ? result : setAt(result, step.to, changed)
  }, emptied)
}

/** Fields that older versions had as plain booleans: `false` there says no more than absence. */
const plainBooleans: ReadonlySet<string> = new Set([
  "paused",
  "append",
  "readOnly",
  "insecureSkipTLSVerify",
  "unsafeSkipCAVerification",
  "provideClusterInfo",
  "strict",
  "controlPlane",
  "infrastructureProvisioned",
  "controlPlaneInitialized",
  "bootstrapDataSecretCreated",
  "dataSecretCreated"
])

const isZeroFor = (name: string, value: unknown, schema: StructuralSchema | undefined): boolean => {
  if (value === "") return (schema?.minLength ?? 0) > 0
  if (value === 0) return (schema?.minimum ?? 0) > 0
  if (value === false) return plainBooleans.has(name)
  if (Array.isArray(value)) return value.length === 0 && (schema?.minItems ?? 0) > 0
  return isJsonObject(value) && Object.keys(value).length === 0 && (schema?.minProperties ?? 0) > 0
}

const withoutZeros = (value: unknown, schema: StructuralSchema | undefined): unknown => {
  if (schema === undefined) return value
  if (Array.isArray(value)) return value.map((item) => withoutZeros(item, schema.items))
  if (!isJsonObject(value) || schema.properties === undefined) return value
  const kept = Object.entries(value).flatMap(([name, child]) => {
    const inner = schema.properties?.[name]
    const cleaned = withoutZeros(child, inner)
    const required = schema.required?.includes(name) === true
    return !required && isZeroFor(name, cleaned, inner) ? [] : [[name, cleaned] as const]
  })
  return Object.fromEntries(kept)
}

export interface OldVersionDefinition {
  readonly name: string
  /** `group/version` of the storage version. */
  readonly storage: string
  /** The body at the storage version. */
  readonly body: Schema.Constraint
  readonly moves: ReadonlyArray<Move>
  /** What has to happen to an object before its moves, beyond moving. */
  readonly before?: (object: Unstructured) => Unstructured
  /** What has to happen after the moves up, such as values that two fields share. */
  readonly after?: (object: Unstructured) => Unstructured
  /** Versions that are only read have no way back. */
  readonly readOnly?: boolean
}

const annotationPath = (object: Unstructured): Unstructured | undefined => {
  const annotations = getAt(object, "metadata.annotations")
  return isJsonObject(annotations) ? annotations : undefined
}

const keptData = (object: Unstructured): Unstructured | undefined => {
  const text = annotationPath(object)?.[Annotations.ConversionData]
  return typeof text === "string" ? parseJsonObject(text) : undefined
}

const withAnnotations = (object: Unstructured, annotations: Unstructured): Unstructured => {
  const metadata = isJsonObject(object.metadata) ? object.metadata : {}
  const { annotations: _before, ...rest } = metadata
  return { ...object, metadata: Object.keys(annotations).length === 0 ? rest : { ...rest, annotations } }
}

const withoutKeptData = (object: Unstructured): Unstructured => {
  const annotations = annotationPath(object)
  if (annotations?.[Annotations.ConversionData] === undefined) return object
  const { [Annotations.ConversionData]: _data, ...rest } = annotations
  return withAnnotations(object, rest)
}

const bodyOf = (object: Unstructured): Unstructured => {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...body } = object
  return body
}

/** A version that is read through its table of moves, and written through it backwards. */
export const oldVersion = (definition: OldVersionDefinition): KindVersion => {
  const { storage } = definition
  const group = storage.slice(0, storage.indexOf("/"))
  const upSteps = definition.moves.flatMap(({ now, old, up }) => stepFrom(old, now, up))
  const downSteps = definition.moves.flatMap(({ down, now, old }) => stepFrom(now, old, down))
  const up = (object: Unstructured): Unstructured => {
    const clean = withoutNulls(object)
    const prepared = isJsonObject(clean) ? (definition.before?.(clean) ?? clean) : object
    const moved = applySteps(prepared, upSteps)
    const finished = withoutZeros(definition.after?.(moved) ?? moved, structureOfSchema(definition.body))
    return isJsonObject(finished) ? { ...finished, apiVersion: storage } : moved
  }
  const down = (object: Unstructured): Unstructured => ({
    ...applySteps(object, downSteps),
    apiVersion: `${group}/${definition.name}`
  })
  const toStorage = (object: Unstructured): Unstructured => {
    const plain = withoutKeptData(up(object))
    const kept = keptData(object)
    if (kept === undefined) return plain
    const unchanged = bodyOf(up(down({ ...plain, ...kept, apiVersion: plain.apiVersion, kind: plain.kind })))
    const merged = mergeChanges(unchanged, bodyOf(plain), bodyOf(kept))
    return {
      apiVersion: plain.apiVersion,
      kind: plain.kind,
      metadata: plain.metadata,
      ...(isJsonObject(merged) ? merged : {})
    }
  }
  const fromStorage = (object: Unstructured): Unstructured =>
    withAnnotations(down(object), {
      ...annotationPath(object),
      [Annotations.ConversionData]: JSON.stringify(bodyOf(object))
    })
  return {
    name: definition.name,
    served: true,
    deprecated: true,
    toStorage,
    ...(definition.readOnly === true ? {} : { fromStorage })
  }
}

export interface OldVersionsOptions {
  /** `group/version` of the storage version. */
  readonly storage: string
  readonly body: Schema.Constraint
  readonly moves: ReadonlyArray<Move>
  /** From the fields of v1alpha3 to those of v1beta1. */
  readonly fromAlpha3: (object: Unstructured) => Unstructured
  readonly after?: (object: Unstructured) => Unstructured
}

/** The three older versions of a kind from one table. */
export const oldVersions = (options: OldVersionsOptions): ReadonlyArray<KindVersion> => {
  const { fromAlpha3, ...shared } = options
  return [
    oldVersion({ ...shared, name: "v1beta1" }),
    oldVersion({ ...shared, name: "v1alpha4", readOnly: true }),
    oldVersion({ ...shared, name: "v1alpha3", readOnly: true, before: fromAlpha3 })
  ]
}
