/**
 * Pausing: a paused object is left alone, its deletion included.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/multiple-providers#pausing
 */
import type { KubernetesObject } from "../meta/ObjectMeta.ts"
import { Annotations } from "./Annotations.ts"
import type { Cluster } from "./Cluster.ts"

/** Whether the object carries the annotation; its value is irrelevant, so `"false"` pauses too. */
export const hasPausedAnnotation = (object: KubernetesObject): boolean =>
  object.metadata.annotations?.[Annotations.Paused] !== undefined

/** Whether the object is paused: through its Cluster, or by itself. */
export const isPaused = (cluster: Pick<Cluster, "spec"> | undefined, object: KubernetesObject): boolean =>
  cluster?.spec.paused === true || hasPausedAnnotation(object)
