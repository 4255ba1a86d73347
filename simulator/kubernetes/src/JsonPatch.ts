/**
 * JSON patch: a list of operations, all or nothing.
 *
 * Every operation makes a new value that shares what it does not touch. A refusal says nothing of its reason to clients,
 * just as a real server does.
 *
 * @source https://www.rfc-editor.org/rfc/rfc6902
 * @fidelity documented https://www.rfc-editor.org/rfc/rfc6902 — The six operations and JSON pointers.
 */
import type { JsonPatchOperation } from "@capstan/kubernetes"
import { Result } from "effect"
import { equalJson, isObject } from "./FrozenValue.ts"

/** Why a patch cannot be applied: the operation's index and a sentence. */
export interface PatchRefusal {
  readonly index: number
  readonly message: string
}

/** Operations that one patch may have. */
export const operationsMax = 10_000

class Refused extends Error {}

export const applyJsonPatch = (
  target: unknown,
  operations: ReadonlyArray<JsonPatchOperation>
): Result.Result<unknown, PatchRefusal> => {
  let value = target
  for (const [index, operation] of operations.entries()) {
    try {
      value = applyOperation(value, operation)
    } catch (error) {
      if (error instanceof Refused) return Result.fail({ index, message: error.message })
      throw error
    }
  }
  return Result.succeed(value)
}

const applyOperation = (target: unknown, operation: JsonPatchOperation): unknown => {
  const path = parsePointer(operation.path)
  switch (operation.op) {
    case "add":
      return add(target, path, operation.value)
    case "remove":
      return remove(target, path)
    case "replace":
      find(target, path)
      return path.length === 0 ? operation.value : change(target, path, () => operation.value)
    case "test":
      if (!equalJson(find(target, path), operation.value)) throw new Refused(`test failed at ${operation.path}`)
      return target
    case "copy":
      return add(target, path, find(target, parsePointer(operation.from)))
    case "move": {
      const from = parsePointer(operation.from)
      if (operation.path.startsWith(`${operation.from}/`)) throw new Refused("a value cannot move into itself")
      return add(remove(target, from), path, find(target, from))
    }
  }
}

const parsePointer = (pointer: string): ReadonlyArray<string> => {
  if (pointer === "") return []
  if (!pointer.startsWith("/")) throw new Refused(`not a JSON pointer: ${pointer}`)
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
}

const indexIn = (list: ReadonlyArray<unknown>, token: string, last: number): number => {
  if (!/^(0|[1-9]\d*)$/.test(token) || Number(token) > last) throw new Refused(`no such index: ${token}`)
  return Number(token)
}

const child = (parent: unknown, token: string): unknown => {
  if (Array.isArray(parent)) return parent[indexIn(parent, token, parent.length - 1)]
  if (isObject(parent) && Object.hasOwn(parent, token)) return parent[token]
  throw new Refused(`missing path at ${token}`)
}

const find = (target: unknown, path: ReadonlyArray<string>): unknown => path.reduce(child, target)

/** Replaces the existing value at the path. */
const change = (target: unknown, path: ReadonlyArray<string>, replace: (value: unknown) => unknown): unknown => {
  const [token, ...rest] = path
  if (token === undefined) return replace(target)
  const value = change(child(target, token), rest, replace)
  if (Array.isArray(target)) return target.with(indexIn(target, token, target.length - 1), value)
  return { ...(target as object), [token]: value }
}

const add = (target: unknown, path: ReadonlyArray<string>, value: unknown): unknown => {
  const last = path.at(-1)
  if (last === undefined) return value
  return change(target, path.slice(0, -1), (parent) => {
    if (Array.isArray(parent))
      return parent.toSpliced(last === "-" ? parent.length : indexIn(parent, last, parent.length), 0, value)
    if (isObject(parent)) return { ...parent, [last]: value }
    throw new Refused(`nothing can be added below ${last}`)
  })
}

const remove = (target: unknown, path: ReadonlyArray<string>): unknown => {
  const last = path.at(-1)
  if (last === undefined) throw new Refused("the whole document cannot be removed")
  return change(target, path.slice(0, -1), (parent) => {
    child(parent, last)
    if (Array.isArray(parent)) return parent.toSpliced(Number(last), 1)
    const { [last]: _, ...rest } = parent as { readonly [key: string]: unknown }
    return rest
  })
}
