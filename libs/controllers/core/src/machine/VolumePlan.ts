/**
 * Which volumes a Node still holds that a deletion waits for. Pure.
 *
 * Volumes of Pods that the drain left alone do not count. Whatever else is attached does, known or not.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machine/machine_controller.go
 */
import type { Node, PersistentVolume, Pod, VolumeAttachment } from "@capstan/kubernetes"

export interface VolumeOptions {
  readonly node: Node
  readonly attachments: ReadonlyArray<VolumeAttachment>
  readonly volumes: ReadonlyArray<PersistentVolume>
  /** Pods on the Node that the drain skipped. */
  readonly skippedPods: ReadonlyArray<Pod>
}

/** Names for people: the claim where there is one, else the volume as the Node calls it. Sorted; empty when all are detached. */
export const attachedVolumes = ({ attachments, node, skippedPods, volumes }: VolumeOptions): ReadonlyArray<string> => {
  const byHandle = new Map<string, PersistentVolume>(
    volumes.flatMap((volume) => {
      const csi = volume.spec?.csi
      return csi === undefined ? [] : [[`kubernetes.io/csi/${csi.driver}^${csi.volumeHandle}`, volume] as const]
    })
  )
  const byName = new Map(volumes.map((volume) => [volume.metadata.name, volume] as const))
  const ignored = new Set(skippedPods.flatMap((pod) => claimsOf(pod)))

  const fromNode = (node.status?.volumesAttached ?? []).map(({ name }) => ({ name, volume: byHandle.get(name) }))
  const fromAttachments = attachments
    .filter((attachment) => attachment.spec.nodeName === node.metadata.name && attachment.status?.attached === true)
    .map((attachment) => attachment.spec.source.persistentVolumeName ?? attachment.metadata.name)
    .map((name) => ({ name, volume: byName.get(name) }))
  const names = [...fromNode, ...fromAttachments].flatMap(({ name, volume }) => {
    const claim = volume === undefined ? undefined : claimOf(volume)
    return claim !== undefined && ignored.has(claim) ? [] : [claim ?? name]
  })
  return [...new Set(names)].sort()
}

const claimOf = (volume: PersistentVolume): string | undefined => {
  const claim = volume.spec?.claimRef
  return claim?.name === undefined ? undefined : `${claim.namespace ?? ""}/${claim.name}`
}

const claimsOf = (pod: Pod): ReadonlyArray<string> =>
  (pod.spec.volumes ?? []).flatMap((volume) => {
    const claim = volume.persistentVolumeClaim?.claimName
    return claim === undefined ? [] : [`${pod.metadata.namespace ?? ""}/${claim}`]
  })

export const describeVolumes = (names: ReadonlyArray<string>, startedAt: string): string =>
  `Waiting for Node volumes to be detached (started at ${startedAt})\n* Volumes: ${names.slice(0, 5).join(", ")}` +
  (names.length > 5 ? `, ... (${names.length - 5} more)` : "")
