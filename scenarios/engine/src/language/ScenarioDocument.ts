/**
 * The shape of a scenario file: one Schema that decodes it and that the editors' JSON Schema is made from.
 *
 * What a word may contain beyond its shape (expressions, fault parameters, names) is checked in `ScenarioFile.ts`.
 *
 * @source docs/guides/scenarios.md
 */
import { Schema } from "effect"
import { durationPattern } from "./Duration.ts"

export const apiVersion = "scenario.capstan.dev/v1alpha1"

const template = /^\$\{\{.+\}\}$/s

/** `90s`, `1h4m`, `+5m`, or a `${{ }}` expression that gives one. */
export const DurationText = Schema.String.pipe(
  Schema.check(Schema.isPattern(new RegExp(`(${durationPattern.source})|(${template.source})`, "s")))
).annotate({
  description: "A duration such as 90s, 1h4m12s or 250ms; with a plus an offset from readiness; or a ${{ }} expression."
})

/** CEL. */
export const ExpressionText = Schema.NonEmptyString.annotate({ description: "A CEL expression." })

const Scalar = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])
const AnyMap = Schema.Record(Schema.String, Schema.Unknown)
const Name = Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)))
const Seed = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 4_294_967_295 })))
/** How many seeds, or cells of a matrix, one scenario may have. */
export const runsMax = 100_000
const Identifier = Schema.String.pipe(Schema.check(Schema.isPattern(/^[A-Za-z_][A-Za-z0-9_]*$/)))

export const Variable = Schema.Struct({
  type: Schema.Literals(["string", "integer", "number", "boolean", "duration"]),
  default: Schema.optionalKey(Scalar),
  min: Schema.optionalKey(Schema.Finite),
  max: Schema.optionalKey(Schema.Finite),
  enum: Schema.optionalKey(Schema.Array(Scalar)),
  description: Schema.optionalKey(Schema.String)
})
export type Variable = typeof Variable.Type

/** A count, or a percentage such as `50%`. */
const Amount = Schema.Union([
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))),
  Schema.String.pipe(
    Schema.check(Schema.isPattern(/^(100|[0-9]{1,2})%$/, { expected: "a whole number or a percentage such as 50%" }))
  )
])

/** A workload that runs in the cluster's world: Pods with a budget, to be drained, evicted and missed. */
export const Workload = Schema.Struct({
  name: Name,
  namespace: Schema.optionalKey(Name),
  replicas: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
  minAvailable: Schema.optionalKey(Amount),
  maxUnavailable: Schema.optionalKey(Amount)
})
export type Workload = typeof Workload.Type

export const World = Schema.Struct({
  provider: Schema.optionalKey(Schema.Literals(["aws", "dev"])),
  region: Schema.optionalKey(Schema.String),
  zones: Schema.optionalKey(Schema.Array(Schema.String)),
  /** What is there before the first manifest; what is set to false is missing, and whatever needs it fails as it would. */
  images: Schema.optionalKey(Schema.Boolean),
  keyPairs: Schema.optionalKey(Schema.Boolean),
  instanceProfiles: Schema.optionalKey(Schema.Boolean),
  cni: Schema.optionalKey(Schema.Boolean),
  cloudController: Schema.optionalKey(Schema.Boolean),
  quotas: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite)),
  workloads: Schema.optionalKey(Schema.Array(Workload))
})
export type World = typeof World.Type

export const Manifest = Schema.Struct({
  file: Schema.String,
  substitute: Schema.optionalKey(Schema.Record(Schema.String, Scalar))
})
export type Manifest = typeof Manifest.Type

export const Given = Schema.Struct({
  world: Schema.optionalKey(World),
  manifests: Schema.Array(Manifest),
  ready: Schema.optionalKey(Schema.Struct({ let: Identifier, is: Schema.String, within: DurationText }))
})

/** A named set of things to watch: objects of a kind, or resources of the cloud. */
export const Binding = Schema.Struct({
  kind: Schema.optionalKey(Schema.String),
  /** Objects in the workload cluster of this name instead of the management cluster. */
  workload: Schema.optionalKey(Schema.String),
  resource: Schema.optionalKey(Schema.Literals(["instance", "aws.ec2.instance"])),
  name: Schema.optionalKey(Schema.String),
  namespace: Schema.optionalKey(Schema.String),
  cluster: Schema.optionalKey(Schema.String),
  role: Schema.optionalKey(Schema.Literals(["control-plane", "worker"])),
  labels: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** Exactly one: the name stands for the object itself. */
  one: Schema.optionalKey(Schema.Boolean)
})
export type Binding = typeof Binding.Type

