/**
 * Expressions of scenarios: CEL with a small library of questions about objects, faults and the cloud.
 *
 * An expression is compiled once against the names that its scenario binds, type-checked before anything runs, and
 * evaluated against a `Scene`: what the world looks like at one moment. A missing field is no error of the
 * scenario (objects grow their fields as they come up): the expression is then not true yet, and says why.
 *
 * @source https://github.com/google/cel-spec
 */
import { type ASTNode, Environment, EvaluationError, type ParseResult } from "@marcbachmann/cel-js"
import type { KubernetesObject } from "@capstan/api"
import { callProblem } from "./CloudCalls.ts"
import { didYouMean } from "./Nearest.ts"

/** What a victim of a fault was, as remembered when it was hit. */
export interface Victim {
  readonly machine: string
  readonly node: string
  readonly instance: string
  readonly zone: string
}

export interface EtcdSummary {
  readonly members: number
  readonly healthy: number
}

export interface WorkloadSummary {
  readonly replicas: number
  readonly available: number
  /** How long, up to now, the workload was below its budget. */
  readonly belowBudgetSeconds: number
}

/** A cloud instance as expressions see it. */
export interface InstanceScene {
  readonly id: string
  readonly state: string
  readonly zone: string
  readonly providerID: string
  readonly machine: string
  readonly role: string
  readonly createdMillis: number
}

/** One moment of a run, as expressions may ask about it. Times are epoch milliseconds. */
export interface Scene {
  readonly nowMillis: number
  /** The members of a name from `let`: a list, or the object itself where exactly one is meant. */
  readonly binding: (name: string) => unknown
  readonly victims: (step: string) => ReadonlyArray<Victim>
  readonly stepStartMillis: (step: string) => number | undefined
  readonly stepEndMillis: (step: string) => number | undefined
  readonly faultEnded: (step: string) => boolean
  readonly etcd: (controlPlane: KubernetesObject) => EtcdSummary
  readonly instancesOf: (machine: KubernetesObject) => ReadonlyArray<InstanceScene>
  readonly workload: (name: string) => WorkloadSummary | undefined
  readonly calls: (pattern: string) => number
}

/** What changes an expression's value, so that it is looked at again only then. */
export interface Dependencies {
  readonly bindings: ReadonlySet<string>
  /** Anything else: time, steps, faults, etcd, the cloud, call counts. */
  readonly functions: ReadonlySet<string>
}

export interface Expression {
  readonly text: string
  readonly dependencies: Dependencies
  readonly evaluate: (scene: Scene, extra?: { readonly it?: unknown }) => Evaluation
}

export type Evaluation =
  | { readonly _tag: "Value"; readonly value: unknown }
  /** A field that is not there (yet), a division by zero and the like: not true, for this reason. */
  | { readonly _tag: "Unknown"; readonly message: string }

/** Names that expressions may write as text. What is not given is not checked. */
export interface KnownNames {
  readonly steps: ReadonlyArray<string>
  /** Steps that are faults. */
  readonly faults: ReadonlyArray<string>
  readonly workloads: ReadonlyArray<string>
}

/**
 * `CEL001` cannot be read, `CEL002` a name that is not bound, `CEL003` a function or its arguments, `CEL004` types, `CEL005` a
 * text within that names nothing.
 */
export interface ExpressionProblem {
  readonly code: "CEL001" | "CEL002" | "CEL003" | "CEL004" | "CEL005"
  readonly message: string
  readonly hint?: string
  /** Offset in the expression's text. */
  readonly offset: number
}

type Fields = { readonly [key: string]: unknown }

