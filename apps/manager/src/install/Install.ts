/**
 * Puts the installation into a cluster. Safe to repeat.
 *
 * What is there and ours is brought up to date. What is there and somebody else's stays as it is: namespaces, roles, and CRDs
 * that serve our version; a CRD that does not is refused, since changing it could make stored objects unreadable.
 */
import type { AnyKind, KubernetesObject } from "@capstan/api"
import { type ApiError, CustomResourceDefinition, KubernetesApi } from "@capstan/kubernetes"
import { Effect, Result } from "effect"
import { cannotRun, type Stop } from "../ManagerExit.ts"
import { type InstalledObject, ownership } from "./Installation.ts"

export type Outcome = "created" | "configured" | "unchanged" | "left as it is"

const fieldManager = "capstan"

const isOurs = (object: KubernetesObject): boolean =>
  Object.entries(ownership).every(([key, value]) => object.metadata.labels?.[key] === value)

const servedVersions = (object: unknown): ReadonlyArray<string> => {
  const { spec } = object as Pick<CustomResourceDefinition, "spec">
  return spec.versions.flatMap(({ name, served }) => (served ? [name] : []))
}

/** One object. `dryRun`: the server checks it and stores nothing. */
export const installObject = Effect.fnUntraced(function* (
  { kind, manifest }: InstalledObject,
  options: { readonly dryRun: boolean }
): Effect.fn.Return<Outcome, ApiError | Stop, KubernetesApi> {
  const api = yield* KubernetesApi
  const write = { fieldManager, dryRun: options.dryRun }
  const { name, namespace = "" } = manifest.metadata
  const key = { namespace, name }
  const existing: KubernetesObject | undefined = yield* Effect.catchIf(
    api.get(kind, key),
    (error) => error.reason === "NotFound",
    () => Effect.succeed(undefined)
  )
  if (existing === undefined) {
    const created = yield* Effect.result(api.create(kind as AnyKind, manifest as never, write))
    // A dry run makes no namespace: what would go into it cannot be checked yet.
    const lacksNamespace = options.dryRun && namespace !== ""
    if (Result.isFailure(created) && !(lacksNamespace && created.failure.reason === "NotFound"))
      return yield* created.failure
    return "created"
  }
  if (!isOurs(existing)) {
    if (kind !== CustomResourceDefinition) return "left as it is"
    const wanted = servedVersions(manifest)
    const served = servedVersions(existing)
    if (wanted.every((version) => served.includes(version))) return "left as it is"
    return yield* cannotRun(
      `the CRD ${name} is somebody else's and serves ${served.join(", ")}, not ${wanted.join(", ")}: upgrade the Cluster API that it belongs to first.`
    )
  }
  const patched = yield* api.patch(kind, key, { type: "merge", body: manifest }, write)
  return patched.metadata.resourceVersion === existing.metadata.resourceVersion ? "unchanged" : "configured"
})
