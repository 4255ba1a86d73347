/**
 * The `labelSelector` and `fieldSelector` parameters: texts read as tests of objects.
 *
 * @source https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 * @fidelity observed kube-apiserver-1.36 — Operators, escapes, refusals.
 */
import { type AnyKind, parseLabelSelector } from "@capstan/api"
import { Result } from "effect"
import type { Answer } from "../Decoding.ts"
import { readField, selectableFields, type Selection, unsupportedField } from "../Selection.ts"
import { badRequest } from "../StatusErrors.ts"

/** The test for a label selector; `undefined` when it selects everything. */
export const labelSelection = (text: string): Answer<Selection | undefined> => {
  if (text.trim() === "") return Result.succeed(undefined)
  const test = parseLabelSelector(text)
  return Result.isFailure(test)
    ? Result.fail(badRequest(`unable to parse requirement: ${test.failure}`))
    : Result.succeed((object) => test.success(object.metadata.labels ?? {}))
}

/** The test for a field selector; `undefined` when it selects everything. */
export const fieldSelection = (kind: AnyKind, text: string): Answer<Selection | undefined> => {
  if (text.trim() === "") return Result.succeed(undefined)
  const known = selectableFields(kind)
  const tests: Array<Selection> = []
  for (const term of text.split(/(?<!\\),/)) {
    if (term.trim() === "") continue
    const parts = /^\s*([^=!\s]+)\s*(==|=|!=)(.*)$/s.exec(term)
    if (parts === null) return Result.fail(badRequest(`invalid selector: '${text}'; can't understand '${term}'`))
    const [, path = "", operator, escaped = ""] = parts
    if (!known.includes(path)) return Result.fail(unsupportedField(kind, path))
    const wanted = escaped.replaceAll(/\\(.)/gs, "$1")
    const steps = path.split(".")
    tests.push((object) => (readField(object, steps) === wanted) === (operator !== "!="))
  }
  return Result.succeed(tests.length === 0 ? undefined : (object) => tests.every((test) => test(object)))
}

/** Both tests in one. */
export const bothOf = (first: Selection | undefined, second: Selection | undefined): Selection | undefined =>
  first === undefined ? second : second === undefined ? first : (object) => first(object) && second(object)