export const Target = Schema.Struct({
  from: Schema.optionalKey(Identifier),
  where: Schema.optionalKey(ExpressionText),
  pick: Schema.optionalKey(
    Schema.Struct({
      count: Schema.optionalKey(Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1)))),
      percent: Schema.optionalKey(Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 100 })))),
      all: Schema.optionalKey(Schema.Boolean)
    })
  ),
  /** What to do when nothing matches: `fail` by default. */
  empty: Schema.optionalKey(Schema.Literals(["fail", "skip"])),
  controller: Schema.optionalKey(Schema.String)
})
export type Target = typeof Target.Type

export const ObjectReference = Schema.Struct({
  apiVersion: Schema.optionalKey(Schema.String),
  kind: Schema.String,
  name: Schema.optionalKey(Schema.String),
  namespace: Schema.optionalKey(Schema.String),
  /** A name from `let`: every object in it. */
  from: Schema.optionalKey(Identifier)
})

export interface Step {
  readonly id?: string
  readonly at?: string
  readonly when?: string
  readonly timeout?: string
  readonly for?: string
  readonly target?: Target
  readonly with?: { readonly [key: string]: unknown }
  readonly fault?: string
  readonly heal?: string
  readonly wait?: string
  readonly check?: string
  readonly hold?: string
  readonly mark?: string
  readonly apply?: Manifest
  readonly patch?: typeof PatchStep.Type
  readonly delete?: typeof ObjectReference.Type
  readonly parallel?: ReadonlyArray<Step>
}

const PatchStep = Schema.Struct({
  ...ObjectReference.fields,
  type: Schema.optionalKey(Schema.Literals(["merge", "json"])),
  subresource: Schema.optionalKey(Schema.Literals(["status", "scale"])),
  value: Schema.Unknown
})

/** The words of which a step has exactly one. */
export const stepActions = [
  "fault",
  "heal",
  "wait",
  "check",
  "hold",
  "mark",
  "apply",
  "patch",
  "delete",
  "parallel"
] as const

export const Step: Schema.Codec<Step> = Schema.Struct({
  id: Schema.optionalKey(Name),
  at: Schema.optionalKey(DurationText),
  when: Schema.optionalKey(ExpressionText),
  timeout: Schema.optionalKey(DurationText),
  for: Schema.optionalKey(DurationText),
  target: Schema.optionalKey(Target),
  with: Schema.optionalKey(AnyMap),
  fault: Schema.optionalKey(Schema.String),
  heal: Schema.optionalKey(Schema.String),
  wait: Schema.optionalKey(ExpressionText),
  check: Schema.optionalKey(ExpressionText),
  hold: Schema.optionalKey(DurationText),
  mark: Schema.optionalKey(Schema.String),
  apply: Schema.optionalKey(Manifest),
  patch: Schema.optionalKey(PatchStep),
  delete: Schema.optionalKey(ObjectReference),
  parallel: Schema.optionalKey(Schema.Array(Schema.suspend((): Schema.Codec<Step> => Step)))
}).annotate({ identifier: "Step" })

/** The words of which an expectation has exactly one. */
export const expectationKinds = ["always", "never", "eventually", "finally", "sometimes"] as const
export type ExpectationKind = (typeof expectationKinds)[number]

/** What a budget is set for, measured in every run and judged over all of them. */
export const metrics = ["timeToHeal", "cloudCalls", "dollars", "belowBudget"] as const
export type Metric = (typeof metrics)[number]

/** What the runs' values come to. */
export const aggregates = ["min", "max", "avg", "p50", "p95", "p99"] as const
export type Aggregate = (typeof aggregates)[number]

export const comparisons = ["<", "<=", "==", ">=", ">"] as const
export type Comparison = (typeof comparisons)[number]

export const Expectation = Schema.Struct({
  id: Name,
  if: Schema.optionalKey(ExpressionText),
  from: Schema.optionalKey(Schema.String),
  until: Schema.optionalKey(Schema.String),
  after: Schema.optionalKey(Schema.String),
  within: Schema.optionalKey(DurationText),
  tolerate: Schema.optionalKey(DurationText),
  always: Schema.optionalKey(ExpressionText),
  never: Schema.optionalKey(ExpressionText),
  eventually: Schema.optionalKey(ExpressionText),
  finally: Schema.optionalKey(ExpressionText),
  sometimes: Schema.optionalKey(ExpressionText),
  /** A budget: what all runs together may come to. */
  metric: Schema.optionalKey(Schema.Literals(metrics)),
  /** How the values of the runs are put together: `max` unless given. */
  aggregate: Schema.optionalKey(Schema.Literals(aggregates)),
  /** `<=` unless given. */
  op: Schema.optionalKey(Schema.Literals(comparisons)),
  /** A duration for times, else a number. */
  value: Schema.optionalKey(Schema.Union([Schema.Finite, DurationText])),
  /** Of `cloudCalls` which, of `belowBudget` the workload. */
  of: Schema.optionalKey(Schema.NonEmptyString)
})
export type Expectation = typeof Expectation.Type