const field = (value: unknown, ...path: ReadonlyArray<string>): unknown => {
  let current: unknown = value
  for (const step of path) {
    if (typeof current !== "object" || current === null) return undefined
    current = (current as Fields)[step]
  }
  return current
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

const conditionOf = (object: unknown, type: string): Fields | undefined => {
  const conditions = field(object, "status", "conditions")
  return Array.isArray(conditions) ? conditions.find((condition: Fields) => condition["type"] === type) : undefined
}

const statusOf = (object: unknown, type: string): string => text(conditionOf(object, type)?.["status"])

const isControlPlane = (object: unknown): boolean =>
  field(object, "metadata", "labels", "cluster.x-k8s.io/control-plane") !== undefined ||
  field(object, "role") === "control-plane"

/** Zone of a Machine, a Node or an instance; empty while it has none. */
export const zoneOf = (object: unknown): string =>
  text(field(object, "zone")) ||
  text(field(object, "status", "failureDomain")) ||
  text(field(object, "spec", "failureDomain")) ||
  text(field(object, "metadata", "labels", "topology.kubernetes.io/zone")) ||
  (/^aws:\/\/\/([^/]+)\//.exec(text(field(object, "spec", "providerID")))?.[1] ?? "")

const createdMillis = (object: unknown): number => {
  const millis = field(object, "createdMillis")
  return typeof millis === "number" ? millis : Date.parse(text(field(object, "metadata", "creationTimestamp")))
}

const minorOf = (value: unknown): number => {
  const version =
    typeof value === "string"
      ? value
      : text(field(value, "spec", "version")) || text(field(value, "status", "nodeInfo", "kubeletVersion"))
  return Number(/^v?\d+\.(\d+)/.exec(version)?.[1] ?? Number.NaN)
}

const isReady = (object: unknown): boolean =>
  field(object, "state") !== undefined ? field(object, "state") === "running" : statusOf(object, "Ready") === "True"

type Handler = (scene: Scene, ...args: ReadonlyArray<never>) => unknown

interface LibraryFunction {
  readonly signature: string
  readonly description: string
  readonly handler: Handler
}

/** The library, in the order in which the documentation lists it. */
export const library: ReadonlyArray<LibraryFunction> = [
  {
    signature: "ready(dyn): bool",
    description: "Ready is True; for an instance: it is running.",
    handler: (_, object) => isReady(object)
  },
  {
    signature: "isTrue(dyn, string): bool",
    description: "The condition is there and True.",
    handler: (_, object, type) => statusOf(object, type) === "True"
  },
  {
    signature: "isFalse(dyn, string): bool",
    description: "The condition is there and False.",
    handler: (_, object, type) => statusOf(object, type) === "False"
  },
  {
    signature: "reason(dyn, string): string",
    description: "The condition's reason; empty without it.",
    handler: (_, object, type) => text(conditionOf(object, type)?.["reason"])
  },
  {
    signature: "message(dyn, string): string",
    description: "The condition's message; empty without it.",
    handler: (_, object, type) => text(conditionOf(object, type)?.["message"])
  },
  {
    signature: "zone(dyn): string",
    description: "Zone of a Machine, Node or instance; empty while it has none.",
    handler: (_, object) => zoneOf(object)
  },
  {
    signature: "deleting(dyn): bool",
    description: "Marked for deletion.",
    handler: (_, object) => field(object, "metadata", "deletionTimestamp") !== undefined
  },
  {
    signature: "isControlPlane(dyn): bool",
    description: "Belongs to the control plane.",
    handler: (_, object) => isControlPlane(object)
  },
  {
    signature: "isWorker(dyn): bool",
    description: "Does not belong to the control plane.",
    handler: (_, object) => !isControlPlane(object)
  },
  {
    signature: "annotation(dyn, string): string",
    description: "The annotation's value; empty without it.",
    handler: (_, object, name) => text(field(object, "metadata", "annotations", name))
  },
  {
    signature: "minorSkew(dyn, dyn): double",
    description: "How many minor versions apart two objects or versions are.",
    handler: (_, a, b) => Math.abs(minorOf(a) - minorOf(b))
  },
  {
    signature: "created(dyn): google.protobuf.Timestamp",
    description: "When it was created.",
    handler: (_, object) => new Date(createdMillis(object))
  },
  {
    signature: "age(dyn): google.protobuf.Duration",
    description: "How old it is.",
    handler: (scene, object) => celDuration(scene.nowMillis - createdMillis(object))
  },
  {
    signature: "now(): google.protobuf.Timestamp",
    description: "The scenario's time.",
    handler: (scene) => new Date(scene.nowMillis)
  },
  {
    signature: "stepStart(string): google.protobuf.Timestamp",
    description: "When the step began; far in the future before that.",
    handler: (scene, step) => new Date(scene.stepStartMillis(step) ?? farFuture)
  },
  {
    signature: "stepEnd(string): google.protobuf.Timestamp",
    description: "When the step was done; far in the future before that.",
    handler: (scene, step) => new Date(scene.stepEndMillis(step) ?? farFuture)
  },
  {
    signature: "faultEnded(string): bool",
    description: "The fault of this step has healed.",
    handler: (scene, step) => scene.faultEnded(step)
  },
  {
    signature: "victim(string): dyn",
    description: "What the fault of this step hit first: machine, node, instance, zone.",
    handler: (scene, step) => scene.victims(step)[0] ?? { machine: "", node: "", instance: "", zone: "" }
  },
  {
    signature: "victims(string): list<dyn>",
    description: "Everything that the fault of this step hit.",
    handler: (scene, step) => scene.victims(step)
  },
  {
    signature: "etcd(dyn): dyn",
    description: "Of a KubeadmControlPlane's etcd: members and healthy (counts).",
    handler: (scene, object) => scene.etcd(object)
  },
  {
    signature: "instancesOf(dyn): list<dyn>",
    description: "The Machine's cloud instances that are not terminated.",
    handler: (scene, machine) => scene.instancesOf(machine)
  },
  {
    signature: "workload(string): dyn",
    description: "A declared workload: replicas, available, belowBudgetSeconds.",
    handler: (scene, name) => scene.workload(name) ?? { replicas: 0, available: 0, belowBudgetSeconds: 0 }
  },
  {
    signature: "calls(string): double",
    description: "Cloud calls so far, such as 'ec2.RunInstances', 'ec2.*' or 'ec2.RunInstances:RequestLimitExceeded'.",
    handler: (scene, pattern) => scene.calls(pattern)
  }
]

const farFuture = Date.UTC(9999, 0, 1)

/** Functions whose value can change without any watched object changing. */
const unwatched = new Set([
  "age",
  "now",
  "stepStart",
  "stepEnd",
  "faultEnded",
  "victim",
  "victims",
  "etcd",
  "instancesOf",
  "workload",
  "calls"
])

const nameOf = (signature: string): string => signature.slice(0, signature.indexOf("("))
const macros = [
  "filter",
  "map",
  "all",
  "exists",
  "exists_one",
  "size",
  "has",
  "contains",
  "startsWith",
  "endsWith",
  "matches",
  "duration",
  "timestamp",
  "join",
  "lowerAscii",
  "int",
  "string",
  "double"
]
export const functionNames: ReadonlyArray<string> = library.map((entry) => nameOf(entry.signature))

type DurationConstructor = { readonly fromMilliseconds: (millis: number) => unknown }

// The library does not export its Duration, so the class is taken from a value of it.
const DurationClass = (new Environment().evaluate("duration('0s')") as { readonly constructor: unknown })
  .constructor as DurationConstructor
const celDuration = (millis: number): unknown => DurationClass.fromMilliseconds(millis)

const arithmetic: ReadonlyArray<readonly [string, (a: number, b: number) => number]> = [
  ["+", (a, b) => a + b],
  ["-", (a, b) => a - b],
  ["*", (a, b) => a * b],
  ["/", (a, b) => a / b],
  ["%", (a, b) => a % b]
]

const identifiers = (node: ASTNode, found: { readonly ids: Set<string>; readonly calls: Set<string> }): void => {
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === "object" && value !== null && "op" in value && "args" in value) {
      const child = value as ASTNode
      if (child.op === "id") found.ids.add(child.args)
      if (child.op === "call" || child.op === "rcall") found.calls.add(child.args[0])
      visit(child.args)
    }
  }
  visit(node)
}

