/**
 * The `scale` subresource: a patch of `spec.replicas` becomes a patch of wherever the kind keeps its replicas.
 *
 * To the service a scaled object is the answer; over HTTP it is the Scale that `scaleOf` makes of it.
 *
 * @source https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#scale-subresource
 * @fidelity observed kube-apiserver-1.36 — A write to scale changes the replicas alone; a version in it is a precondition.
 */
import type { AnyKind, KubernetesObject } from "@capstan/api"
import { apiError, type ApiError, type Patch } from "@capstan/kubernetes"
import { Result } from "effect"
import { isObject, type JsonObject } from "./FrozenValue.ts"
import { applyJsonPatch } from "./JsonPatch.ts"
import { applyMergePatch } from "./MergePatch.ts"
import { badRequest, invalid, notFound, unpatchable } from "./StatusErrors.ts"

const stepsOf = (path: string): ReadonlyArray<string> => path.split(".").filter((step) => step !== "")

const read = (object: unknown, path: string): unknown =>
  stepsOf(path).reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), object)

/** The object's `autoscaling/v1` Scale; `undefined` when its kind has none. */
export const scaleOf = (kind: AnyKind, object: KubernetesObject): JsonObject | undefined => {
  const { scale } = kind.subresources
  if (scale === undefined) return undefined
  const { creationTimestamp, name, namespace, resourceVersion, uid } = object.metadata
  const selector = scale.labelSelectorPath === undefined ? undefined : read(object, scale.labelSelectorPath)
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: read(object, scale.specReplicasPath) ?? 0 },
    status: {
      replicas: read(object, scale.statusReplicasPath) ?? 0,
      ...(typeof selector === "string" ? { selector } : {})
    }
  }
}

/** The merge patch of the object itself that a patch of its scale stands for. */
export const replicasPatch = (
  kind: AnyKind,
  object: KubernetesObject,
  patch: Patch
): Result.Result<unknown, ApiError> => {
  const { scale } = kind.subresources
  const { name, namespace, resourceVersion, uid } = object.metadata
  if (scale === undefined) return Result.fail(notFound(kind, name))
  const before = {
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), resourceVersion, uid },
    spec: { replicas: read(object, scale.specReplicasPath) ?? 0 },
    status: { replicas: read(object, scale.statusReplicasPath) ?? 0 }
  }
  const patched =
    patch.type === "merge" ? Result.succeed(applyMergePatch(before, patch.body)) : applyJsonPatch(before, patch.body)
  if (Result.isFailure(patched)) return Result.fail(unpatchable())
  const replicas = read(patched.success, ".spec.replicas")
  if (typeof replicas !== "number" || !Number.isInteger(replicas)) {
    return Result.fail(
      badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be an integer')
    )
  }
  if (replicas < 0) {
    return Result.fail(
      invalid({ ...kind, kind: "Scale", group: "autoscaling" }, name, [
        {
          field: "spec.replicas",
          reason: "FieldValueInvalid",
          message: `Invalid value: ${replicas}: must be greater than or equal to 0`
        }
      ])
    )
  }
  const version = read(patched.success, ".metadata.resourceVersion")
  const value = stepsOf(scale.specReplicasPath).reduceRight<unknown>((inner, step) => ({ [step]: inner }), replicas)
  if (!isObject(value)) return Result.fail(apiError("InternalError", `the scale of ${kind.plural} has no path`))
  return Result.succeed(version === resourceVersion ? value : { ...value, metadata: { resourceVersion: version } })
}
