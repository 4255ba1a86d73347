/**
 * PersistentVolume (core/v1): what a drain must know to wait until volumes are detached.
 *
 * Left out: every source but CSI, capacity and access modes; they pass through unknown. So does its phase's life cycle.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-v1/
 */
import { type KindObject, makeKind } from "@capstan/api"
import { Schema } from "effect"
import { ObjectReference } from "./Event.ts"
import { openStruct } from "./OpenStruct.ts"

const Body = openStruct({
  spec: Schema.optionalKey(
    openStruct({
      claimRef: Schema.optionalKey(ObjectReference),
      csi: Schema.optionalKey(openStruct({ driver: Schema.String, volumeHandle: Schema.String })),
      storageClassName: Schema.optionalKey(Schema.String)
    })
  ),
  status: Schema.optionalKey(openStruct({ phase: Schema.optionalKey(Schema.String) }))
})

export const PersistentVolume = makeKind({
  group: "",
  kind: "PersistentVolume",
  version: "v1",
  scope: "Cluster",
  schema: Body,
  shortNames: ["pv"]
})
export type PersistentVolume = KindObject<typeof PersistentVolume>