interface LiteralCall {
  readonly name: string
  readonly text: string
  /** Of the literal in the expression. */
  readonly offset: number
}

/** Calls whose one argument is a text that stands there: `victim('kill')`, `name.matches('a.*')`. */
const literalCalls = (node: ASTNode): ReadonlyArray<LiteralCall> => {
  const found: Array<LiteralCall> = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (typeof value !== "object" || value === null || !("op" in value && "args" in value)) return
    const child = value as ASTNode
    if (child.op === "call" || child.op === "rcall") {
      const given = child.op === "call" ? child.args[1] : child.args[2]
      const [only, ...others] = given
      if (only?.op === "value" && typeof only.args === "string" && others.length === 0)
        found.push({ name: child.args[0], text: only.args, offset: only.start })
    }
    visit(child.args)
  }
  visit(node)
  return found
}

const plainEnvironment = new Environment()

/** Whether CEL can make something of an expression without names. */
const isSound = (source: string): boolean => {
  try {
    plainEnvironment.evaluate(source)
    return true
  } catch {
    return false
  }
}

/** What is wrong with a text within an expression; undefined when nothing is, or nobody knows. */
const literalProblem = (
  { name, text }: LiteralCall,
  known: KnownNames | undefined
): Pick<ExpressionProblem, "message" | "hint"> | undefined => {
  const oneOf = (names: ReadonlyArray<string> | undefined, what: string) =>
    names === undefined || names.includes(text)
      ? undefined
      : { message: `There is no ${what} '${text}'.`, ...didYouMean(text, names) }
  switch (name) {
    case "victim":
    case "victims":
    case "faultEnded":
      return oneOf(known?.faults, "fault step")
    case "stepStart":
    case "stepEnd":
      return oneOf(known?.steps, "step")
    case "workload":
      return oneOf(known?.workloads, "workload")
    case "calls":
      return callProblem(text)
    case "duration":
      return isSound(`duration(${JSON.stringify(text)})`)
        ? undefined
        : { message: `'${text}' is not a duration.`, hint: "CEL knows h, m, s and ms: write 90s or 1h30m." }
    case "timestamp":
      return isSound(`timestamp(${JSON.stringify(text)})`)
        ? undefined
        : { message: `'${text}' is not a timestamp.`, hint: "Write it as 2026-01-01T00:00:00Z." }
    case "matches":
      return isSound(`"".matches(${JSON.stringify(text)})`)
        ? undefined
        : { message: `'${text}' is not a regular expression.` }
    default:
      return undefined
  }
}

