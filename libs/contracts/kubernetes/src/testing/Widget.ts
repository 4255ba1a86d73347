/**
 * A custom kind that uses every keyword of structural schemas: what the conformance suite writes to a server.
 *
 * A live server gets it as a CustomResourceDefinition with the conversion strategy `None`.
 *
 * @source https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
import {
  type AnyKind,
  dictionary,
  int32,
  IntOrString,
  type KindObject,
  list,
  makeKind,
  Opaque,
  struct,
  text,
  Timestamp,
  withDefault
} from "@capstan/api"
import { Schema } from "effect"

const Part = struct({
  name: text({ minLength: 1 }),
  count: Schema.optionalKey(withDefault(int32({ minimum: 0 }), 1)),
  note: Schema.optionalKey(Schema.String)
})

const Settings = struct({
  mode: Schema.optionalKey(withDefault(Schema.Literals(["auto", "manual"]), "auto")),
  limit: Schema.optionalKey(int32())
})

const Body = struct({
  spec: struct({
    size: int32({ minimum: 1, maximum: 100 }),
    replicas: Schema.optionalKey(withDefault(int32({ minimum: 0 }), 1)),
    color: Schema.optionalKey(Schema.Literals(["red", "green", "blue"])),
    code: Schema.optionalKey(text({ pattern: "^[a-z]+$", maxLength: 8 })),
    parts: Schema.optionalKey(list(Part, { keys: ["name"], maxItems: 3 })),
    tags: Schema.optionalKey(list(Schema.String, { type: "set" })),
    names: Schema.optionalKey(dictionary(Schema.String)),
    settings: Schema.optionalKey(withDefault(Settings, {})),
    free: Schema.optionalKey(Opaque),
    amount: Schema.optionalKey(IntOrString),
    at: Schema.optionalKey(Timestamp)
  }),
  status: Schema.optionalKey(
    struct({
      replicas: Schema.optionalKey(int32()),
      phase: Schema.optionalKey(Schema.String),
      observedGeneration: Schema.optionalKey(int32())
    })
  )
})

export const Widget = makeKind({
  group: "conformance.capstan.dev",
  kind: "Widget",
  version: "v1",
  schema: Body,
  subresources: {
    status: true,
    scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" }
  },
  versions: [
    {
      name: "v1alpha1",
      served: true,
      toStorage: (object) => ({ ...object, apiVersion: "conformance.capstan.dev/v1" }),
      fromStorage: (object) => ({ ...object, apiVersion: "conformance.capstan.dev/v1alpha1" })
    }
  ]
})
export type Widget = KindObject<typeof Widget>

/** A cluster-scoped custom kind without a status subresource. */
export const Plant = makeKind({
  group: "conformance.capstan.dev",
  kind: "Plant",
  version: "v1",
  scope: "Cluster",
  schema: struct({
    spec: struct({ height: int32() }),
    status: Schema.optionalKey(struct({ phase: Schema.optionalKey(Schema.String) }))
  }),
  subresources: { status: false }
})

/** What a server must serve, besides the native kinds, for the suite to run against it. */
export const conformanceKinds: ReadonlyArray<AnyKind> = [Widget, Plant]
