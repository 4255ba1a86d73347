/**
 * Tools for converting whole objects between versions: fields are dropped, renamed and put back by path.
 *
 * What an older version cannot hold travels in the annotation `cluster.x-k8s.io/conversion-data`, so that reading and
 * writing an object through the older version loses nothing. A path names fields with dots; `[]` goes into a list's items.
 * Pure; gives back the same reference where nothing changes.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api util/conversion
 */
import { isJsonObject, parseJsonObject, type Unstructured } from "@capstan/api"
import { group } from "./ContractLabels.ts"

export const conversionDataAnnotation = "cluster.x-k8s.io/conversion-data"

/** The object with another version of our group. */
export const atVersion = (object: Unstructured, version: string): Unstructured => ({
  ...object,
  apiVersion: `${group}/${version}`
})

/** The record without some keys. */
export const omit = (record: Unstructured, ...keys: ReadonlyArray<string>): Unstructured =>
  keys.some((key) => key in record)
    ? Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)))
    : record

/** The record with one key called otherwise. */
export const rename = (record: Unstructured, from: string, to: string): Unstructured =>
  from in record
    ? Object.fromEntries(Object.entries(record).map(([key, value]) => [key === from ? to : key, value]))
    : record

/** Changes the value at one key, when it is there and a record. */
export const within = (
  record: Unstructured,
  key: string,
  change: (inner: Unstructured) => Unstructured
): Unstructured => {
  const inner = record[key]
  if (!isJsonObject(inner)) return record
  const changed = change(inner)
  return changed === inner ? record : { ...record, [key]: changed }
}

/** Changes every record of the list at one key. */
export const withinEach = (
  record: Unstructured,
  key: string,
  change: (inner: Unstructured, index: number) => Unstructured
): Unstructured => {
  const inner = record[key]
  return Array.isArray(inner)
    ? { ...record, [key]: inner.map((item: unknown, index) => (isJsonObject(item) ? change(item, index) : item)) }
    : record
}

/** The record without the field at a path. */
const dropPath = (record: Unstructured, path: ReadonlyArray<string>): Unstructured => {
  const [head, ...rest] = path
  if (head === undefined) return record
  if (head.endsWith("[]")) return withinEach(record, head.slice(0, -2), (item) => dropPath(item, rest))
  return rest.length === 0 ? omit(record, head) : within(record, head, (inner) => dropPath(inner, rest))
}

/** The record with the field at a path as `source` has it. Items of lists correspond by position. */
const copyPath = (record: Unstructured, source: Unstructured, path: ReadonlyArray<string>): Unstructured => {
  const [head, ...rest] = path
  if (head === undefined) return record
  if (head.endsWith("[]")) {
    const key = head.slice(0, -2)
    const items = source[key]
    const mine = record[key]
    return Array.isArray(items) && Array.isArray(mine) && items.length === mine.length
      ? withinEach(record, key, (item, index) => {
          const other: unknown = items[index]
          return isJsonObject(other) && other.id === item.id ? copyPath(item, other, rest) : item
        })
      : record
  }
  const value = source[head]
  if (value === undefined) return record
  if (rest.length === 0) return { ...record, [head]: value }
  if (!isJsonObject(value)) return record
  const inner = record[head]
  const before = isJsonObject(inner) ? inner : {}
  const after = copyPath(before, value, rest)
  return after === before ? record : { ...record, [head]: after }
}

const split = (paths: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> =>
  paths.map((path) => path.split("."))

/** From storage to an older version that lacks the fields at `paths`. */
export const toOlder = (version: string, paths: ReadonlyArray<string>) => {
  const lacking = split(paths)
  return (object: Unstructured): Unstructured => {
    const metadata = isJsonObject(object.metadata) ? object.metadata : {}
    const annotations = isJsonObject(metadata.annotations) ? metadata.annotations : {}
    const kept = JSON.stringify({ spec: object.spec, status: object.status })
    return {
      ...lacking.reduce(dropPath, atVersion(object, version)),
      metadata: { ...metadata, annotations: { ...annotations, [conversionDataAnnotation]: kept } }
    }
  }
}

/** Puts back what `toOlder` dropped, and takes the annotation off. */
export const restore = (paths: ReadonlyArray<string>) => {
  const lacking = split(paths)
  return (object: Unstructured): Unstructured => {
    const metadata = isJsonObject(object.metadata) ? object.metadata : {}
    const annotations = isJsonObject(metadata.annotations) ? metadata.annotations : {}
    const kept = annotations[conversionDataAnnotation]
    if (typeof kept !== "string") return object
    const source = parseJsonObject(kept)
    const rest = omit(annotations, conversionDataAnnotation)
    const bare = {
      ...object,
      metadata: Object.keys(rest).length === 0 ? omit(metadata, "annotations") : { ...metadata, annotations: rest }
    }
    return source === undefined
      ? bare
      : lacking.reduce((result, path) => copyPath(result, source, path), bare as Unstructured)
  }
}
