/**
 * Label selectors as people write them: `tier=smoke,suite in (a, b),!slow`. Pure.
 *
 * @source https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
import { Result } from "effect"
import type { StringMap } from "./ObjectMeta.ts"

/** Whether labels are selected. */
export type LabelTest = (labels: StringMap) => boolean

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

/** The test for a selector, all of whose requirements have to be met; why it is none otherwise. The empty one selects everything. */
export const parseLabelSelector = (text: string): Result.Result<LabelTest, string> => {
  if (text.length > lengthMax) return Result.fail("the selector is too long")
  const tests: Array<LabelTest> = []
  for (const requirement of text.trim() === "" ? [] : requirementsOf(text)) {
    const test = labelTest(requirement)
    if (test === undefined) return Result.fail(misfit(requirement))
    tests.push(test)
  }
  return Result.succeed((labels) => tests.every((test) => test(labels)))
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
