/**
 * Objects as the rows of a table, as kubectl asks for them: the server knows the columns, the client only draws.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 * @fidelity observed kube-apiserver-1.36 — Columns of custom resources, ages as text, what a row carries of its object.
 */
import { groupKindOf, type KubernetesObject } from "@capstan/api"
import { metadataTextOf, textOf } from "./ObjectText.ts"
import { valuesAt } from "./ColumnPath.ts"
import { ageOf, nativeCells, nativeColumns } from "./NativeColumns.ts"
import type { ServedKind } from "./ServedKinds.ts"

export type IncludeObject = "None" | "Metadata" | "Object"

interface ColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

const nameColumn: ColumnDefinition = {
  name: "Name",
  type: "string",
  format: "name",
  description: "The object's name, unique among its kind in its namespace.",
  priority: 0
}

/** Kinds that bring no printer columns of their own are Kubernetes' or have none. */
const isComputed = ({ kind }: ServedKind): boolean => kind.printerColumns.length === 0

const definitionsOf = (served: ServedKind): ReadonlyArray<ColumnDefinition> => [
  nameColumn,
  ...(isComputed(served)
    ? nativeColumns(groupKindOf(served.kind)).map(({ name, type, wide }) => ({
        name,
        type,
        format: "",
        description: "",
        priority: wide === true ? 1 : 0
      }))
    : served.kind.printerColumns.map(({ description = "", format = "", name, priority = 0, type }) => ({
        name,
        type,
        format,
        description,
        priority
      })))
]

const cellOf = (values: ReadonlyArray<unknown>, type: string, nowMillis: number): unknown => {
  const [value] = values
  if (value === undefined || value === null) return null
  switch (type) {
    case "date":
      return ageOf(value, nowMillis)
    case "integer":
    case "number":
      return typeof value === "number" ? value : null
    case "boolean":
      return typeof value === "boolean" ? value : null
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value)
  }
}

const rowOf = (served: ServedKind, object: KubernetesObject, include: IncludeObject, nowMillis: number): string => {
  const cells = isComputed(served)
    ? nativeCells(nativeColumns(groupKindOf(served.kind)), object, nowMillis)
    : served.kind.printerColumns.map(({ jsonPath, type }) =>
        // Columns are written for the version in which the kind is stored.
        cellOf(valuesAt(object, jsonPath), type, nowMillis)
      )
  const text =
    include === "Object" ? textOf(served, object) : include === "Metadata" ? metadataTextOf(object) : undefined
  return `{"cells":${JSON.stringify([object.metadata.name, ...cells])}${text === undefined ? "" : `,"object":${text}`}}`
}

/** Compact JSON without a newline. Columns are left out where a stream has given them before. */
export const tableText = (
  served: ServedKind,
  objects: ReadonlyArray<KubernetesObject>,
  options: {
    readonly metadata: object
    readonly include: IncludeObject
    readonly nowMillis: number
    readonly withColumns: boolean
  }
): string => {
  const rows = objects.map((object) => rowOf(served, object, options.include, options.nowMillis)).join(",")
  const columns = options.withColumns ? JSON.stringify(definitionsOf(served)) : "null"
  return `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(options.metadata)},"columnDefinitions":${columns},"rows":[${rows}]}`
}
