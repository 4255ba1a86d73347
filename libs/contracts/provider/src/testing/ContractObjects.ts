/**
 * What the suites of the provider contracts share: the names in their worlds, and how they look at objects whose kinds are the
 * provider's and write as Cluster API's core does.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */
import type { Kind, KubernetesObject, ObjectKey, ObjectOf } from "@capstan/api"
import { catchReason, type KubernetesClient } from "@capstan/kubernetes"
import { Effect } from "effect"

export const namespace = "default"
export const clusterName = "conformance"
export const clusterKey: ObjectKey = { namespace, name: clusterName }

interface StatedCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
}

/** The conditions of an object, whichever contract it follows. */
interface Reporting {
  readonly status?: { readonly conditions?: ReadonlyArray<StatedCondition> }
}

export const conditionOf = (object: ObjectOf<unknown> | undefined, type: string): StatedCondition | undefined =>
  (object as Reporting | undefined)?.status?.conditions?.find((present) => present.type === type)

export const hasFinalizer = (object: KubernetesObject | undefined, finalizer: string): boolean =>
  object?.metadata.finalizers?.includes(finalizer) === true

/** `<kind>/<name>` of each, in the order of these. */
export const namesOf = (objects: ReadonlyArray<KubernetesObject>): ReadonlyArray<string> =>
  objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()

/** The object, if it exists; any other failure is a defect. */
export const find = <B>(api: KubernetesClient, kind: Kind<B>, key: ObjectKey): Effect.Effect<ObjectOf<B> | undefined> =>
  api.get(kind, key).pipe(
    catchReason("NotFound", () => Effect.undefined),
    Effect.orDie
  )

/** Writes by merge patch; a failure is a defect. */
export const mergeInto =
  (api: KubernetesClient) =>
  <B>(kind: Kind<B>, key: ObjectKey, body: object, subresource?: "status"): Effect.Effect<ObjectOf<B>> =>
    Effect.orDie(api.patch(kind, key, { type: "merge", body }, subresource === undefined ? {} : { subresource }))
