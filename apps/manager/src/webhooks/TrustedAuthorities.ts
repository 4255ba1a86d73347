/**
 * Whom the API server trusts when it calls our webhooks: `caBundle` in the two configurations and in the kinds' CRDs.
 *
 * Written only where it is not right yet, and only into objects that `capstan manager install` wrote.
 *
 * @source https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion
 */
import { type AnyKind, isJsonObject, type Kind } from "@capstan/api"
import {
  type ApiError,
  catchReason,
  CustomResourceDefinition,
  KubernetesApi,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration
} from "@capstan/kubernetes"
import { Effect } from "effect"
import { isOurs } from "../install/Ownership.ts"
import { webhookConfigurationNames } from "../install/Webhooks.ts"

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration

const fieldManager = "capstan-manager"

const find = Effect.fnUntraced(function* <Body>(kind: Kind<Body>, name: string) {
  const api = yield* KubernetesApi
  const found = yield* catchReason("NotFound", () => Effect.succeed(undefined))(api.get(kind, { namespace: "", name }))
  return found !== undefined && isOurs(found) ? found : undefined
})

const configurations = Effect.gen(function* () {
  const mutating = yield* find(MutatingWebhookConfiguration, webhookConfigurationNames.mutate)
  const validating = yield* find(ValidatingWebhookConfiguration, webhookConfigurationNames.validate)
  return { mutating, validating }
})

/** Hosts of the URLs under which the API server calls us; empty when it goes through the Service. */
export const calledHosts: Effect.Effect<ReadonlyArray<string>, ApiError, KubernetesApi> = Effect.map(
  configurations,
  ({ mutating, validating }) => {
    const urls = [mutating, validating]
      .flatMap((each) => each?.webhooks ?? [])
      .flatMap((each) => each.clientConfig.url ?? [])
    const hosts = urls.flatMap((url) => (URL.canParse(url) ? [new URL(url).hostname.replace(/^\[(.*)\]$/, "$1")] : []))
    return [...new Set(hosts)].sort()
  }
)

const patchConfiguration = Effect.fnUntraced(function* (
  kind: AnyKind,
  found: Configuration | undefined,
  caBundle: string
) {
  const webhooks = found?.webhooks ?? []
  if (found === undefined || webhooks.every(({ clientConfig }) => clientConfig.caBundle === caBundle)) return
  const api = yield* KubernetesApi
  const { name, resourceVersion } = found.metadata
  const body = {
    metadata: { resourceVersion },
    webhooks: webhooks.map((each) => ({ ...each, clientConfig: { ...each.clientConfig, caBundle } }))
  }
  yield* api.patch(kind, { namespace: "", name }, { type: "merge", body }, { fieldManager })
})

const patchCrd = Effect.fnUntraced(function* (kind: AnyKind, caBundle: string) {
  const crd = yield* find(CustomResourceDefinition, `${kind.plural}.${kind.group}`)
  // Opaque to the kind: what the API server says is looked at piece by piece.
  const conversion: unknown = crd?.spec.conversion
  if (crd === undefined || !isJsonObject(conversion) || conversion["strategy"] !== "Webhook") return
  const webhook = conversion["webhook"]
  const client = isJsonObject(webhook) ? webhook["clientConfig"] : undefined
  if (isJsonObject(client) && client["caBundle"] === caBundle) return
  const api = yield* KubernetesApi
  const body = { spec: { conversion: { webhook: { clientConfig: { caBundle } } } } }
  const key = { namespace: "", name: crd.metadata.name }
  yield* api.patch(CustomResourceDefinition, key, { type: "merge", body }, { fieldManager })
})

/** `authorities`: certificates in PEM. */
export const trustAuthorities = Effect.fnUntraced(function* (
  kinds: ReadonlyArray<AnyKind>,
  authorities: string
): Effect.fn.Return<void, ApiError, KubernetesApi> {
  const caBundle = Buffer.from(authorities, "utf8").toString("base64")
  const { mutating, validating } = yield* configurations
  yield* patchConfiguration(MutatingWebhookConfiguration, mutating, caBundle)
  yield* patchConfiguration(ValidatingWebhookConfiguration, validating, caBundle)
  yield* Effect.forEach(kinds, (kind) => patchCrd(kind, caBundle), { concurrency: 4, discard: true })
})
