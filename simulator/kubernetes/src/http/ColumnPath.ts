/**
 * The JSONPath of a printer column: fields, indexes, `[*]` and `[?(@.type=="Ready")]`.
 *
 * Left out: everything of JSONPath that CustomResourceDefinitions do not allow in columns, such as slices and recursion.
 *
 * @source https://kubernetes.io/docs/reference/kubectl/jsonpath/
 * @fidelity documented https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#additional-printer-columns — What is missing leaves the cell empty.
 */
import { isObject } from "../FrozenValue.ts"

/** From one value to the values below it that a step leads to. */
type Step = (value: unknown) => ReadonlyArray<unknown>

const field =
  (name: string): Step =>
  (value) =>
    isObject(value) && value[name] !== undefined ? [value[name]] : []

const item =
  (index: number): Step =>
  (value) =>
    Array.isArray(value) && value[index] !== undefined ? [value[index]] : []

const everything: Step = (value) => (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [])

const where =
  (name: string, wanted: string): Step =>
  (value) =>
    Array.isArray(value) ? value.filter((each) => isObject(each) && String(each[name]) === wanted) : []

const stepForms: ReadonlyArray<readonly [form: RegExp, step: (...parts: ReadonlyArray<string>) => Step]> = [
  [/^\.((?:\\.|[^.[\]\\])+)/, (name = "") => field(name.replaceAll(/\\(.)/g, "$1"))],
  [/^\[(\d+)\]/, (index = "") => item(Number(index))],
  [/^\[\*\]/, () => everything],
  [/^\['((?:\\.|[^'\\])*)'\]/, (name = "") => field(name.replaceAll(/\\(.)/g, "$1"))],
  [/^\[\?\(@\.(\w+)\s*==\s*["']([^"']*)["']\)\]/, (name = "", wanted = "") => where(name, wanted)]
]

const compile = (path: string): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  for (let rest = path; rest !== "";) {
    const found = stepForms.flatMap(([form, step]) => {
      const match = form.exec(rest)
      return match === null ? [] : [{ length: match[0].length, step: step(...match.slice(1)) }]
    })[0]
    if (found === undefined) throw new Error(`a printer column has a path that cannot be read: ${path}`)
    steps.push(found.step)
    rest = rest.slice(found.length)
  }
  return steps
}

const compiled = new Map<string, ReadonlyArray<Step>>()

/** Everything that the path leads to, in order. Throws for a path that is none: those are the kinds' own. */
export const valuesAt = (object: unknown, path: string): ReadonlyArray<unknown> => {
  let steps = compiled.get(path)
  if (steps === undefined) {
    steps = compile(path)
    compiled.set(path, steps)
  }
  return steps.reduce<ReadonlyArray<unknown>>((values, step) => values.flatMap(step), [object])
}
