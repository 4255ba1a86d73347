/**
 * Namespace (core/v1). Its life cycle (phases, the emptying, the `finalize` subresource) is the server's.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/
 */
import { type KindObject, list, makeKind } from "@capstan/api"
import { Schema } from "effect"
import { NativeCondition } from "./NativeCondition.ts"
import { openStruct } from "./OpenStruct.ts"

const Body = openStruct({
  spec: Schema.optionalKey(openStruct({ finalizers: Schema.optionalKey(list(Schema.String)) })),
  status: Schema.optionalKey(
    openStruct({
      phase: Schema.optionalKey(Schema.Literals(["Active", "Terminating"])),
      conditions: Schema.optionalKey(list(NativeCondition, { keys: ["type"] }))
    })
  )
})

export const Namespace = makeKind({
  group: "",
  kind: "Namespace",
  version: "v1",
  scope: "Cluster",
  schema: Body,
  shortNames: ["ns"]
})
export type Namespace = KindObject<typeof Namespace>
