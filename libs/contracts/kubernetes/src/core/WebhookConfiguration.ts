/**
 * MutatingWebhookConfiguration and ValidatingWebhookConfiguration (admissionregistration.k8s.io/v1), as data.
 *
 * Left out: calling them; simulated API servers admit in process and do not serve the kinds.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/validating-webhook-configuration-v1/
 */
import { type KindObject, list, makeKind } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

/** How the API server reaches a webhook: a URL, or a Service of its cluster. */
export const WebhookClientConfig = openStruct({
  url: Schema.optionalKey(Schema.String),
  /** Certificates in PEM, in base64. */
  caBundle: Schema.optionalKey(Schema.String)
})

const Body = openStruct({
  webhooks: Schema.optionalKey(
    list(openStruct({ name: Schema.String, clientConfig: WebhookClientConfig }), { keys: ["name"] })
  )
})

const configuration = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  scope: "Cluster",
  subresources: { status: false },
  schema: Body
} as const

export const MutatingWebhookConfiguration = makeKind({ ...configuration, kind: "MutatingWebhookConfiguration" })
export type MutatingWebhookConfiguration = KindObject<typeof MutatingWebhookConfiguration>

export const ValidatingWebhookConfiguration = makeKind({ ...configuration, kind: "ValidatingWebhookConfiguration" })
export type ValidatingWebhookConfiguration = KindObject<typeof ValidatingWebhookConfiguration>
