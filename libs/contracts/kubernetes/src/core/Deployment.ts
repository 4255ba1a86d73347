/**
 * Deployment (apps/v1): CoreDNS, controllers, and the workloads that scenarios declare.
 *
 * Left out: strategies and progress deadlines; they pass through unknown. No controller of ours reconciles it.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/
 */
import { int32, int64, type KindObject, list, makeKind, withDefault } from "@capstan/api"
import { Schema } from "effect"
import { NativeCondition } from "./NativeCondition.ts"
import { openStruct } from "./OpenStruct.ts"
import { PodSpec } from "./Pod.ts"
import { Selector } from "./PodDisruptionBudget.ts"

export const PodTemplate = openStruct({
  metadata: Schema.optionalKey(
    openStruct({
      labels: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
      annotations: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
    })
  ),
  spec: PodSpec
})

const Body = openStruct({
  spec: openStruct({
    replicas: Schema.optionalKey(withDefault(int32({ minimum: 0 }), 1)),
    selector: Selector,
    template: PodTemplate
  }),
  status: Schema.optionalKey(
    openStruct({
      observedGeneration: Schema.optionalKey(int64()),
      replicas: Schema.optionalKey(int32()),
      updatedReplicas: Schema.optionalKey(int32()),
      readyReplicas: Schema.optionalKey(int32()),
      availableReplicas: Schema.optionalKey(int32()),
      unavailableReplicas: Schema.optionalKey(int32()),
      conditions: Schema.optionalKey(list(NativeCondition, { keys: ["type"] }))
    })
  )
})

export const Deployment = makeKind({
  group: "apps",
  kind: "Deployment",
  version: "v1",
  schema: Body,
  shortNames: ["deploy"],
  categories: ["all"],
  subresources: {
    status: true,
    scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" }
  }
})
export type Deployment = KindObject<typeof Deployment>
