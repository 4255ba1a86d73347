/**
 * Manifests put to a simulated API server as `kubectl apply` puts them: created, or brought up to what they say.
 *
 * Left out: taking away what an earlier manifest had and this one has not.
 *
 * @source https://kubernetes.io/docs/reference/kubectl/generated/kubectl_apply/
 */
import { type AnyKind, convertToStorage, type NewObject } from "@capstan/api"
import type { ApiError } from "@capstan/kubernetes"
import type { ApiServer } from "@capstan/simulator-kubernetes"
import { Result } from "effect"
import type { PlannedObject } from "../plan/Plan.ts"
import { simulatedKinds } from "./SimulatedKinds.ts"

/** Creates the object, or brings the one that is there up to it, as `kubectl apply` does for whole manifests. */
export const applyObject = (server: ApiServer, object: PlannedObject["object"]): Result.Result<unknown, ApiError> => {
  const kind = simulatedKinds.findByApiVersion(object.apiVersion, object.kind)
  if (kind === undefined) throw new Error(`a plan holds an object of the unknown kind ${object.kind}`)
  const sent = withNamespace(kind, object)
  // The manifest's version is converted, pruned and checked by the server itself.
  const created = server.create(kind, sent as unknown as NewObject<unknown>, { actor: "scenario" })
  if (Result.isSuccess(created) || created.failure.reason !== "AlreadyExists") return created
  const { metadata, spec } = convertToStorage(kind, sent) as {
    readonly metadata: { readonly name: string; readonly namespace?: string }
    readonly spec?: unknown
  }
  const key = { namespace: metadata.namespace ?? "", name: metadata.name }
  return server.patch(kind, key, { type: "merge", body: { metadata, spec } }, { actor: "scenario" })
}

/** Objects of namespaced kinds that name no namespace go to `default`, as kubectl sends them. */
const withNamespace = (kind: AnyKind, object: PlannedObject["object"]): PlannedObject["object"] => {
  const metadata = object["metadata"] as { readonly namespace?: string }
  return kind.scope === "Cluster" || metadata.namespace !== undefined
    ? object
    : { ...object, metadata: { ...metadata, namespace: "default" } }
}
