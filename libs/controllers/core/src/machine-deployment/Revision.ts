/**
 * Revisions: numbers in an annotation that say which MachineSet of a deployment is the latest. Pure.
 *
 * Going back to an older template gives its set a new, higher number.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinedeployment/mdutil
 */
import { Annotations, type KubernetesObject } from "@capstan/api"

/** `undefined` when there is none or it is no number. */
export const revisionOf = (object: KubernetesObject): number | undefined => {
  const text = object.metadata.annotations?.[Annotations.Revision] ?? ""
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/** Whether the set is older than its deployment's current one. Nothing is said while either has no revision. */
export const isOutdatedRevision = (set: KubernetesObject, deployment: KubernetesObject): boolean => {
  const ours = revisionOf(set)
  const latest = revisionOf(deployment)
  return ours !== undefined && latest !== undefined && ours < latest
}
