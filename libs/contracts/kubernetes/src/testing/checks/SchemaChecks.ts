/** Promises about structural schemas: pruning, defaults, and every keyword with its words. */
import { Effect } from "effect"
import { check, claim, type ConformanceCheck, refused, same } from "../ConformanceCheck.ts"
import { Widget } from "../Widget.ts"

interface Rejection {
  readonly rule: string
  readonly spec: object
  readonly field: string
  readonly reason: string
  readonly says: string
}

const rejections: ReadonlyArray<Rejection> = [
  {
    rule: "maximum",
    spec: { size: 500 },
    field: "spec.size",
    reason: "FieldValueInvalid",
    says: "Invalid value: 500: spec.size in body should be less than or equal to 100"
  },
  {
    rule: "minimum",
    spec: { size: 0 },
    field: "spec.size",
    reason: "FieldValueInvalid",
    says: "Invalid value: 0: spec.size in body should be greater than or equal to 1"
  },
  {
    rule: "required",
    spec: { size: undefined },
    field: "spec.size",
    reason: "FieldValueRequired",
    says: "Required value"
  },
  {
    rule: "type",
    spec: { size: "big" },
    field: "spec.size",
    reason: "FieldValueTypeInvalid",
    says: 'spec.size in body must be of type integer: "string"'
  },
  {
    rule: "integers are whole",
    spec: { size: 1.5 },
    field: "spec.size",
    reason: "FieldValueTypeInvalid",
    says: 'spec.size in body must be of type int32: "float64"'
  },
  {
    rule: "enum",
    spec: { color: "mauve" },
    field: "spec.color",
    reason: "FieldValueNotSupported",
    says: 'Unsupported value: "mauve": supported values: "red", "green", "blue"'
  },
  {
    rule: "pattern",
    spec: { code: "A1" },
    field: "spec.code",
    reason: "FieldValueInvalid",
    says: "spec.code in body should match '^[a-z]+$'"
  },
  {
    rule: "maxLength",
    spec: { code: "abcdefghi" },
    field: "spec.code",
    reason: "FieldValueTooLong",
    says: "may not be more than 8 bytes"
  },
  {
    rule: "maxItems",
    spec: { parts: ["a", "b", "c", "d"].map((name) => ({ name })) },
    field: "spec.parts",
    reason: "FieldValueTooMany",
    says: "must have at most 3 items"
  },
  {
    rule: "list-map keys",
    spec: { parts: [{ name: "a" }, { name: "a" }] },
    field: "spec.parts[1]",
    reason: "FieldValueDuplicate",
    says: 'Duplicate value: {"name":"a"}'
  },
  {
    rule: "required in items",
    spec: { parts: [{ count: 1 }] },
    field: "spec.parts[0].name",
    reason: "FieldValueRequired",
    says: "Required value"
  },
  {
    rule: "sets",
    spec: { tags: ["a", "a"] },
    field: "spec.tags[1]",
    reason: "FieldValueDuplicate",
    says: 'Duplicate value: "a"'
  },
  {
    rule: "additionalProperties",
    spec: { names: { a: 1 } },
    field: "spec.names.a",
    reason: "FieldValueTypeInvalid",
    says: "must be of type string"
  },
  {
    rule: "int-or-string",
    spec: { amount: true },
    field: "spec.amount",
    reason: "FieldValueTypeInvalid",
    says: "must be of type integer,string"
  },
  {
    rule: "date-time",
    spec: { at: "yesterday" },
    field: "spec.at",
    reason: "FieldValueTypeInvalid",
    says: "must be of type date-time"
  }
]

const rejectionChecks = rejections.map(({ field, reason, rule, says, spec }) =>
  check("schema", `refuses by ${rule}`, ({ widget }) =>
    Effect.gen(function* () {
      const error = yield* refused("Invalid", widget("a", { spec }))
      const cause = error.causes?.find((candidate) => candidate.field === field)
      yield* claim(cause !== undefined, `a cause at ${field}: ${error.message}`)
      yield* same("reason", cause?.reason, reason)
      yield* claim(cause?.message.includes(says) === true, `${cause?.message} says ${says}`)
    })
  )
)

export const schemaChecks: ReadonlyArray<ConformanceCheck> = [
  ...rejectionChecks,
  // In no order that could be relied on: a real server walks maps.
  check("schema", "tells all that is wrong at once", ({ widget }) =>
    Effect.gen(function* () {
      const error = yield* refused("Invalid", widget("a", { spec: { size: 500, color: "mauve" } }))
      yield* same("fields", error.causes?.map((cause) => cause.field ?? "").sort(), ["spec.color", "spec.size"])
      yield* claim(error.message.startsWith('Widget.conformance.capstan.dev "a" is invalid: [spec.'), error.message)
      yield* same("kind in details", error.kind, "Widget")
    })
  ),
  check("schema", "drops unknown fields, also in lists", ({ widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a", { spec: { bogus: 1, parts: [{ name: "a", bogus: 2 }] } })
      yield* same("spec", made.spec, {
        size: 1,
        replicas: 1,
        settings: { mode: "auto" },
        parts: [{ name: "a", count: 1 }]
      })
    })
  ),
  check("schema", "keeps everything where unknown fields are preserved", ({ widget }) =>
    Effect.gen(function* () {
      const free = { any: { thing: [1, "two", { three: null }] } }
      yield* same("free", (yield* widget("a", { spec: { free } })).spec.free, free)
    })
  ),
  check("schema", "fills defaults, nested ones too", ({ widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a", {
        spec: { settings: { limit: 3 }, parts: [{ name: "p" }, { name: "q", count: 7 }] }
      })
      yield* same("settings", made.spec.settings, { mode: "auto", limit: 3 })
      yield* same(
        "counts",
        made.spec.parts?.map((part) => part.count),
        [1, 7]
      )
      yield* same("replicas", made.spec.replicas, 1)
    })
  ),
  check("schema", "takes null for an absent field and defaults it", ({ widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a", { spec: { replicas: null, color: null } })
      yield* same("replicas", made.spec.replicas, 1)
      yield* same("color", made.spec.color, undefined)
    })
  ),
  check("schema", "defaults again what an update leaves out", ({ api, widget }) =>
    Effect.gen(function* () {
      const made = yield* widget("a", { spec: { replicas: 4 } })
      const next = yield* api.update(Widget, { ...made, spec: { size: 1 } })
      yield* same("replicas", next.spec.replicas, 1)
    })
  ),
  check("schema", "takes whole numbers and text for int-or-string", ({ widget }) =>
    Effect.gen(function* () {
      yield* same("number", (yield* widget("a", { spec: { amount: 3 } })).spec.amount, 3)
      yield* same("text", (yield* widget("b", { spec: { amount: "30%" } })).spec.amount, "30%")
    })
  )
]
