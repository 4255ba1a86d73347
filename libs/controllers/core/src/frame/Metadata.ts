/** Changes of metadata that give back the same object when there is nothing to change. Pure. */
import { ensureOwnerReference, type KubernetesObject, type OwnerReference, type StringMap } from "@capstan/api"

export const withFinalizer = <A extends KubernetesObject>(object: A, finalizer: string): A => {
  const finalizers = object.metadata.finalizers ?? []
  return finalizers.includes(finalizer)
    ? object
    : { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } }
}

export const withoutFinalizer = <A extends KubernetesObject>(object: A, finalizer: string): A => {
  const finalizers = object.metadata.finalizers ?? []
  return finalizers.includes(finalizer)
    ? { ...object, metadata: { ...object.metadata, finalizers: finalizers.filter((name) => name !== finalizer) } }
    : object
}

export const withOwner = <A extends KubernetesObject>(object: A, owner: OwnerReference): A => {
  const before = object.metadata.ownerReferences ?? []
  const ownerReferences = ensureOwnerReference(before, owner)
  return ownerReferences === before ? object : { ...object, metadata: { ...object.metadata, ownerReferences } }
}

/** The map with more entries laid over it; the same map when they are there already. */
export const overlaid = (map: StringMap | undefined, entries: StringMap): StringMap => {
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
