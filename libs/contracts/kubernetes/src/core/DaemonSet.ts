/**
 * DaemonSet (apps/v1): kube-proxy and CNI; drains leave its Pods alone.
 *
 * Left out: update strategies; they pass through unknown. No controller of ours reconciles it.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/
 */
import { int32, int64, type KindObject, makeKind } from "@capstan/api"
import { Schema } from "effect"
import { PodTemplate } from "./Deployment.ts"
import { openStruct } from "./OpenStruct.ts"
import { Selector } from "./PodDisruptionBudget.ts"

const Body = openStruct({
  spec: openStruct({ selector: Selector, template: PodTemplate }),
  status: Schema.optionalKey(
    openStruct({
      observedGeneration: Schema.optionalKey(int64()),
      currentNumberScheduled: int32(),
      desiredNumberScheduled: int32(),
      numberMisscheduled: int32(),
      numberReady: int32(),
      numberAvailable: Schema.optionalKey(int32())
    })
  )
})

export const DaemonSet = makeKind({
  group: "apps",
  kind: "DaemonSet",
  version: "v1",
  schema: Body,
  shortNames: ["ds"],
  categories: ["all"]
})
export type DaemonSet = KindObject<typeof DaemonSet>
