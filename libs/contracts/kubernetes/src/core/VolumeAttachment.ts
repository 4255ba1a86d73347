/**
 * VolumeAttachment (storage.k8s.io/v1): a volume that is, or shall be, attached to a Node.
 *
 * Left out: inline sources and errors; they pass through unknown.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/
 */
import { type KindObject, makeKind } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

const Body = openStruct({
  spec: openStruct({
    attacher: Schema.String,
    nodeName: Schema.String,
    source: openStruct({ persistentVolumeName: Schema.optionalKey(Schema.String) })
  }),
  status: Schema.optionalKey(openStruct({ attached: Schema.Boolean }))
})

export const VolumeAttachment = makeKind({
  group: "storage.k8s.io",
  kind: "VolumeAttachment",
  version: "v1",
  scope: "Cluster",
  schema: Body
})
export type VolumeAttachment = KindObject<typeof VolumeAttachment>
