/**
 * One condition out of many: of one object (summary) or of many objects (aggregate).
 *
 * Every source condition weighs as an issue, as unknown or as information; the heaviest weight present decides the
 * status, and the message says what weighs. A condition of negative polarity (Deleting, ScalingUp) is an issue while True.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/docs/proposals/20240916-improve-status-in-CAPI-resources.md
 */
import { type Condition, type ConditionStatement, findCondition } from "./Condition.ts"

export type Weight = "issue" | "unknown" | "info"

/** Reasons of the result by its weight. */
export type WeightedReasons = { readonly [W in Weight]: string }

/** What a condition weighs by polarity alone. */
export const weightOf = (condition: Pick<Condition, "status">, negative: boolean): Weight =>
  condition.status === "Unknown" ? "unknown" : (condition.status === "True") === negative ? "issue" : "info"

export const notYetReported = "NotYetReported"

const missing = (type: string): ConditionStatement => ({
  type,
  status: "Unknown",
  reason: notYetReported,
  message: `Condition ${type} not yet reported`
})

const heaviest = (weights: ReadonlyArray<Weight>): Weight =>
  weights.includes("issue") ? "issue" : weights.includes("unknown") ? "unknown" : "info"

const statusOf = (weight: Weight, negative: boolean): Condition["status"] =>
  weight === "unknown" ? "Unknown" : (weight === "issue") === negative ? "True" : "False"

/** A message behind its heading: on the same line, or indented below it when it has several lines. */
const behindHeading = (heading: string, message: string): string =>
  message.includes("\n") || message.startsWith("* ")
    ? `${heading}:\n${message
        .split("\n")
        .map((line) => `  ${line}`)
        .join("\n")}`
    : `${heading}: ${message}`

export interface SummaryOptions {
  /** The object's conditions. */
  readonly conditions: ReadonlyArray<Condition> | undefined
  /** Type of the result. */
  readonly type: string
  /** Types that are summarised, in the order of the message. */
  readonly of: ReadonlyArray<string>
  readonly reasons: WeightedReasons
  /** Types that are an issue while True. */
  readonly negative?: ReadonlyArray<string>
  /** Types that may be missing; any other missing type weighs as unknown. */
  readonly ignoreIfMissing?: ReadonlyArray<string>
  /** Statements that stand in for the object's own conditions of the same type. */
  readonly overrides?: ReadonlyArray<ConditionStatement>
  /** Weight of a condition where polarity does not say it. */
  readonly weigh?: (condition: ConditionStatement, byPolarity: Weight) => Weight
}

const byWeight = (a: { readonly weight: Weight }, b: { readonly weight: Weight }): number =>
  rank[a.weight] - rank[b.weight]

const rank: { readonly [W in Weight]: number } = { issue: 0, unknown: 1, info: 2 }

/** The summary of an object's conditions. Information is told only when nothing weighs more. */
export const summaryCondition = (options: SummaryOptions): ConditionStatement => {
  const sources = options.of.flatMap((type) => {
    const found =
      options.overrides?.find((override) => override.type === type) ?? findCondition(options.conditions, type)
    if (found === undefined && options.ignoreIfMissing?.includes(type) === true) return []
    const condition = found ?? missing(type)
    const byPolarity = weightOf(condition, options.negative?.includes(type) === true)
    return [{ condition, weight: options.weigh?.(condition, byPolarity) ?? byPolarity }]
  })
  const weight = heaviest(sources.map((source) => source.weight))
  const told = sources.filter(
    (source) => source.weight !== "info" || (weight === "info" && source.condition.message !== "")
  )
  return {
    type: options.type,
    status: statusOf(weight, false),
    reason: options.reasons[weight],
    message: told
      .sort(byWeight)
      .map(({ condition }) => behindHeading(`* ${condition.type}`, condition.message || condition.reason))
      .join("\n")
  }
}

/** An object that has conditions. */
export interface WithConditions {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly status?: { readonly conditions?: ReadonlyArray<Condition> }
}

export interface AggregateOptions {
  /** Nothing is at issue when there is none; callers say so themselves (NoReplicas). */
  readonly objects: ReadonlyArray<WithConditions>
  /** Type of the result. */
  readonly type: string
  /** Type that is read from each object. */
  readonly of: string
  readonly reasons: WeightedReasons
  /** Whether source and result are an issue while True. */
  readonly negative?: boolean
  /** Weight of a condition where polarity does not say it. */
  readonly weigh?: (condition: ConditionStatement, byPolarity: Weight) => Weight
}

interface Report {
  readonly weight: Weight
  readonly kind: string
  readonly name: string
  readonly message: string
}

const limit = 3

const others: { readonly [W in Weight]: string } = {
  issue: "with other issues",
  unknown: "with status unknown",
  info: "with additional info"
}

const plural = (kind: string, count: number): string =>
  count === 1 ? kind : kind.endsWith("s") ? `${kind}es` : `${kind}s`

const namesOf = (reports: ReadonlyArray<Report>): string => {
  const names = reports.map((report) => report.name).sort()
  const shown = names.slice(0, limit).join(", ")
  return names.length > limit ? `${shown}, ... (${names.length - limit} more)` : shown
}

/** The messages of one weight, the most frequent first, at most `room` of them, and a line for what is left. */
const messagesOf = (reports: ReadonlyArray<Report>, weight: Weight, room: number): ReadonlyArray<string> => {
  if (reports.length === 0) return []
  const groups = [...Map.groupBy(reports, (report) => `${report.kind}/${report.message}`).values()].sort(
    (a, b) => b.length - a.length || (namesOf(a) < namesOf(b) ? -1 : 1)
  )
  const told = groups.slice(0, room).map((group) => {
    const kind = group[0]?.kind ?? ""
    return behindHeading(`* ${plural(kind, group.length)} ${namesOf(group)}`, group[0]?.message ?? "")
  })
  const left = groups.slice(room).flat()
  const kinds = [...Map.groupBy(left, (report) => report.kind)].sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    ...told,
    ...kinds.map(([kind, group]) => `And ${group.length} ${plural(kind, group.length)} ${others[weight]}`)
  ]
}

/** One condition of many objects: equal messages are told once, with at most three names, and at most three messages. */
export const aggregateCondition = (options: AggregateOptions): ConditionStatement => {
  const negative = options.negative === true
  const reports = options.objects.map((object): Report => {
    const condition = findCondition(object.status?.conditions, options.of) ?? missing(options.of)
    const byPolarity = weightOf(condition, negative)
    const weight = options.weigh?.(condition, byPolarity) ?? byPolarity
    return {
      weight,
      kind: object.kind,
      name: object.metadata.name,
      message: condition.message || (weight === "info" ? "" : condition.reason)
    }
  })
  const weight = heaviest(reports.map((report) => report.weight))
  const messages: Array<string> = []
  for (const each of ["issue", "unknown", "info"] as const) {
    const room = Math.max(limit - messages.length, 0)
    const ofWeight = reports.filter((report) => report.weight === each && report.message !== "")
    if (each !== "info" || room > 0) messages.push(...messagesOf(ofWeight, each, room))
  }
  return {
    type: options.type,
    status: statusOf(weight, negative),
    reason: options.reasons[weight],
    message: messages.join("\n")
  }
}
