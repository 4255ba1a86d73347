/**
 * The `labelSelector` and `fieldSelector` parameters: texts read as tests of objects.
 *
 * @source https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 * @fidelity observed kube-apiserver-1.36 — Operators, escapes, refusals.
 */
import type { AnyKind, StringMap } from "@capstan/api"
import { Result } from "effect"
import type { Answer } from "../Decoding.ts"
import { readField, selectableFields, type Selection, unsupportedField } from "../Selection.ts"
import { badRequest } from "../StatusErrors.ts"

type LabelTest = (labels: StringMap) => boolean

/** A selector longer than this is nobody's. Characters. */
const lengthMax = 16_384

const key = String.raw`(?:[A-Za-z0-9][-A-Za-z0-9_.]*\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?`
const value = String.raw`[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?`

const forms: ReadonlyArray<
  readonly [form: RegExp, test: (key: string, operand: string, operator: string) => LabelTest]
> = [
  [
    new RegExp(String.raw`^(${key})\s+(in|notin)\s*\(\s*((?:${value})?(?:\s*,\s*(?:${value})?)*)\s*\)$`),
    (name, operand, operator) => {
      const values = new Set(operand.split(",").map((each) => each.trim()))
      return operator === "in"
        ? (labels) => labels[name] !== undefined && values.has(labels[name])
        : (labels) => labels[name] === undefined || !values.has(labels[name])
    }
  ],
  [
    new RegExp(String.raw`^(${key})\s*(==|=|!=)\s*((?:${value})?)$`),
    (name, operand, operator) =>
      operator === "!=" ? (labels) => labels[name] !== operand : (labels) => labels[name] === operand
  ],
  [
    new RegExp(String.raw`^(${key})\s*([<>])\s*(-?\d+)$`),
    (name, operand, operator) => {
      const bound = Number(operand)
      return (labels) => {
        const found = labels[name]
        if (found === undefined || !/^-?\d+$/.test(found)) return false
        return operator === ">" ? Number(found) > bound : Number(found) < bound
      }
    }
  ],
  [new RegExp(`^(${key})$`), (name) => (labels) => labels[name] !== undefined],
  [new RegExp(String.raw`^!\s*(${key})$`), (name) => (labels) => labels[name] === undefined]
]

/** Cut at the commas that are not in brackets. */
const requirementsOf = (text: string): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let depth = 0
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++
    else if (text[i] === ")") depth--
    else if (text[i] === "," && depth === 0) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim())
}

/** The test for a label selector; `undefined` when it selects everything. */
export const labelSelection = (text: string): Answer<Selection | undefined> => {
  if (text.trim() === "") return Result.succeed(undefined)
  if (text.length > lengthMax) return Result.fail(badRequest("unable to parse requirement: the selector is too long"))
  const tests: Array<LabelTest> = []
  for (const requirement of requirementsOf(text)) {
    const test = labelTest(requirement)
    if (test === undefined) return Result.fail(badRequest(`unable to parse requirement: ${misfit(requirement)}`))
    tests.push(test)
  }
  return Result.succeed((object) => {
    const labels = object.metadata.labels ?? {}
    return tests.every((test) => test(labels))
  })
}

const labelTest = (requirement: string): LabelTest | undefined => {
  for (const [form, test] of forms) {
    const found = form.exec(requirement)
    if (found === null) continue
    const [, name = "", operator = "", operand = ""] = found
    return test(name, operand, operator)
  }
  return undefined
}

const misfit = (requirement: string): string => {
  const list = new RegExp(String.raw`^${key}\s+(?:in|notin)\s+([^(\s]+)`).exec(requirement)
  if (list !== null) return `found '${list[1]}' expected: '('`
  if (requirement === "") return "found '', expected: !, identifier, or 'end of string'"
  return `found '${requirement}', expected: a key, an operator and values`
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
