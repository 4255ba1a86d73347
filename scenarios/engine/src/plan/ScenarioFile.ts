/**
 * From a scenario file to plans: read, check everything, resolve everything, and only then run anything.
 *
 * A file gives one plan a cell of its matrix. Every complaint has its place in the file; one pass finds them all.
 */
import type { AnyKind, KindRegistry } from "@capstan/api"
import {
  capabilities as knownCapabilities,
  faultCatalogue,
  type FaultDefinition,
  faultNamed
} from "../faults/FaultCatalogue.ts"
import { type Diagnostic, shownText } from "../language/Diagnostic.ts"
import { formatDuration, parseDuration } from "../language/Duration.ts"
import { callProblem, operationProblem } from "../language/CloudCalls.ts"
import { type Compiler, type Expression, type KnownNames, makeCompiler, nameProblem } from "../language/Expression.ts"
import { didYouMean } from "../language/Nearest.ts"
import {
  type AwsGuardrails,
  type Binding,
  type Expectation,
  expectationKinds,
  type ExpectationKind,
  Guardrails,
  type Manifest,
  type Metric,
  runsMax,
  ScenarioDocument,
  ScenarioHead,
  type Step,
  stepActions,
  type Target,
  type Variable
} from "../language/ScenarioDocument.ts"
import { checkShape } from "../language/ShapeCheck.ts"
import { parseYaml, type Path, type YamlDocument } from "../language/YamlSource.ts"
import { readManifest } from "./ManifestFile.ts"
import type {
  Cell,
  Plan,
  PlannedAction,
  PlannedAwsGuardrails,
  PlannedExpectation,
  PlannedObject,
  PlannedReference,
  PlannedStep,
  PlannedTarget
} from "./Plan.ts"
import { isTime, type PlannedBudget } from "../run/Budget.ts"
import { evaluateConstant, fillTemplates } from "./Templates.ts"

/** Reading files, relative to the scenario's folder; undefined when there is none, a sentence when it cannot be read. */
export interface ManifestReader {
  readonly read: (path: string) => { readonly path: string; readonly text: string } | string | undefined
}

export interface LoadOptions {
  readonly file: string
  readonly text: string
  readonly manifests: ManifestReader
  readonly kinds: KindRegistry
  /** Values given on the command line; they win over defaults and matrix. */
  readonly variables?: { readonly [name: string]: string }
  /** A file with the guardrails of scenarios that bring none of their own. */
  readonly guardrails?: { readonly file: string; readonly text: string }
}

