/**
 * PersistentVolumeClaim (core/v1): leads from a Pod's volume to the PersistentVolume behind it.
 *
 * Left out: resources, access modes, binding; they pass through unknown.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/
 */
import { type KindObject, makeKind } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

const Body = openStruct({
  spec: Schema.optionalKey(
    openStruct({
      volumeName: Schema.optionalKey(Schema.String),
      storageClassName: Schema.optionalKey(Schema.String)
    })
  ),
  status: Schema.optionalKey(openStruct({ phase: Schema.optionalKey(Schema.String) }))
})

export const PersistentVolumeClaim = makeKind({
  group: "",
  kind: "PersistentVolumeClaim",
  version: "v1",
  schema: Body,
  shortNames: ["pvc"]
})
export type PersistentVolumeClaim = KindObject<typeof PersistentVolumeClaim>
