/**
 * Why an expression is not true: its parts that are not, with the values they have, down to the objects that stand in its way. Pure.
 *
 * Follows the form of the expression: of `a && b` the sides that fail, of `list.all(m, …)` the members that fail and why, of a
 * comparison both values, and of `ready(m)` and its like the condition behind the answer with its reason and message.
 *
 * @source https://github.com/google/cel-spec/blob/master/doc/langdef.md
 */
import { type ASTNode, Environment } from "@marcbachmann/cel-js"
import * as Result from "effect/Result"
import {
  type Compiler,
  type Evaluation,
  type Expression,
  formatProblem,
  holds,
  makeCompiler,
  type Scene
} from "./Expression.ts"

/** A part that is not true, with the parts of it that are to blame. */
export interface Unmet {
  /** The part as it was written, and what it comes to. */
  readonly text: string
  readonly parts: ReadonlyArray<Unmet>
}

export interface Question {
  readonly expression: Expression
  /** Empty when it holds. */
  readonly unmet: (scene: Scene) => ReadonlyArray<Unmet>
}

/** What the names in it are bound to: as for every expression of a scenario. */
type Names = Parameters<typeof makeCompiler>[0]

/** Members of a list that are told one by one. */
const membersMax = 5
const valueMax = 120

const syntax = new Environment({ unlistedVariablesAreDyn: true })

/** An expression that may be asked why it is not so; what is wrong with it, in a sentence with its place. */
export const compileQuestion = (source: string, names: Names): Result.Result<Question, string> => {
  const { expression, problems } = makeCompiler(names).compile(source, "condition")
  const [problem] = problems
  if (expression === undefined)
    return Result.fail(problem === undefined ? "The expression cannot be read." : formatProblem(source, problem))
  const { ast } = syntax.parse(source)
  return Result.succeed({
    expression,
    unmet: (scene) => (holds(expression.evaluate(scene)) ? [] : new Explanation(source, names, scene).of(ast, {}))
  })
}

type Fields = { readonly [key: string]: unknown }
/** The names that macros bind, such as `m`, with the member that is looked at. */
type Members = Fields

const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {})

/** One explanation in one scene. */
class Explanation {
  private readonly source: string
  private readonly names: Names
  private readonly scene: Scene
  private readonly compilers = new Map<string, Compiler>()

  constructor(source: string, names: Names, scene: Scene) {
    this.source = source
    this.names = names
    this.scene = scene
  }

  of(node: ASTNode, members: Members): ReadonlyArray<Unmet> {
    const value = this.evaluate(node, members)
    if (holds(value)) return []
    switch (node.op) {
      case "&&":
        return node.args.flatMap((side) => this.of(side, members))
      case "||":
        return [{ text: `none of: ${this.text(node)}`, parts: node.args.flatMap((side) => this.of(side, members)) }]
      case "?:": {
        const [condition, yes, no] = node.args
        const chosen = this.evaluate(condition, members)
        if (chosen._tag === "Unknown") return this.of(condition, members)
        return this.of(chosen.value === true ? yes : no, members)
      }
      case "rcall":
        return this.ofMacro(node, members) ?? [this.plain(node, members, value)]
      case "==":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=":
      case "in":
        return [this.comparison(node, members, value)]
      default:
        return [this.plain(node, members, value)]
    }
  }

  private text({ end, start }: ASTNode): string {
    return this.source.slice(start, end).replace(/\s+/g, " ")
  }

  private evaluate(node: ASTNode, members: Members): Evaluation {
    const extra = Object.keys(members)
    const key = extra.join()
    let compiler = this.compilers.get(key)
    if (compiler === undefined) {
      const bindings = [
        ...this.names.bindings.filter(({ name }) => !extra.includes(name)),
        ...extra.map((name) => ({ name, one: true }))
      ]
      compiler = makeCompiler({ ...this.names, bindings })
      this.compilers.set(key, compiler)
    }
    const { expression } = compiler.compile(this.source.slice(node.start, node.end))
    if (expression === undefined) return { _tag: "Unknown", message: "it cannot be looked at by itself" }
    const binding = (name: string): unknown => (name in members ? members[name] : this.scene.binding(name))
    return expression.evaluate({ ...this.scene, binding })
  }

  /** `list.all(m, …)`, `list.exists(m, …)` and `list.exists_one(m, …)`; undefined for every other call. */
  private ofMacro(node: Extract<ASTNode, { op: "rcall" }>, members: Members): ReadonlyArray<Unmet> | undefined {
    const [macro, receiver, [variable, condition]] = node.args
    if (!["all", "exists", "exists_one"].includes(macro) || variable?.op !== "id" || condition === undefined)
      return undefined
    const list = this.evaluate(receiver, members)
    if (list._tag === "Unknown" || !Array.isArray(list.value)) return undefined
    const bound = (member: unknown): Members => ({ ...members, [variable.args]: member })
    const failing = list.value.filter((member) => !holds(this.evaluate(condition, bound(member))))
    const count = list.value.length
    const fitting = count - failing.length
    const said =
      count === 0
        ? `${this.text(receiver)} is empty`
        : `so for ${fitting} of ${count}${macro === "exists_one" ? ", not for one" : ""}`
    const parts = failing.slice(0, membersMax).map((member): Unmet => ({
      text: labelOf(member),
      parts: this.of(condition, bound(member))
    }))
    const rest = failing.length - parts.length
    return [
      {
        text: `${this.text(node)}: ${said}`,
        parts: [...parts, ...(rest > 0 ? [{ text: `and ${rest} more`, parts: [] }] : [])]
      }
    ]
  }

