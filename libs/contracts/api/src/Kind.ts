/**
 * A kind is a value: everything an API server, a client and a CRD generator need to know of it.
 *
 * The type parameter is the body at the storage version (`spec`, `status`, or `data` and the like);
 * `ObjectOf` adds type and metadata. Older versions are functions to and from the storage version,
 * so that the store only ever holds one shape.
 */
import type { Schema } from "effect"
import type { KubernetesObject, NewObjectMeta } from "./meta/ObjectMeta.ts"

/** A JSON document of a version that is not typed here. */
export type Unstructured = { readonly [key: string]: unknown }

/** A version besides the storage version, with conversions in both directions. */
export interface KindVersion {
  readonly name: string
  readonly served: boolean
  readonly deprecated?: boolean
  /** Both get and give whole objects, `apiVersion` and metadata included. `fromStorage` is absent for versions that are accepted but never written. */
  readonly toStorage: (object: Unstructured) => Unstructured
  readonly fromStorage?: (object: Unstructured) => Unstructured
}

/** One cause of a rejection, as in `Status.details.causes`. */
export interface FieldError {
  readonly field: string
  readonly reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueForbidden"
    | "FieldValueNotSupported"
    | "FieldValueDuplicate"
    | "FieldValueTooMany"
    | "FieldValueTooLong"
    | "FieldValueNotFound"
    | "FieldValueTypeInvalid"
  readonly message: string
}

/** What upstream's webhooks do, as pure functions: called after the schema's defaults and checks. */
export interface Admission<Body> {
  /** Gives the object with defaults filled in; the same reference when nothing changes. */
  readonly default?: (object: ObjectOf<Body>, old: ObjectOf<Body> | undefined) => ObjectOf<Body>
  /** Empty when the object may be stored. */
  readonly validate?: (object: ObjectOf<Body>, old: ObjectOf<Body> | undefined) => ReadonlyArray<FieldError>
  readonly validateDelete?: (object: ObjectOf<Body>) => ReadonlyArray<FieldError>
}

export interface PrinterColumn {
  readonly name: string
  readonly type: "string" | "integer" | "number" | "boolean" | "date"
  readonly jsonPath: string
  readonly description?: string
  readonly priority?: number
  readonly format?: string
}

export interface Scale {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  readonly labelSelectorPath?: string
}

/** Admission as the API server calls it: with whole objects of the kind, whose body it does not know. */
export interface AnyAdmission {
  readonly default?: (object: KubernetesObject, old: KubernetesObject | undefined) => KubernetesObject
  readonly validate?: (object: KubernetesObject, old: KubernetesObject | undefined) => ReadonlyArray<FieldError>
  readonly validateDelete?: (object: KubernetesObject) => ReadonlyArray<FieldError>
}

export interface Kind<out Body> {
  /** Empty for the core group. */
  readonly group: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: ReadonlyArray<string>
  readonly categories: ReadonlyArray<string>
  readonly scope: "Namespaced" | "Cluster"
  /** The storage version's name; `schema` describes the body at this version. */
  readonly version: string
  readonly schema: Schema.Constraint
  readonly versions: ReadonlyArray<KindVersion>
  readonly subresources: { readonly status: boolean; readonly scale?: Scale }
  readonly printerColumns: ReadonlyArray<PrinterColumn>
  readonly admission: AnyAdmission
  /** Labels of the CRD; the contract labels among them say which provider contract the kind follows. */
  readonly labels: { readonly [key: string]: string }
  /** Carries the type alone; never set. */
  readonly Body?: Body
}

export type AnyKind = Kind<unknown>

/** A stored object of a body type. */
export type ObjectOf<Body> = KubernetesObject & Body

/** A stored object of a kind: `type Machine = KindObject<typeof Machine>`. */
export type KindObject<K> = K extends Kind<infer Body> ? ObjectOf<Body> : never

/** An object as sent with a create. */
export type NewObject<Body> = Omit<Body, "status"> & { readonly status?: unknown; readonly metadata: NewObjectMeta }

export const apiVersionOf = (kind: AnyKind): string =>
  kind.group === "" ? kind.version : `${kind.group}/${kind.version}`

/** `Kind.group`, as in the annotation `cluster.x-k8s.io/cloned-from-groupkind`; the bare kind in the core group. */
export const groupKindOf = (kind: Pick<AnyKind, "group" | "kind">): string =>
  kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`

export interface KindDefinition<Body> {
  readonly group: string
  readonly kind: string
  readonly version: string
  readonly schema: Schema.Schema<Body>
  /** Lower-case plural; by default the lower-case kind with an `s`. */
  readonly plural?: string
  readonly shortNames?: ReadonlyArray<string>
  readonly categories?: ReadonlyArray<string>
  readonly scope?: "Namespaced" | "Cluster"
  readonly versions?: ReadonlyArray<KindVersion>
  readonly subresources?: { readonly status?: boolean; readonly scale?: Scale }
  readonly printerColumns?: ReadonlyArray<PrinterColumn>
  readonly admission?: Admission<Body>
  readonly labels?: { readonly [key: string]: string }
}

/** Builds a kind; whatever is left out gets the value that most kinds have. */
export const makeKind = <Body>(definition: KindDefinition<Body>): Kind<Body> => {
  const singular = definition.kind.toLowerCase()
  return {
    group: definition.group,
    kind: definition.kind,
    plural: definition.plural ?? `${singular}s`,
    singular,
    shortNames: definition.shortNames ?? [],
    categories: definition.categories ?? [],
    scope: definition.scope ?? "Namespaced",
    version: definition.version,
    schema: definition.schema,
    versions: definition.versions ?? [],
    subresources: {
      status: definition.subresources?.status ?? true,
      ...(definition.subresources?.scale === undefined ? {} : { scale: definition.subresources.scale })
    },
    printerColumns: definition.printerColumns ?? [],
    admission: (definition.admission ?? {}) as unknown as AnyAdmission,
    labels: definition.labels ?? {}
  }
}
