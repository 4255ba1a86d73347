/**
 * Objects and their fields by the names that people type: `Machine/default/md-0-x7k2p`, `md-0-x7k2p`, `status.conditions[Ready].status`. Pure.
 */
import { didYouMean, type Fields, fieldsOf, nearest } from "@capstan/engine/text"
import * as Result from "effect/Result"
import { objectName } from "../model/Moment.ts"
import type { ObjectKey, ObjectLine } from "../model/Objects.ts"

const listedMax = 8

/**
 * The one object of a trace that is meant: a name, with `Namespace/` or `Kind/` or both in front of it and `@workload/CLUSTER` behind it
 * where that is needed. A sentence when there is none, or more than one.
 */
export const findNamed = (
  objects: ReadonlyMap<ObjectKey, ObjectLine>,
  wanted: string
): Result.Result<ObjectLine, string> => {
  const lines = [...objects.values()]
  const exact = lines.find((line) => objectName(line) === wanted)
  if (exact !== undefined) return Result.succeed(exact)
  const [path = "", api] = wanted.split("@")
  const parts = path.split("/")
  const name = parts.at(-1)
  const before = parts.slice(0, -1).map((part) => part.toLowerCase())
  const found = lines.filter(
    (line) =>
      line.name === name &&
      (api === undefined || line.api === api) &&
      before.every((part) => part === line.kind.toLowerCase() || part === line.namespace.toLowerCase())
  )
  // Events about an object are named after it and mean something else.
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return Result.succeed(only)
  if (only === undefined) return Result.fail(`The trace has no object '${wanted}'.${meant(lines, wanted, name ?? "")}`)
  const names = found.map(objectName)
  const shown = names.slice(0, listedMax).join(", ")
  return Result.fail(
    `'${wanted}' stands for ${names.length} objects: ${shown}${names.length > listedMax ? ", …" : ""}. Choose one.`
  )
}

const meant = (lines: ReadonlyArray<ObjectLine>, wanted: string, name: string): string => {
  const nearby = nearest(wanted, lines.map(objectName)) ?? namedLike(lines, name)
  return nearby === undefined ? "" : ` Did you mean '${nearby}'?`
}

const namedLike = (lines: ReadonlyArray<ObjectLine>, name: string): string | undefined => {
  const like = nearest(name, [...new Set(lines.map((line) => line.name))])
  const line = lines.find((each) => each.name === like)
  return line === undefined ? undefined : objectName(line)
}

/** `status.conditions[Ready].status` as its steps; brackets hold a place in a list, what an element is called, or a key with dots. */
export const parseField = (text: string): Result.Result<ReadonlyArray<string>, string> => {
  const steps: Array<string> = []
  const pattern = /(?:^|\.)([^.[\]]+)|\[("?)([^\]"]+)\2\]/y
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text)
    if (found === null)
      return Result.fail(`'${text}' is no field: write status.phase or status.conditions[Ready].status.`)
    steps.push(found[1] ?? found[3] ?? "")
  }
  return steps.length === 0
    ? Result.fail("No field was given: write status.phase or status.conditions[Ready].status.")
    : Result.succeed(steps)
}

/** By what elements of lists are told apart. */
const elementNames = ["type", "name", "key", "id", "address", "uid"]

const inside = (value: unknown, step: string): unknown => {
  if (!Array.isArray(value)) return fieldsOf(value)[step]
  if (/^\d+$/.test(step)) return value[Number(step)]
  return value.find((element) => elementNames.some((name) => fieldsOf(element)[name] === step))
}

/** What stands at a field; undefined where nothing does. */
export const valueAt = (object: Fields | undefined, steps: ReadonlyArray<string>): unknown =>
  steps.reduce(inside, object as unknown)

const namesIn = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value)
    ? value.flatMap((element) => {
        const name = elementNames.map((each) => fieldsOf(element)[each]).find((each) => typeof each === "string")
        return typeof name === "string" ? [name] : []
      })
    : Object.keys(fieldsOf(value))

/** What might have been meant by a field that the object never had: ` Did you mean …?`, ` Known: …` or nothing. */
export const fieldMeant = (line: ObjectLine, steps: ReadonlyArray<string>): string => {
  for (let depth = 0; depth < steps.length; depth++) {
    const before = steps.slice(0, depth)
    const names = new Set(line.versions.flatMap(({ object }) => namesIn(valueAt(object, before))))
    const step = steps[depth] ?? ""
    if (names.has(step) || names.size === 0) continue
    const { hint } = didYouMean(step, [...names])
    return hint === undefined ? "" : ` ${hint}`
  }
  return ""
}