const reservedNames = ["it", "vars", "matrix"]

/** What is wrong with an expression that stands on a command line: a sentence, and below it the place. */
export const formatProblem = (source: string, { code, hint, message, offset }: ExpressionProblem): string => {
  const before = source.slice(0, offset)
  const line = source.split("\n")[before.split("\n").length - 1] ?? source
  const column = offset - (before.lastIndexOf("\n") + 1)
  const sentence = `The expression is wrong at column ${column + 1}: ${code} ${message}${hint === undefined ? "" : ` ${hint}`}`
  return `${sentence}\n  ${line}\n  ${" ".repeat(column)}^`
}

/** Why an expression could not use this name; undefined when it could. */
export const nameProblem = (name: string): string | undefined => {
  if (reservedNames.includes(name)) return `'${name}' has a meaning of its own in expressions.`
  try {
    const environment = new Environment()
    environment.registerVariable(name, "dyn")
    if (environment.parse(name).ast.op === "id") return undefined
  } catch {
    // Said below.
  }
  return `'${name}' cannot be a name in expressions.`
}

/** Compiles the expressions of one scenario. Evaluations are not reentrant: one at a time. */
export interface Compiler {
  /** @param result `condition` for an expression that has to come out true or false. */
  readonly compile: (
    text: string,
    result?: "condition" | "any"
  ) => {
    readonly expression?: Expression
    readonly problems: ReadonlyArray<ExpressionProblem>
  }
}

/**
 * @param bindings names from `let`, each a list or a single object.
 * @param constants `vars` and `matrix` of the cell, as plain values.
 * @param known names of steps and the like that the expressions may write.
 */
