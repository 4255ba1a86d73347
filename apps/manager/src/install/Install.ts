/**
 * Puts the installation into a cluster. Safe to repeat.
 *
 * What is there and ours is brought up to date. What is there and somebody else's stays as it is: namespaces, roles, and CRDs
 * that serve our version; a CRD that does not is refused, since changing it could make stored objects unreadable.
 */
import { type AnyKind, isJsonObject, type KubernetesObject } from "@capstan/api"
import { cannotRun, type Stop } from "@capstan/command-line"
import {
  type ApiError,
  catchReason,
  CustomResourceDefinition,
  KubernetesApi,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration
} from "@capstan/kubernetes"
import { Effect, Result } from "effect"
import type { InstalledObject } from "./Installation.ts"
import { isOurs } from "./Ownership.ts"
import { webhookConfigurationNames } from "./Webhooks.ts"

export type Outcome = "created" | "configured" | "unchanged" | "left as it is"

const fieldManager = "capstan"

const servedVersions = (object: unknown): ReadonlyArray<string> => {
  const { spec } = object as Pick<CustomResourceDefinition, "spec">
  return spec.versions.flatMap(({ name, served }) => (served ? [name] : []))
}

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, key) => (isJsonObject(inner) ? inner[key] : undefined), value)

/** One way to the webhooks takes the place of the other. */
const oneWay = (client: unknown): object => ({ url: null, service: null, ...(isJsonObject(client) ? client : {}) })

/** The manifest as a merge patch: what it no longer says goes, and the authorities that the manager has put in stay. */
const patchOver = (existing: KubernetesObject, manifest: InstalledObject["manifest"]): object => {
  const { spec, webhooks } = manifest
  if (manifest.kind === CustomResourceDefinition.kind && isJsonObject(spec)) {
    const client = at(spec, "conversion", "webhook", "clientConfig")
    const isConverted = at(existing, "spec", "conversion", "strategy") === "Webhook"
    if (client === undefined && !isConverted) return manifest
    const conversion =
      client === undefined
        ? { strategy: "None", webhook: null }
        : { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig: oneWay(client) } }
    return { ...manifest, spec: { ...spec, conversion } }
  }
  if (!Array.isArray(webhooks)) return manifest
  const found = at(existing, "webhooks")
  const bundles = new Map(
    (Array.isArray(found) ? found : []).map((each) => [at(each, "name"), at(each, "clientConfig", "caBundle")])
  )
  return {
    ...manifest,
    webhooks: webhooks.map((each: { readonly name: string; readonly clientConfig: object }) => {
      const caBundle = bundles.get(each.name)
      return caBundle === undefined ? each : { ...each, clientConfig: { ...each.clientConfig, caBundle } }
    })
  }
}

/** Configurations of webhooks that are ours and no longer wanted: without anybody who answers they would stop all writes. */
export const withdrawWebhooks = Effect.fnUntraced(function* (options: {
  readonly dryRun: boolean
}): Effect.fn.Return<ReadonlyArray<string>, ApiError, KubernetesApi> {
  const api = yield* KubernetesApi
  const withdrawn: Array<string> = []
  const all = [
    [MutatingWebhookConfiguration, webhookConfigurationNames.mutate],
    [ValidatingWebhookConfiguration, webhookConfigurationNames.validate]
  ] as const
  for (const [kind, name] of all) {
    const key = { namespace: "", name }
    const found = yield* catchReason("NotFound", () => Effect.succeed(undefined))(api.get(kind, key))
    if (found === undefined || !isOurs(found)) continue
    if (!options.dryRun) yield* api.delete(kind, key)
    withdrawn.push(`${kind.kind} ${name}`)
  }
  return withdrawn
})

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
  const patched = yield* api.patch(kind, key, { type: "merge", body: patchOver(existing, manifest) }, write)
  return patched.metadata.resourceVersion === existing.metadata.resourceVersion ? "unchanged" : "configured"
})
