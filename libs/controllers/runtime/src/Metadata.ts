/** Changes of metadata that give back the same object when there is nothing to change. Pure. */
import { ensureOwnerReference, type KubernetesObject, type OwnerReference, type StringMap } from "@capstan/api"

export const hasFinalizer = (object: KubernetesObject, finalizer: string): boolean =>
  object.metadata.finalizers?.includes(finalizer) === true

export const withFinalizer = <A extends KubernetesObject>(object: A, finalizer: string): A => {
  if (hasFinalizer(object, finalizer)) return object
  const finalizers = [...(object.metadata.finalizers ?? []), finalizer]
  return { ...object, metadata: { ...object.metadata, finalizers } }
}

export const withoutFinalizer = <A extends KubernetesObject>(object: A, finalizer: string): A => {
  if (!hasFinalizer(object, finalizer)) return object
  const finalizers = object.metadata.finalizers?.filter((name) => name !== finalizer) ?? []
  return { ...object, metadata: { ...object.metadata, finalizers } }
}

export const withOwner = <A extends KubernetesObject>(object: A, owner: OwnerReference): A => {
  const before = object.metadata.ownerReferences ?? []
  const ownerReferences = ensureOwnerReference(before, owner)
  return ownerReferences === before ? object : { ...object, metadata: { ...object.metadata, ownerReferences } }
}

/** The map with more entries laid over it; the same map when they are there already. */
const overlaid = (map: StringMap | undefined, entries: StringMap): StringMap => {
  const before = map ?? {}
  for (const key in entries) if (before[key] !== entries[key]) return { ...before, ...entries }
  return before
}

export const withLabels = <A extends KubernetesObject>(object: A, entries: StringMap): A => {
  const before = object.metadata.labels
  const labels = overlaid(before, entries)
  return labels === before || Object.keys(entries).length === 0
    ? object
    : { ...object, metadata: { ...object.metadata, labels } }
}

export const withAnnotations = <A extends KubernetesObject>(object: A, entries: StringMap): A => {
  const before = object.metadata.annotations
  const annotations = overlaid(before, entries)
  return annotations === before || Object.keys(entries).length === 0
    ? object
    : { ...object, metadata: { ...object.metadata, annotations } }
}

export const hasAnnotation = (object: KubernetesObject, name: string): boolean =>
  object.metadata.annotations?.[name] !== undefined