  private comparison(
    node: Extract<ASTNode, { op: "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" }>,
    members: Members,
    value: Evaluation
  ): Unmet {
    const sides = node.args.map((side) => ({ side, value: this.evaluate(side, members) }))
    const unknown = sides.find((side) => side.value._tag === "Unknown")
    if (unknown !== undefined) return this.plain(node, members, value)
    const shown = sides.map((side) => (side.value._tag === "Value" ? shownValue(side.value.value) : ""))
    const sign = node.op === "in" ? "is not in" : "against"
    return {
      text: `${this.text(node)}: ${shown[0]} ${sign} ${shown[1]}`,
      parts: [...sides.flatMap(({ side }) => this.leftOut(side, members)), ...this.facts(node, members)]
    }
  }

  /** Of `list.filter(m, …).size()`: the members that the filter leaves out, and why. */
  private leftOut(node: ASTNode, members: Members): ReadonlyArray<Unmet> {
    if (node.op !== "rcall" || node.args[0] !== "size") return []
    const [, inner] = node.args
    if (inner.op !== "rcall" || inner.args[0] !== "filter") return []
    const [, receiver, [variable, condition]] = inner.args
    const list = this.evaluate(receiver, members)
    if (variable?.op !== "id" || condition === undefined || list._tag === "Unknown" || !Array.isArray(list.value))
      return []
    const bound = (member: unknown): Members => ({ ...members, [variable.args]: member })
    const out = list.value.filter((member) => !holds(this.evaluate(condition, bound(member))))
    return out.slice(0, membersMax).map((member) => ({
      text: `left out: ${labelOf(member)}`,
      parts: this.of(condition, bound(member))
    }))
  }

  private plain(node: ASTNode, members: Members, value: Evaluation): Unmet {
    const said = value._tag === "Unknown" ? `not known yet, ${value.message}` : shownValue(value.value)
    return { text: `${this.text(node)}: ${said}`, parts: this.facts(node, members) }
  }

  /** What stands behind the functions about conditions that a part asks. */
  private facts(node: ASTNode, members: Members): ReadonlyArray<Unmet> {
    const found = new Set<string>()
    for (const [name, [object, type]] of callsIn(node)) {
      const wanted =
        name === "ready" ? "Ready" : ofConditions.has(name) && type?.op === "value" ? String(type.args) : undefined
      if (wanted === undefined || object === undefined) continue
      const subject = this.evaluate(object, members)
      if (subject._tag === "Value") found.add(conditionText(subject.value, wanted))
    }
    return [...found].map((text) => ({ text, parts: [] }))
  }
}

const ofConditions = new Set(["isTrue", "isFalse", "reason", "message"])

const callsIn = (node: ASTNode): ReadonlyArray<readonly [name: string, args: ReadonlyArray<ASTNode>]> => {
  const found: Array<readonly [string, ReadonlyArray<ASTNode>]> = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (typeof value !== "object" || value === null || !("op" in value && "args" in value)) return
    const child = value as ASTNode
    if (child.op === "call") found.push(child.args)
    visit(child.args)
  }
  visit(node)
  return found
}

const labelOf = (member: unknown): string => {
  const { id, kind, metadata } = fieldsOf(member)
  const { name, namespace } = fieldsOf(metadata)
  if (typeof kind === "string" && typeof name === "string")
    return [kind, namespace, name].filter((part) => typeof part === "string" && part !== "").join("/")
  return typeof id === "string" ? id : shownValue(member)
}

const shownValue = (value: unknown): string => {
  const { kind, metadata } = fieldsOf(value)
  if (kind !== undefined && metadata !== undefined) return labelOf(value)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value) && value.some((each) => fieldsOf(each)["metadata"] !== undefined))
    return `[${value.map(labelOf).join(", ")}]`
  if (typeof value === "object" && value !== null && "getMilliseconds" in value) return String(value)
  const text =
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner)) ?? "nothing"
  return text.length > valueMax ? `${text.slice(0, valueMax)}…` : text
}

const conditionText = (object: unknown, type: string): string => {
  const conditions = fieldsOf(fieldsOf(object)["status"])["conditions"]
  const label = labelOf(object)
  const state = fieldsOf(object)["state"]
  if (typeof state === "string") return `${label} is ${state}`
  const condition = Array.isArray(conditions)
    ? conditions.map(fieldsOf).find((each) => each["type"] === type)
    : undefined
  if (condition === undefined) return `${label} has no condition ${type}`
  const { lastTransitionTime, message, reason, status } = condition
  const because = typeof reason === "string" && reason !== "" ? ` (${reason})` : ""
  const said = typeof message === "string" && message !== "" ? `: ${message.replace(/\s+/g, " ").trim()}` : ""
  const since = typeof lastTransitionTime === "string" ? ` since ${lastTransitionTime}` : ""
  return `${label}: ${type} is ${String(status)}${because}${since}${said}`
}
