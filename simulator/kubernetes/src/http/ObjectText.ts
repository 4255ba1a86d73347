/**
 * Stored objects as JSON text at any served version, written once for each version of an object.
 *
 * Stored objects never change, so their text can be kept for as long as they are: a hundred watchers of a write cost one
 * serialisation of it.
 *
 * @source https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/
 */
import { convertFromStorage, type KubernetesObject } from "@capstan/api"
import { asJson } from "../StoredObject.ts"
import type { JsonObject } from "../FrozenValue.ts"
import type { ServedKind } from "./ServedKinds.ts"

const texts = new WeakMap<object, string>()
const views = new WeakMap<object, Map<string, JsonObject>>()

/** The object at a served version. */
export const viewOf = ({ kind, version }: ServedKind, object: KubernetesObject): JsonObject => {
  if (version === kind.version) return asJson(object)
  const known = views.get(object)
  const before = known?.get(version)
  if (before !== undefined) return before
  // Served versions can be written: what cannot is not served.
  const view = convertFromStorage(kind, asJson(object), version) ?? asJson(object)
  if (known === undefined) views.set(object, new Map([[version, view]]))
  else known.set(version, view)
  return view
}

/** Compact JSON without a newline. */
export const textOf = (served: ServedKind, object: KubernetesObject): string => textOfView(viewOf(served, object))

export const textOfView = (view: object): string => {
  const known = texts.get(view)
  if (known !== undefined) return known
  const text = JSON.stringify(view)
  texts.set(view, text)
  return text
}

const metadataTexts = new WeakMap<object, string>()

/** The object's metadata alone, as `PartialObjectMetadata`. */
export const metadataTextOf = (object: KubernetesObject): string => {
  const known = metadataTexts.get(object)
  if (known !== undefined) return known
  const text = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(object.metadata)}}`
  metadataTexts.set(object, text)
  return text
}
