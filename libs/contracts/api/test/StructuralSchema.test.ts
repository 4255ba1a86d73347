/** Structural schemas: what Effect schemas become, and that kinds carry what their CRDs state. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  clusterApiKinds,
  dictionary,
  int32,
  int64,
  IntOrString,
  KubeadmControlPlane,
  list,
  Machine,
  makeKindRegistry,
  Opaque,
  struct,
  type StructuralSchema,
  structuralSchema,
  structureOfSchema,
  text,
  Timestamp,
  withDefault,
  withoutKeywords,
  withRules
} from "../src/index.ts"

const rows: ReadonlyArray<readonly [string, Schema.Constraint, StructuralSchema]> = [
  [
    "text with bounds",
    text({ minLength: 1, maxLength: 9, pattern: "^a/b$" }),
    { type: "string", minLength: 1, maxLength: 9, pattern: "^a/b$" }
  ],
  ["text that may be empty", text({ minLength: 0 }), { type: "string", minLength: 0 }],
  ["a time", Timestamp, { type: "string", format: "date-time" }],
  ["a plain integer", Schema.Int, { type: "integer", format: "int64" }],
  [
    "a small integer with bounds",
    int32({ minimum: 0, maximum: 9 }),
    { type: "integer", format: "int32", minimum: 0, maximum: 9 }
  ],
  ["a large integer", int64(), { type: "integer", format: "int64" }],
  ["literals", Schema.Literals(["a", "b"]), { type: "string", enum: ["a", "b"] }],
  ["literals that the CRD does not state", withoutKeywords(Schema.Literals(["a", "b"]), "enum"), { type: "string" }],
  [
    "an integer or text",
    IntOrString,
    { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] }
  ],
  ["an opaque object", Opaque, { type: "object", "x-kubernetes-preserve-unknown-fields": true }],
  ["a map", dictionary(Schema.Boolean), { type: "object", additionalProperties: { type: "boolean" } }],
  ["a null besides", Schema.NullOr(Schema.String), { type: "string", nullable: true }],
  ["a default", withDefault(Schema.String, "x"), { type: "string", default: "x" }],
  [
    "a list with keys",
    list(Schema.Struct({ k: Schema.String }), { minItems: 1, maxItems: 2, keys: ["k"] }),
    {
      type: "array",
      items: { type: "object", properties: { k: { type: "string" } }, required: ["k"] },
      minItems: 1,
      maxItems: 2,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"]
    }
  ],
  [
    "a struct with an optional field, a bound and a rule",
    withRules(struct({ a: Schema.optionalKey(Schema.String) }, { minProperties: 1 }), { rule: "has(self.a)" }),
    {
      type: "object",
      properties: { a: { type: "string" } },
      minProperties: 1,
      "x-kubernetes-validations": [{ rule: "has(self.a)" }]
    }
  ],
  [
    "checks of plain Effect schemas",
    Schema.Array(Schema.String.check(Schema.isBetweenLength(1, 3))).check(Schema.isMaxLength(4)),
    { type: "array", items: { type: "string", minLength: 1, maxLength: 3 }, maxItems: 4 }
  ]
]

describe("the structural schema of", () => {
  for (const [sentence, schema, expected] of rows) {
    it(sentence, () => assert.deepStrictEqual(structureOfSchema(schema), expected))
  }

  it("a kind is computed once and holds the whole object", () => {
    const schema = structuralSchema(Machine)
    assert.strictEqual(structuralSchema(Machine), schema)
    assert.deepStrictEqual(Object.keys(schema.properties ?? {}), ["apiVersion", "kind", "metadata", "spec", "status"])
    assert.deepStrictEqual(schema.required, ["spec"])
  })

  it("a control plane holds that of a KubeadmConfig", () => {
    const spec = structuralSchema(KubeadmControlPlane).properties?.spec
    assert.deepStrictEqual(spec?.required, ["machineTemplate", "version"])
    const flags =
      spec?.properties?.kubeadmConfigSpec?.properties?.clusterConfiguration?.properties?.apiServer?.properties
        ?.extraArgs
    assert.deepStrictEqual(flags?.["x-kubernetes-list-map-keys"], ["name", "value"])
    assert.strictEqual(flags?.["x-kubernetes-validations"]?.length, 1)
  })
})

/** Types that a structural schema must name, at any depth. */
const untyped = (schema: StructuralSchema, path: string): ReadonlyArray<string> => [
  ...(schema.type === undefined && schema["x-kubernetes-int-or-string"] !== true ? [path] : []),
  ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) => untyped(child, `${path}.${name}`)),
  ...(schema.items === undefined ? [] : untyped(schema.items, `${path}[]`)),
  ...(schema.additionalProperties === undefined ? [] : untyped(schema.additionalProperties, `${path}{}`))
]

describe("Cluster API's kinds", () => {
  it("have structural schemas throughout", () => {
    assert.deepStrictEqual(
      clusterApiKinds.flatMap((kind) => untyped(structuralSchema(kind), kind.kind)),
      []
    )
  })

  it("are found by group and by any served version", () => {
    const registry = makeKindRegistry(clusterApiKinds)
    assert.strictEqual(registry.find({ group: "cluster.x-k8s.io", kind: "Machine" }), Machine)
    for (const version of ["v1beta2", "v1beta1", "v1alpha4", "v1alpha3"]) {
      assert.strictEqual(registry.findByApiVersion(`cluster.x-k8s.io/${version}`, "Machine"), Machine)
    }
    assert.isUndefined(registry.findByApiVersion("cluster.x-k8s.io/v1", "Machine"))
    assert.isUndefined(registry.find({ group: "", kind: "Machine" }))
  })
})