export interface Loaded {
  readonly plans: ReadonlyArray<Plan>
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** No time in a scenario is longer than this. */
const durationMaxMillis = 366 * 24 * 3_600_000
const defaultScenarioMillis = 6 * 3_600_000
const defaultStepMillis = 3_600_000
const defaultSettleMillis = 3_600_000

/** Reads every scenario in a file. With any diagnostic there are no plans. */
export const loadScenarios = (options: LoadOptions): Loaded => {
  const { diagnostics, source } = parseYaml(options.file, options.text)
  if (source === undefined) return { plans: [], diagnostics }
  const documents = source.documents.filter((document) => document.value !== null && document.value !== undefined)
  if (documents.length === 0) {
    return {
      plans: [],
      diagnostics: [{ file: options.file, line: 0, column: 0, code: "SCN001", message: "The file holds no scenario." }]
    }
  }
  const loaded = documents.map((document) => loadDocument(options, document))
  const found = loaded.flatMap((each) => each.diagnostics)
  return { plans: found.length > 0 ? [] : loaded.flatMap((each) => each.plans), diagnostics: found }
}

const loadDocument = (options: LoadOptions, document: YamlDocument): Loaded => {
  const place = { file: options.file, document, base: [] }
  const head = checkShape({ schema: ScenarioHead, value: document.value, excess: "ignore", ...place })
  if (head.value === undefined) {
    const whole = checkShape({ schema: ScenarioDocument, value: document.value, ...place })
    return { plans: [], diagnostics: whole.diagnostics.length > 0 ? whole.diagnostics : head.diagnostics }
  }
  const scenario = head.value
  const size = Object.values(scenario.spec.matrix?.axes ?? {}).reduce((product, values) => product * values.length, 1)
  if (size > runsMax) {
    const message = `The matrix has ${size} cells; ${runsMax} are the most.`
    const place = { file: options.file, ...document.positionOf(["spec", "matrix"]) }
    return { plans: [], diagnostics: [{ ...place, code: "SCN010", message }] }
  }
  const strangers = strangersIn(scenario, options.file, document)
  if (strangers.length > 0) return { plans: [], diagnostics: strangers }
  const cells = cellsOf(scenario)
  if (cells.length === 0) {
    return {
      plans: [],
      diagnostics: [
        {
          file: options.file,
          ...document.positionOf(["spec", "matrix"]),
          code: "SCN010",
          message: "The matrix excludes every cell."
        }
      ]
    }
  }
  const planned = cells.map((cell) => new CellPlanner(options, document, scenario, cell).plan())
  const diagnostics = distinct(planned.flatMap((each) => each.diagnostics))
  return {
    plans: diagnostics.length > 0 ? [] : planned.flatMap((each) => (each.plan === undefined ? [] : [each.plan])),
    diagnostics
  }
}

/** Cells repeat each other's mistakes. */
const distinct = (diagnostics: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> => [
  ...new Map(
    diagnostics.map((each) => [`${each.file}:${each.line}:${each.column}:${each.code}:${each.message}`, each])
  ).values()
]

/** Words of `exclude` that no axis has: they would exclude nothing. */
const strangersIn = (scenario: ScenarioHead, file: string, document: YamlDocument): ReadonlyArray<Diagnostic> => {
  const { axes = {}, exclude = [] } = scenario.spec.matrix ?? {}
  return exclude.flatMap((pattern, index) =>
    Object.entries(pattern).flatMap(([axis, value]): ReadonlyArray<Diagnostic> => {
      const path = ["spec", "matrix", "exclude", index, axis]
      const values = Object.hasOwn(axes, axis) ? axes[axis] : undefined
      if (values === undefined) {
        const message = `The matrix has no axis '${axis}'.`
        return [
          { file, ...document.positionOf(path, "key"), code: "SCN010", message, ...didYouMean(axis, Object.keys(axes)) }
        ]
      }
      if (values.includes(value)) return []
      const message = `Axis '${axis}' has no value '${String(value)}'.`
      return [
        {
          file,
          ...document.positionOf(path),
          code: "SCN010",
          message,
          ...didYouMean(String(value), values.map(String))
        }
      ]
    })
  )
}

/** The cells of the matrix: the product of the axes, less `exclude`, and `include` behind it. */
const cellsOf = (scenario: ScenarioHead): ReadonlyArray<Cell> => {
  const { matrix } = scenario.spec
  if (matrix === undefined) return [{}]
  const product = Object.entries(matrix.axes).reduce<ReadonlyArray<Cell>>(
    (cells, [axis, values]) => cells.flatMap((cell) => values.map((value) => ({ ...cell, [axis]: value }))),
    [{}]
  )
  const matches = (cell: Cell, pattern: Cell): boolean =>
    Object.entries(pattern).every(([axis, value]) => cell[axis] === value)
  const kept = product.filter((cell) => !(matrix.exclude ?? []).some((pattern) => matches(cell, pattern)))
  return [...kept, ...(matrix.include ?? [])]
}

class CellPlanner {
  private readonly diagnostics: Array<Diagnostic> = []
  /** Ids of the expectations looked at so far. */
  private readonly expected = new Set<string>()
  private readonly options: LoadOptions
  private readonly document: YamlDocument
  private readonly scenario: ScenarioHead
  private readonly cell: Cell

  constructor(options: LoadOptions, document: YamlDocument, scenario: ScenarioHead, cell: Cell) {
    this.options = options
    this.document = document
    this.scenario = scenario
    this.cell = cell
  }

  plan(): { readonly plan?: Plan; readonly diagnostics: ReadonlyArray<Diagnostic> } {
    const variables = this.variables()
    const constants = { vars: { ...variables, ...this.cell }, matrix: this.cell }
    const filled = fillTemplates({
      file: this.options.file,
      document: this.document,
      value: this.document.value,
      path: [],
      constants
    })
    this.diagnostics.push(...filled.diagnostics)
    // What a template should have said is not known: what stands around it cannot be judged.
    if (filled.diagnostics.length > 0) return { diagnostics: this.diagnostics }
    const shape = checkShape({
      schema: ScenarioDocument,
      value: filled.value,
      file: this.options.file,
      document: this.document,
      base: []
    })
    this.diagnostics.push(...shape.diagnostics)
    if (shape.value === undefined) return { diagnostics: this.diagnostics }
    const { metadata, spec } = shape.value

    const bindings = spec.let ?? {}
    this.checkBindings(bindings)
    const compiler = makeCompiler({
      bindings: Object.entries(bindings)
        .filter(([name]) => nameProblem(name) === undefined)
        .map(([name, binding]) => ({ name, one: binding.one === true })),
      constants,
      known: knownNames(spec)
    })
    const stepMillis = this.duration(spec.timeouts?.step, ["spec", "timeouts", "step"]) ?? defaultStepMillis
    const scenarioMillis =
      this.duration(spec.timeouts?.scenario, ["spec", "timeouts", "scenario"]) ?? defaultScenarioMillis
    const context: StepContext = { bindings, compiler, stepMillis, scenarioMillis }
    const steps = this.steps(spec.steps, ["spec", "steps"], context, "step-")
    const anchors = this.checkSteps(spec.steps)
    const needed = this.capabilities(spec.requires?.capabilities ?? [], spec.steps)
    const plan: Plan = {
      file: this.options.file,
      positionOf: this.document.positionOf,
      name: metadata.name,
      description: spec.description ?? "",
      labels: metadata.labels ?? {},
      cell: this.cell,
      variables: constants.vars,
      capabilities: needed,
      seeds:
        spec.seeds === undefined
          ? [0]
          : "from" in spec.seeds
            ? Array.from(
                { length: spec.seeds.count },
                (_, index) => (spec.seeds as { readonly from: number }).from + index
              )
            : spec.seeds,
      timeouts: {
        scenarioMillis,
        stepMillis,
        settleMillis: this.duration(spec.timeouts?.settle, ["spec", "timeouts", "settle"]) ?? defaultSettleMillis
      },
      world: spec.given.world ?? {},
      objects: spec.given.manifests.flatMap((manifest, index) =>
        this.manifest(manifest, ["spec", "given", "manifests", index])
      ),
      ready: this.ready(spec.given.ready, bindings),
      bindings,
      steps,
      expectations: spec.expect.flatMap((expectation, index) =>
        expectation.metric === undefined
          ? this.expectation(expectation, ["spec", "expect", index], compiler, anchors)
          : []
      ),
      budgets: spec.expect.flatMap((expectation, index) =>
        this.budget(expectation, ["spec", "expect", index], { anchors, compiler, spec })
      ),
      guardrails: {
        aws:
          spec.guardrails?.aws === undefined
            ? this.guardrailsBeside(compiler)
            : this.awsGuardrails(spec.guardrails.aws, compiler, ["spec", "guardrails", "aws"])
      },
      document: shape.value
    }
    return this.diagnostics.length > 0 ? { diagnostics: this.diagnostics } : { plan, diagnostics: [] }
  }

  private complain(
    path: Path,
    code: string,
    message: string,
    options: { readonly hint?: string; readonly key?: boolean; readonly offset?: number } = {}
  ): void {
    const position = this.document.positionOf(path, options.key === true ? "key" : "value")
    this.diagnostics.push({
      file: this.options.file,
      line: position.line,
      column: position.column + (options.offset ?? 0),
      code,
      message,
      ...(options.hint === undefined ? {} : { hint: options.hint })
    })
  }

  private duration(text: string | undefined, path: Path): number | undefined {
    if (text === undefined) return undefined
    const millis = parseDuration(text)
    if (millis === undefined) {
      this.complain(path, "SCN004", `'${text}' is not a duration.`, {
        hint: "Write a number and a unit, such as 90s, 45m or 1h30m."
      })
    } else if (millis > durationMaxMillis) {
      this.complain(path, "SCN019", `'${shownText(text)}' is too long: no time in a scenario is longer than 366d.`)
      return undefined
    }
    return millis
  }

  /** A time that must pass before the scenario's own time is over. */
  private durationWithin(text: string | undefined, path: Path, context: StepContext): number | undefined {
    const millis = this.duration(text, path)
    if (millis !== undefined && millis >= context.scenarioMillis) {
      this.complain(path, "SCN019", `'${text}' is not over before the scenario's own time-out.`, {
        hint: `That is ${formatDuration(context.scenarioMillis)}, unless spec.timeouts.scenario says otherwise.`
      })
    }
    return millis
  }

  private expression(text: string, path: Path, compiler: Compiler): Expression | undefined {
    const { expression, problems } = compiler.compile(text, "condition")
    for (const { code, hint, message, offset } of problems) {
      // A quoted scalar begins one column after its quote; block scalars are named by their start.
      this.complain(path, code, message, { offset: offset + 1, ...(hint === undefined ? {} : { hint }) })
    }
    return expression
  }

  private variables(): { readonly [name: string]: unknown } {
    const declared = this.scenario.spec.vars ?? {}
    for (const name of Object.keys(this.options.variables ?? {})) {
      if (!Object.hasOwn(declared, name)) {
        this.complain(
          ["spec", "vars"],
          "VAR002",
          `The scenario has no variable '${name}'.`,
          didYouMean(name, Object.keys(declared))
        )
      }
    }
    return Object.fromEntries(Object.entries(declared).map(([name, variable]) => [name, this.variable(name, variable)]))
  }

  private variable(name: string, variable: Variable): unknown {
    const path = ["spec", "vars", name]
    const given = this.options.variables?.[name]
    const value = given === undefined ? variable.default : coerce(given, variable.type)
    if (value === undefined && !(name in this.cell)) {
      this.complain(path, "VAR003", `Variable '${name}' has neither a default nor a value.`, { key: true })
      return undefined
    }
    const effective = this.cell[name] ?? value
    const problem = variableProblem(effective, variable)
    if (problem !== undefined) this.complain(path, "VAR004", `Variable '${name}' ${problem}.`)
    return effective
  }

  private checkBindings(bindings: { readonly [name: string]: Binding }): void {
    for (const [name, binding] of Object.entries(bindings)) {
      const path = ["spec", "let", name]
      const unusable = nameProblem(name)
      if (unusable !== undefined) this.complain(path, "SCN020", unusable, { key: true, hint: "Choose another one." })
      if ((binding.kind === undefined) === (binding.resource === undefined)) {
        this.complain(path, "SCN005", `'${name}' names either a kind or a resource.`, { key: true })
      }
      if (binding.kind !== undefined) this.kindNamed(binding.kind, [...path, "kind"])
    }
  }

  private kindNamed(kind: string, path: Path): AnyKind | undefined {
    const known = this.options.kinds.all.find((candidate) => candidate.kind === kind)
    if (known === undefined) {
      this.complain(
        path,
        "SCN006",
        `Unknown kind '${kind}'.`,
        didYouMean(
          kind,
          this.options.kinds.all.map((candidate) => candidate.kind)
        )
      )
    }
    return known
  }

  private ready(
    ready: ScenarioDocument["spec"]["given"]["ready"],
    bindings: { readonly [name: string]: Binding }
  ): Plan["ready"] {
    if (ready === undefined) return undefined
    const path = ["spec", "given", "ready"]
    if (!Object.hasOwn(bindings, ready.let)) {
      this.complain(
        [...path, "let"],
        "SCN007",
        `'${ready.let}' is not bound in let.`,
        didYouMean(ready.let, Object.keys(bindings))
      )
    }
    return { let: ready.let, is: ready.is, withinMillis: this.duration(ready.within, [...path, "within"]) ?? 0 }
  }

  /** The guardrails of a file of their own; its complaints have their place there. */
  private guardrailsBeside(compiler: Compiler): PlannedAwsGuardrails | undefined {
    const { guardrails } = this.options
    if (guardrails === undefined) return undefined
    const { diagnostics, source } = parseYaml(guardrails.file, guardrails.text)
    this.diagnostics.push(...diagnostics)
    const [document] = source?.documents ?? []
    if (document === undefined) return undefined
    const place = { file: guardrails.file, document, base: [] }
    const shape = checkShape({ schema: Guardrails, value: document.value, ...place })
    this.diagnostics.push(...shape.diagnostics)
    const there = new CellPlanner({ ...this.options, file: guardrails.file }, document, this.scenario, this.cell)
    const aws = shape.value?.aws
    const planned = aws === undefined ? undefined : there.awsGuardrails(aws, compiler, ["aws"])
    this.diagnostics.push(...there.diagnostics)
    return planned
  }

  private awsGuardrails(guardrails: AwsGuardrails, compiler: Compiler, path: Path): PlannedAwsGuardrails {
    if (this.options.guardrails !== undefined && path[0] === "spec") {
      this.complain(path, "GRD006", "The scenario has guardrails of its own, and a file brings others.", {
        key: true,
        hint: "Leave --guardrails away, or take these out."
      })
    }
    const { maxDuration, stopWhen = [], ...limits } = guardrails
    return {
      ...limits,
      maxDurationMillis: this.duration(maxDuration, [...path, "maxDuration"]) ?? 0,
      stopWhen: stopWhen.flatMap((text, index) => this.expression(text, [...path, "stopWhen", index], compiler) ?? [])
    }
  }

  private manifest(manifest: Manifest, path: Path): ReadonlyArray<PlannedObject> {
    const read = this.options.manifests.read(manifest.file)
    if (read === undefined) {
      this.complain([...path, "file"], "MAN001", `There is no file '${manifest.file}'.`, {
        hint: "Paths are relative to the scenario file."
      })
      return []
    }
    if (typeof read === "string") {
      this.complain([...path, "file"], "MAN001", read)
      return []
    }
    const variables = Object.fromEntries(
      Object.entries(manifest.substitute ?? {}).map(([name, value]) => [name, String(value)])
    )
    const { diagnostics, objects } = readManifest({
      file: read.path,
      text: read.text,
      variables,
      kinds: this.options.kinds
    })
    this.diagnostics.push(...diagnostics)
    return objects
  }

  private steps(
    steps: ReadonlyArray<Step>,
    path: Path,
    context: StepContext,
    prefix: string
  ): ReadonlyArray<PlannedStep> {
    return steps.flatMap((step, index) => this.step(step, [...path, index], context, `${prefix}${index + 1}`))
  }

  private step(step: Step, path: Path, context: StepContext, defaultId: string): ReadonlyArray<PlannedStep> {
    const present = stepActions.filter((action) => step[action] !== undefined)
    if (present.length !== 1) {
      this.complain(
        path,
        "SCN008",
        present.length === 0
          ? "A step says what to do."
          : `A step does one thing; this one has ${present.join(" and ")}.`,
        { hint: `One of: ${stepActions.join(", ")}.` }
      )
      return []
    }
    if (step.fault === undefined) {
      for (const word of ["with", "target", "for"] as const) {
        if (step[word] !== undefined)
          this.complain([...path, word], "SCN009", `'${word}' belongs to a fault.`, { key: true })
      }
    }
    const id = step.id ?? defaultId
    const action = this.action(step, path, context, id)
    const when = step.when === undefined ? undefined : this.expression(step.when, [...path, "when"], context.compiler)
    return action === undefined
      ? []
      : [
          {
            id,
            position: this.document.positionOf(path),
            atMillis: this.durationWithin(step.at, [...path, "at"], context),
            when,
            timeoutMillis: this.duration(step.timeout, [...path, "timeout"]) ?? context.stepMillis,
            action
          }
        ]
  }

  private action(step: Step, path: Path, context: StepContext, id: string): PlannedAction | undefined {
    if (step.fault !== undefined) return this.fault(step, step.fault, path, context)
    if (step.heal !== undefined) return { _tag: "Heal", step: step.heal }
    if (step.mark !== undefined) return { _tag: "Mark", text: step.mark }
    if (step.hold !== undefined) {
      const millis = this.durationWithin(step.hold, [...path, "hold"], context)
      return millis === undefined ? undefined : { _tag: "Hold", millis }
    }
    if (step.parallel !== undefined) {
      return { _tag: "Parallel", steps: this.steps(step.parallel, [...path, "parallel"], context, `${id}.`) }
    }
    if (step.apply !== undefined) return { _tag: "Apply", objects: this.manifest(step.apply, [...path, "apply"]) }
    if (step.patch !== undefined) {
      return {
        _tag: "Patch",
        reference: this.reference(step.patch, [...path, "patch"], context),
        type: step.patch.type ?? "merge",
        subresource: step.patch.subresource,
        value: step.patch.value
      }
    }
    if (step.delete !== undefined)
      return { _tag: "Delete", reference: this.reference(step.delete, [...path, "delete"], context) }
    const word = step.wait === undefined ? "check" : "wait"
    const expression = this.expression(step[word] ?? "", [...path, word], context.compiler)
    return expression === undefined ? undefined : { _tag: word === "wait" ? "Wait" : "Check", expression }
  }

  private reference(reference: NonNullable<Step["delete"]>, path: Path, context: StepContext): PlannedReference {
    this.kindNamed(reference.kind, [...path, "kind"])
    if ((reference.name === undefined) === (reference.from === undefined)) {
      this.complain(path, "SCN011", "An object is named by 'name' or taken 'from' a name in let.")
    }
    this.boundName(reference.from, [...path, "from"], context)
    return {
      apiVersion: reference.apiVersion,
      kind: reference.kind,
      name: reference.name,
      namespace: reference.namespace,
      from: reference.from
    }
  }

  private boundName(name: string | undefined, path: Path, context: StepContext): void {
    if (name === undefined || Object.hasOwn(context.bindings, name)) return
    this.complain(path, "SCN007", `'${name}' is not bound in let.`, didYouMean(name, Object.keys(context.bindings)))
  }

  private fault(step: Step, name: string, path: Path, context: StepContext): PlannedAction | undefined {
    const fault = faultNamed(name)
    if (fault === undefined) {
      this.complain(
        [...path, "fault"],
        "FLT001",
        `Unknown fault '${name}'.`,
        didYouMean(
          name,
          faultCatalogue.map((each) => each.name)
        )
      )
      return undefined
    }
    const parameters = checkShape({
      schema: fault.with,
      value: step.with ?? {},
      file: this.options.file,
      document: this.document,
      base: step.with === undefined ? path : [...path, "with"]
    })
    this.diagnostics.push(...parameters.diagnostics)
    // A schema without fields takes every map.
    for (const word of fault.parameters.length === 0 ? Object.keys(step.with ?? {}) : []) {
      this.complain([...path, "with", word], "SCN002", `Unknown field '${word}'.`, {
        hint: `${name} takes no parameters.`,
        key: true
      })
    }
    this.checkFaultDurations(fault, parameters.value ?? {}, path)
    if (parameters.value !== undefined) this.checkCalls(parameters.value, path)
    if (fault.target === "instances" && step.target?.from === undefined) {
      this.complain(path, "FLT002", `'${name}' needs a target.`, {
        hint: "Name a set from let: target: { from: vms, pick: { count: 1 } }."
      })
    }
    const aimedAt = step.target?.from
    const binding =
      aimedAt !== undefined && Object.hasOwn(context.bindings, aimedAt) ? context.bindings[aimedAt] : undefined
    if (fault.target === "instances" && binding?.kind !== undefined) {
      this.complain([...path, "target", "from"], "FLT002", `'${name}' hits instances, and '${aimedAt}' are objects.`, {
        hint: "Bind the machines of the cloud in let: { resource: instance }."
      })
    }
    if (fault.target !== "instances" && step.target !== undefined) {
      this.complain([...path, "target"], "FLT002", `'${name}' takes no target.`, { key: true })
    }
    if (fault.undo !== "heals" && step.for !== undefined) {
      this.complain([...path, "for"], "FLT003", `'${name}' does not heal by itself: it is ${fault.undo}.`, {
        key: true
      })
    }
    return {
      _tag: "Fault",
      fault,
      parameters: parameters.value ?? {},
      target: step.target === undefined ? undefined : this.target(step.target, [...path, "target"], context),
      forMillis: this.duration(step.for, [...path, "for"])
    }
  }

  private checkFaultDurations(
    fault: FaultDefinition,
    parameters: { readonly [key: string]: unknown },
    path: Path
  ): void {
    const word = fault.name === "api.latency" ? "delay" : "restartAfter"
    const value = parameters[word]
    if (typeof value === "string") this.duration(value, [...path, "with", word])
  }

  private checkCalls(parameters: { readonly [key: string]: unknown }, path: Path): void {
    const { call, operations, service } = parameters
    const complain = (place: Path, problem: ReturnType<typeof callProblem>): void => {
      if (problem === undefined) return
      const { hint, message } = problem
      this.complain([...path, "with", ...place], "FLT004", message, hint === undefined ? {} : { hint })
    }
    if (typeof call === "string") complain(["call"], callProblem(call))
    if (typeof service !== "string" || !Array.isArray(operations)) return
    for (const [index, operation] of operations.entries()) {
      complain(["operations", index], operationProblem(service, String(operation)))
    }
  }

  private target(target: Target, path: Path, context: StepContext): PlannedTarget {
    this.boundName(target.from, [...path, "from"], context)
    const { where, ...rest } = target
    const expression = where === undefined ? undefined : this.expression(where, [...path, "where"], context.compiler)
    return expression === undefined ? rest : { ...rest, where: expression }
  }

  /** Checks ids and references between steps; gives every id that an expectation may be anchored to. */
  private checkSteps(steps: ReadonlyArray<Step>): ReadonlyArray<string> {
    const seen = new Map<string, Step>()
    const visit = (list: ReadonlyArray<Step>, path: Path): void => {
      for (const [index, step] of list.entries()) {
        const here = [...path, index]
        if (step.id !== undefined && seen.has(step.id)) {
          this.complain([...here, "id"], "SCN012", `Step id '${step.id}' is used twice.`)
        }
        if (step.id !== undefined) seen.set(step.id, step)
        if (step.heal !== undefined && seen.get(step.heal)?.fault === undefined) {
          const faults = [...seen].filter(([, candidate]) => candidate.fault !== undefined).map(([id]) => id)
          this.complain(
            [...here, "heal"],
            "SCN013",
            `There is no fault step '${step.heal}' before this one.`,
            didYouMean(step.heal, faults)
          )
        }
        if (step.parallel !== undefined) visit(step.parallel, [...here, "parallel"])
      }
    }
    visit(steps, ["spec", "steps"])
    return [...seen.keys()]
  }

  private capabilities(required: ReadonlyArray<string>, steps: ReadonlyArray<Step>): ReadonlyArray<string> {
    for (const [index, capability] of required.entries()) {
      if (!knownCapabilities.includes(capability)) {
        this.complain(
          ["spec", "requires", "capabilities", index],
          "SCN014",
          `Unknown capability '${capability}'.`,
          didYouMean(capability, knownCapabilities)
        )
      }
    }
    const used = (list: ReadonlyArray<Step>): ReadonlyArray<string> =>
      list.flatMap((step) => [
        ...(step.fault === undefined ? [] : [faultNamed(step.fault)?.capability ?? ""]),
        ...used(step.parallel ?? [])
      ])
    return [...new Set([...required, ...used(steps)])].filter((capability) => capability !== "").sort()
  }

  private expectation(
    expectation: Expectation,
    path: Path,
    compiler: Compiler,
    anchors: ReadonlyArray<string>
  ): ReadonlyArray<PlannedExpectation> {
    const present = expectationKinds.filter((kind) => expectation[kind] !== undefined)
    const [kind] = present
    if (kind === undefined || present.length !== 1) {
      this.complain(
        path,
        "SCN015",
        kind === undefined
          ? "An expectation says what to expect."
          : `An expectation is of one kind; this one has ${present.join(" and ")}.`,
        { hint: `One of: ${expectationKinds.join(", ")}, metric.` }
      )
      return []
    }
    for (const word of budgetWords) {
      if (expectation[word] !== undefined) {
        this.complain([...path, word], "SCN018", `'${word}' means nothing to '${kind}'.`, { key: true })
      }
    }
    if (kind === "eventually" && expectation.within === undefined) {
      this.complain(path, "SCN016", "'eventually' needs 'within': nothing is waited for without end.")
    }
    this.checkWords(expectation, kind, path)
    this.checkIdentity(expectation, path)
    this.checkAnchors(expectation, path, anchors)
    const expression = this.expression(expectation[kind] ?? "", [...path, kind], compiler)
    if (expectation.if !== undefined && !this.condition(expectation.if, [...path, "if"], compiler)) return []
    return expression === undefined
      ? []
      : [
          {
            id: expectation.id,
            kind,
            expression,
            position: this.document.positionOf(path),
            from: expectation.from,
            until: expectation.until,
            after: expectation.after,
            withinMillis: this.duration(expectation.within, [...path, "within"]),
            tolerateMillis: this.duration(expectation.tolerate, [...path, "tolerate"]) ?? 0
          }
        ]
  }

  private checkIdentity({ id }: Expectation, path: Path): void {
    if (this.expected.has(id)) this.complain([...path, "id"], "SCN012", `Expectation id '${id}' is used twice.`)
    this.expected.add(id)
  }

  private checkAnchors(expectation: Expectation, path: Path, anchors: ReadonlyArray<string>): void {
    for (const word of ["from", "until", "after"] as const) {
      const anchor = expectation[word]
      if (anchor !== undefined && anchor !== "given.ready" && !anchors.includes(anchor)) {
        this.complain(
          [...path, word],
          "SCN017",
          `There is no step '${anchor}'.`,
          didYouMean(anchor, ["given.ready", ...anchors])
        )
      }
    }
  }

  /** An expectation over all runs; none where it does not apply, or is of another kind. */
  private budget(expectation: Expectation, path: Path, context: BudgetContext): ReadonlyArray<PlannedBudget> {
    const { aggregate = "max", after, id, metric, of, op = "<=", until } = expectation
    if (metric === undefined) return []
    const others = expectationKinds.filter((kind) => expectation[kind] !== undefined)
    if (others.length > 0) {
      this.complain(path, "SCN015", `An expectation is of one kind; this one has metric and ${others.join(" and ")}.`)
    }
    this.checkIdentity(expectation, path)
    this.checkAnchors(expectation, path, context.anchors)
    this.checkBudgetWords(expectation, metric, path, context)
    const value = this.budgetValue(expectation, metric, path)
    if (expectation.if !== undefined && !this.condition(expectation.if, [...path, "if"], context.compiler)) return []
    if (metric === "dollars" && context.spec.given.world?.provider === "dev") {
      this.complain([...path, "metric"], "SCN021", "Nothing in the dev cloud has a price: 'dollars' are AWS's.", {
        hint: "Leave the budget out there: if: \"vars.provider == 'aws'\"."
      })
    }
    const position = this.document.positionOf(path)
    return value === undefined ? [] : [{ id, metric, aggregate, op, value, of, after, until, position }]
  }

  private checkBudgetWords(expectation: Expectation, metric: Metric, path: Path, { spec }: BudgetContext): void {
    const allowed: ReadonlyArray<string> =
      metric === "timeToHeal" ? ["after", "until"] : metric === "dollars" ? [] : ["of"]
    for (const word of ["from", "until", "after", "within", "tolerate", "of"] as const) {
      if (expectation[word] !== undefined && !allowed.includes(word)) {
        this.complain([...path, word], "SCN018", `'${word}' means nothing to '${metric}'.`, {
          key: true,
          ...(allowed.length === 0 ? {} : { hint: `It takes: ${allowed.join(", ")}.` })
        })
      }
    }
    const { after, of, until } = expectation
    if (metric === "timeToHeal" && (after === undefined || until === undefined)) {
      this.complain(
        path,
        "SCN021",
        "'timeToHeal' needs 'after' and 'until': the step that harms, and the one that waits for the end."
      )
    }
    if (metric === "cloudCalls" && of !== undefined) {
      const problem = of.endsWith(".*") ? undefined : callProblem(of)
      if (problem !== undefined) {
        this.complain(
          [...path, "of"],
          "SCN021",
          problem.message,
          problem.hint === undefined ? {} : { hint: problem.hint }
        )
      }
    }
    if (metric === "belowBudget") {
      const names = (spec.given.world?.workloads ?? []).map(({ name }) => name)
      if (names.length === 0) {
        this.complain([...path, "metric"], "SCN021", "There is no workload that could be below its budget.", {
          hint: "Declare one in spec.given.world.workloads."
        })
      } else if (of !== undefined && !names.includes(of)) {
        this.complain([...path, "of"], "SCN021", `There is no workload '${of}'.`, didYouMean(of, names))
      }
    }
  }

  /** Virtual milliseconds for times, else the number. */
  private budgetValue({ value }: Expectation, metric: Metric, path: Path): number | undefined {
    if (value === undefined) {
      this.complain(path, "SCN021", "A budget needs a 'value' to compare with.")
      return undefined
    }
    if (isTime(metric) && typeof value === "string") return this.duration(value, [...path, "value"])
    if (!isTime(metric) && typeof value === "number") return value
    this.complain(
      [...path, "value"],
      "SCN021",
      `'${metric}' is compared with a ${isTime(metric) ? "duration, such as 12m" : "number"}.`
    )
    return undefined
  }

  private checkWords(expectation: Expectation, kind: ExpectationKind, path: Path): void {
    const allowed: ReadonlyArray<string> =
      kind === "always" || kind === "never"
        ? ["from", "until", "tolerate"]
        : kind === "eventually"
          ? ["after", "within"]
          : []
    for (const word of ["from", "until", "after", "within", "tolerate"] as const) {
      if (expectation[word] !== undefined && !allowed.includes(word)) {
        this.complain([...path, word], "SCN018", `'${word}' means nothing to '${kind}'.`, {
          key: true,
          ...(allowed.length === 0 ? {} : { hint: `It takes: ${allowed.join(", ")}.` })
        })
      }
    }
  }

  /** `if` asks only for constants: whether the expectation is there at all in this cell. */
  private condition(text: string, path: Path, compiler: Compiler): boolean {
    const result = evaluateConstant(compiler, text)
    if ("value" in result) return result.value === true
    this.complain(path, result.code, result.message, {
      offset: 1,
      ...(result.hint === undefined ? {} : { hint: result.hint })
    })
    return false
  }
}

/** Ids of steps as they are given or follow from their place, and those of faults among them. */
const stepIds = (
  steps: ReadonlyArray<Step>,
  prefix: string
): ReadonlyArray<{ readonly id: string; readonly isFault: boolean }> =>
  steps.flatMap((step, index) => {
    const id = step.id ?? `${prefix}${index + 1}`
    return [{ id, isFault: step.fault !== undefined }, ...stepIds(step.parallel ?? [], `${id}.`)]
  })

const knownNames = ({ given, steps }: ScenarioDocument["spec"]): KnownNames => {
  const ids = stepIds(steps, "step-")
  return {
    steps: ids.map(({ id }) => id),
    faults: ids.filter(({ isFault }) => isFault).map(({ id }) => id),
    workloads: (given.world?.workloads ?? []).map(({ name }) => name)
  }
}

/** The words that only budgets have. */
const budgetWords = ["aggregate", "op", "value", "of"] as const

interface BudgetContext {
  readonly anchors: ReadonlyArray<string>
  readonly compiler: Compiler
  readonly spec: ScenarioDocument["spec"]
}

interface StepContext {
  readonly bindings: { readonly [name: string]: Binding }
  readonly compiler: Compiler
  readonly stepMillis: number
  readonly scenarioMillis: number
}

const coerce = (text: string, type: Variable["type"]): unknown => {
  switch (type) {
    case "integer":
    case "number":
      return Number(text)
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text
    default:
      return text
  }
}

const typeProblems: { readonly [Type in Variable["type"]]: (value: unknown) => boolean } = {
  string: (value) => typeof value !== "string",
  integer: (value) => !Number.isInteger(value),
  number: (value) => typeof value !== "number" || !Number.isFinite(value),
  boolean: (value) => typeof value !== "boolean",
  duration: (value) => typeof value !== "string" || parseDuration(value) === undefined
}

const variableProblem = (value: unknown, variable: Variable): string | undefined => {
  if (typeProblems[variable.type](value)) return `is to be of type ${variable.type}, not ${JSON.stringify(value)}`
  if (typeof value === "number" && variable.min !== undefined && value < variable.min)
    return `is to be at least ${variable.min}, not ${value}`
  if (typeof value === "number" && variable.max !== undefined && value > variable.max)
    return `is to be at most ${variable.max}, not ${value}`
  if (variable.enum !== undefined && !variable.enum.some((allowed) => allowed === value)) {
    return `is to be one of ${variable.enum.join(", ")}, not ${JSON.stringify(value)}`
  }
  return undefined
}
