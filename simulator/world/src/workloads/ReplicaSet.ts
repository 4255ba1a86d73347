/**
 * ReplicaSet (apps/v1): what owns the Pods of a declared workload. Known to simulated workload clusters alone.
 *
 * Left out: everything but what budgets and owner references need; other fields pass through unknown.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replica-set-v1/
 */
import { int32, type KindObject, makeKind, withDefault } from "@capstan/api"
import { PodTemplate, Selector } from "@capstan/kubernetes"
import { Schema } from "effect"

const Body = Schema.Struct({
  spec: Schema.Struct({
    replicas: Schema.optionalKey(withDefault(int32({ minimum: 0 }), 1)),
    selector: Selector,
    template: PodTemplate
  }),
  status: Schema.optionalKey(
    Schema.Struct({
      replicas: int32(),
      readyReplicas: Schema.optionalKey(int32()),
      availableReplicas: Schema.optionalKey(int32())
    })
  )
})

export const ReplicaSet = makeKind({
  group: "apps",
  kind: "ReplicaSet",
  version: "v1",
  schema: Body,
  shortNames: ["rs"],
  categories: ["all"],
  subresources: { status: true, scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } }
})
export type ReplicaSet = KindObject<typeof ReplicaSet>