const Twelve = Schema.String.pipe(Schema.check(Schema.isPattern(/^[0-9]{12}$/))).annotate({
  description: "The twelve digits of an AWS account, in quotes."
})
const RegionName = Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-z]{2}(-[a-z]+)+-[0-9]$/))).annotate({
  description: "A region such as eu-west-1."
})
const atLeastOne = Schema.isMinLength(1)

/** What a drill in a real account may touch at most. Without this block no real account is touched at all. */
export const AwsGuardrails = Schema.Struct({
  /** The accounts in which the drill may run; the caller's own must be one of them. */
  accounts: Schema.Array(Twelve).pipe(Schema.check(atLeastOne)),
  regions: Schema.Array(RegionName).pipe(Schema.check(atLeastOne)),
  /** Clusters whose resources may be hit: each target must carry the ownership tag of one of them. */
  clusters: Schema.Array(Name).pipe(Schema.check(atLeastOne)),
  /** Tags that a target must carry besides. */
  requireTags: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** How many different instances the whole drill may hit. */
  maxTargets: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
  /** The same as a share of the clusters' instances, rounded down. */
  maxPercent: Schema.optionalKey(Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 100 })))),
  /** After this time everything is undone, whatever the drill still had in mind. */
  maxDuration: DurationText,
  /** The drill ends, and everything is undone, as soon as one of these is true. */
  stopWhen: Schema.optionalKey(Schema.Array(ExpressionText))
}).annotate({ identifier: "AwsGuardrails" })
export type AwsGuardrails = typeof AwsGuardrails.Type

/** The guardrails of a scenario, which may also be a file of their own. */
export const Guardrails = Schema.Struct({ aws: Schema.optionalKey(AwsGuardrails) })

const Matrix = Schema.Struct({
  axes: Schema.Record(Identifier, Schema.Array(Scalar)),
  exclude: Schema.optionalKey(Schema.Array(Schema.Record(Schema.String, Scalar))),
  include: Schema.optionalKey(Schema.Array(Schema.Record(Schema.String, Scalar)))
})

export const ScenarioDocument = Schema.Struct({
  apiVersion: Schema.Literal(apiVersion),
  kind: Schema.Literal("Scenario"),
  metadata: Schema.Struct({
    name: Name,
    labels: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
    annotations: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
  }),
  spec: Schema.Struct({
    description: Schema.optionalKey(Schema.String),
    requires: Schema.optionalKey(Schema.Struct({ capabilities: Schema.optionalKey(Schema.Array(Schema.String)) })),
    vars: Schema.optionalKey(Schema.Record(Identifier, Variable)),
    matrix: Schema.optionalKey(Matrix),
    seeds: Schema.optionalKey(
      Schema.Union([
        Schema.Struct({
          from: Seed,
          count: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: runsMax })))
        }),
        Schema.Array(Seed).pipe(Schema.check(Schema.isMinLength(1)))
      ])
    ),
    timeouts: Schema.optionalKey(
      Schema.Struct({
        scenario: Schema.optionalKey(DurationText),
        step: Schema.optionalKey(DurationText),
        /** How long the world may take to fall silent once the steps are done. */
        settle: Schema.optionalKey(DurationText)
      })
    ),
    given: Given,
    let: Schema.optionalKey(Schema.Record(Identifier, Binding)),
    steps: Schema.Array(Step),
    expect: Schema.Array(Expectation),
    /** Needed on real accounts; a simulated world has no use for it. */
    guardrails: Schema.optionalKey(Guardrails)
  })
}).annotate({ identifier: "Scenario", title: "A Capstan scenario" })
export type ScenarioDocument = typeof ScenarioDocument.Type

/** What has to be known before templates can be filled in; everything else is looked at afterwards. */
export const ScenarioHead = Schema.Struct({
  spec: Schema.Struct({
    vars: Schema.optionalKey(Schema.Record(Identifier, Variable)),
    matrix: Schema.optionalKey(Matrix)
  })
})
export type ScenarioHead = typeof ScenarioHead.Type

/** JSON Schema draft-07 for editors, from the very Schema that decodes. */
export const scenarioJsonSchema = (): unknown => {
  const document = Schema.toJsonSchemaDocument(ScenarioDocument)
  const rewrite = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(rewrite)
    if (typeof node !== "object" || node === null) return node
    const closed = "properties" in node ? { additionalProperties: false } : {}
    return {
      ...Object.fromEntries(
        Object.entries(node).map(([key, value]) =>
          key === "$ref" && typeof value === "string"
            ? [key, value.replace("#/$defs/", "#/definitions/")]
            : [key, rewrite(value)]
        )
      ),
      ...closed
    }
  }
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    ...(rewrite(document.schema) as object),
    definitions: rewrite(document.definitions)
  }
}
