/**
 * Every way in which a scenario can become a little smaller, as candidates to try. Pure.
 *
 * A candidate may well be no scenario at all (an expectation that is anchored to a step which is gone): whoever tries it finds
 * out, and goes on to the next.
 */
import { formatDuration, parseDuration } from "../language/Duration.ts"
import type { ScenarioDocument, Step } from "../language/ScenarioDocument.ts"
import type { Plan } from "../plan/Plan.ts"

type Spec = ScenarioDocument["spec"]

const withSpec = (document: ScenarioDocument, spec: Partial<Spec>): ScenarioDocument => ({
  ...document,
  spec: { ...document.spec, ...spec }
})

const without = <A>(items: ReadonlyArray<A>, index: number): ReadonlyArray<A> => items.toSpliced(index, 1)

/** The scenario with only some of its steps. */
export const withSteps = (document: ScenarioDocument, steps: ReadonlyArray<Step>): ScenarioDocument =>
  withSpec(document, { steps: [...steps] })

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"

/** One run of a scenario: of this cell of its matrix, with these values of its variables, without what only describes or selects. */
export const oneRunOf = ({
  cell,
  document,
  variables
}: Pick<Plan, "cell" | "document" | "variables">): ScenarioDocument => {
  const { guardrails: _guardrails, matrix: _matrix, requires: _requires, seeds: _seeds, vars, ...spec } = document.spec
  const { annotations: _annotations, labels: _labels, ...metadata } = document.metadata
  const fixed = Object.entries(vars ?? {}).map(([name, variable]) => {
    const value = variables[name]
    return [name, isScalar(value) ? { type: variable.type, default: value } : variable] as const
  })
  const axes = Object.entries(cell).map(([axis, value]) => [axis, [value]] as const)
  return {
    ...document,
    metadata,
    spec: {
      ...spec,
      ...(fixed.length === 0 ? {} : { vars: Object.fromEntries(fixed) }),
      ...(axes.length === 0 ? {} : { matrix: { axes: Object.fromEntries(axes) } })
    }
  }
}

/** Variables and matrix serve expressions that ask for them: without these they can go. */
const fewerValues = (document: ScenarioDocument): ReadonlyArray<ScenarioDocument> => {
  const { matrix, vars, ...spec } = document.spec
  return [
    ...(matrix === undefined ? [] : [{ ...document, spec: { ...spec, ...(vars === undefined ? {} : { vars }) } }]),
    ...(vars === undefined ? [] : [{ ...document, spec: { ...spec, ...(matrix === undefined ? {} : { matrix }) } }])
  ]
}

/** Each expectation but the one of this id left out, all at once first. */
const fewerExpectations = (document: ScenarioDocument, kept: string | undefined): ReadonlyArray<ScenarioDocument> => {
  const { expect } = document.spec
  const others = expect.filter(({ id }) => id !== kept)
  if (others.length === 0) return []
  return [
    expect.filter(({ id }) => id === kept),
    ...expect.flatMap((each, index) => (each.id === kept ? [] : [without(expect, index)]))
  ].map((fewer) => withSpec(document, { expect: [...fewer] }))
}

const fewerManifests = (document: ScenarioDocument): ReadonlyArray<ScenarioDocument> => {
  const { given } = document.spec
  return given.manifests.map((_, index) =>
    withSpec(document, { given: { ...given, manifests: [...without(given.manifests, index)] } })
  )
}

const fewerBindings = (document: ScenarioDocument): ReadonlyArray<ScenarioDocument> =>
  Object.keys(document.spec.let ?? {}).map((name) => {
    const { [name]: _, ...rest } = document.spec.let ?? {}
    return withSpec(document, { let: rest })
  })

/** Smaller whole numbers below a value, the smallest first. */
const smaller = (value: number): ReadonlyArray<number> =>
  [...new Set([0, 1, Math.floor(value / 2), value - 1])].filter((each) => each >= 0 && each < value)

/** Replicas and their like in what is put into manifests. */
const smallerTopology = (document: ScenarioDocument): ReadonlyArray<ScenarioDocument> => {
  const { given } = document.spec
  return given.manifests.flatMap((manifest, index) =>
    Object.entries(manifest.substitute ?? {}).flatMap(([name, value]) =>
      typeof value !== "number" || !Number.isInteger(value)
        ? []
        : smaller(value).map((less) =>
            withSpec(document, {
              given: {
                ...given,
                manifests: given.manifests.with(index, {
                  ...manifest,
                  substitute: { ...manifest.substitute, [name]: less }
                })
              }
            })
          )
    )
  )
}

/** Shorter times than this one, none at all first: whole minutes as long as it is minutes. */
const shorter = (text: string): ReadonlyArray<string> => {
  const millis = parseDuration(text)
  if (millis === undefined || millis === 0) return []
  const unit = millis > 60_000 ? 60_000 : millis > 1000 ? 1000 : 1
  const plus = text.startsWith("+") ? "+" : ""
  const half = Math.floor(millis / 2 / unit) * unit
  return [...new Set([unit, half])]
    .filter((each) => each > 0 && each < millis)
    .map((each) => plus + formatDuration(each))
}

const stepReductions = (step: Step): ReadonlyArray<Step> => {
  const words: Array<Step> = []
  const drop = (word: keyof Step): void => {
    const { [word]: _, ...rest } = step
    words.push(rest)
  }
  if (step.parallel !== undefined) {
    for (const index of step.parallel.keys()) words.push({ ...step, parallel: without(step.parallel, index) })
  }
  for (const word of ["at", "when", "timeout"] as const) if (step[word] !== undefined) drop(word)
  for (const word of ["at", "for", "hold"] as const) {
    for (const text of shorter(step[word] ?? "")) words.push({ ...step, [word]: text })
  }
  if (step.with !== undefined) {
    for (const [name, value] of Object.entries(step.with)) {
      const { [name]: _, ...rest } = step.with
      words.push({ ...step, with: rest })
      const less =
        typeof value === "number" && Number.isInteger(value)
          ? smaller(value)
          : typeof value === "string"
            ? shorter(value)
            : []
      for (const each of less) words.push({ ...step, with: { ...step.with, [name]: each } })
    }
  }
  return words
}

const smallerSteps = (document: ScenarioDocument): ReadonlyArray<ScenarioDocument> => {
  const { steps } = document.spec
  return steps.flatMap((step, index) =>
    stepReductions(step).map((less) => withSteps(document, steps.with(index, less)))
  )
}

/**
 * The candidates one reduction away from a scenario, those that take most away first.
 *
 * @param kept id of the expectation that must stay, if the failure is one.
 */
export const reductions = (document: ScenarioDocument, kept: string | undefined): ReadonlyArray<ScenarioDocument> => [
  ...fewerExpectations(document, kept),
  ...fewerManifests(document),
  ...document.spec.steps.map((_, index) => withSteps(document, without(document.spec.steps, index))),
  ...smallerTopology(document),
  ...smallerSteps(document),
  ...fewerBindings(document),
  ...fewerValues(document)
]