export const makeCompiler = (options: {
  readonly bindings: ReadonlyArray<{ readonly name: string; readonly one: boolean }>
  readonly constants: { readonly [name: string]: unknown }
  readonly known?: KnownNames
  /** Where names come from, in words; `let, vars or matrix` unless given. */
  readonly place?: string
}): Compiler => {
  let scene: Scene | undefined
  const environment = new Environment({ homogeneousAggregateLiterals: false })
  environment.registerVariable("it", "dyn")
  for (const name of Object.keys(options.constants)) environment.registerVariable(name, "dyn")
  for (const { name, one } of options.bindings) environment.registerVariable(name, one ? "dyn" : "list<dyn>")
  for (const { handler, signature } of library) {
    environment.registerFunction(signature, (...args: ReadonlyArray<unknown>) => {
      if (scene === undefined) throw new Error("an expression was evaluated outside of a scene")
      return handler(scene, ...(args as ReadonlyArray<never>))
    })
  }
  for (const [operator, apply] of arithmetic) {
    const mixed = (a: unknown, b: unknown): number => apply(Number(a), Number(b))
    environment.registerOperator(`double ${operator} int`, mixed)
    environment.registerOperator(`int ${operator} double`, mixed)
  }
  // The one comparison of mixed numbers that the library lacks; its mirror image comes with it.
  environment.registerOperator("double == int", (a: unknown, b: unknown) => Number(a) === Number(b))
  const variableNames = [...options.bindings.map((binding) => binding.name), ...Object.keys(options.constants)]

  const problemOf = (error: unknown): ExpressionProblem => {
    const {
      code = "",
      message,
      range,
      summary
    } = error as {
      readonly code?: string
      readonly message: string
      readonly summary?: string
      readonly range?: { readonly start: number }
    }
    const words = summary ?? message
    const offset = range?.start ?? 0
    const variable = /Unknown variable: (\w+)/.exec(words)?.[1]
    if (variable !== undefined) {
      return {
        code: "CEL002",
        message: `'${variable}' is not bound in ${options.place ?? "let, vars or matrix"}.`,
        offset,
        ...didYouMean(variable, variableNames)
      }
    }
    const call = /no matching overload for '(?:[\w.<>]+\.)?(\w+)\(/.exec(words)?.[1]
    if (call !== undefined) {
      const known = functionNames.includes(call)
      const signature = library.find((entry) => nameOf(entry.signature) === call)?.signature
      return {
        code: "CEL003",
        message: known ? `${words}.` : `'${call}' is not a function.`,
        offset,
        ...(known ? { hint: `Write ${signature}.` } : didYouMean(call, [...functionNames, ...macros]))
      }
    }
    const operation = /^no such overload: (\S+ \S+ \S+)$/.exec(words)?.[1]
    if (operation !== undefined) {
      const hint = "Convert one side with int(), double() or string()."
      return { code: "CEL004", message: `There is no ${operation}.`, offset, hint }
    }
    return {
      code: code.startsWith("expected") || code.startsWith("unexpected") ? "CEL001" : "CEL004",
      message: `${words}.`,
      offset
    }
  }

  const compile: Compiler["compile"] = (source, result = "any") => {
    let parsed: ParseResult
    try {
      parsed = environment.parse(source)
    } catch (error) {
      return { problems: [{ ...problemOf(error), code: "CEL001" }] }
    }
    const checked = parsed.check()
    if (!checked.valid) return { problems: [problemOf(checked.error)] }
    const wrong = literalCalls(parsed.ast).flatMap((call): ReadonlyArray<ExpressionProblem> => {
      const problem = literalProblem(call, options.known)
      return problem === undefined ? [] : [{ code: "CEL005", ...problem, offset: call.offset }]
    })
    if (wrong.length > 0) return { problems: wrong }
    if (result === "condition" && checked.type !== "bool" && checked.type !== "dyn") {
      const message = `This gives a value of type ${checked.type}, not true or false.`
      return { problems: [{ code: "CEL004", message, offset: 0 }] }
    }

    const found = { ids: new Set<string>(), calls: new Set<string>() }
    identifiers(parsed.ast, found)
    const boundNames = new Set(options.bindings.map((binding) => binding.name).filter((name) => found.ids.has(name)))
    const functions = new Set([...found.calls].filter((name) => unwatched.has(name)))
    return {
      problems: [],
      expression: {
        text: source,
        dependencies: { bindings: boundNames, functions },
        evaluate: (given, extra = {}) => {
          const context: { [name: string]: unknown } = { ...options.constants, ...extra }
          for (const name of boundNames) context[name] = given.binding(name)
          scene = given
          try {
            return { _tag: "Value", value: parsed(context) }
          } catch (error) {
            // What the expression itself cannot be is not known; anything else is a defect of ours.
            if (!(error instanceof EvaluationError)) throw error
            return { _tag: "Unknown", message: error.summary }
          } finally {
            scene = undefined
          }
        }
      }
    }
  }
  return { compile }
}

/** Whether an evaluation came out as `true`. */
export const holds = (evaluation: Evaluation): boolean => evaluation._tag === "Value" && evaluation.value === true
