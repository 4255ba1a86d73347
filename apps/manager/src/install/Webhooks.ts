/**
 * What makes an API server call the manager's webhooks: Service, the two configurations, the CRDs' conversion. Pure.
 *
 * Certificates are not in it: the running manager puts its authority in, and keeps it right.
 *
 * @source https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-configuration
 * @source https://github.com/kubernetes-sigs/cluster-api config/webhook
 */
import { type AnyKind, apiVersionOf } from "@capstan/api"
import { MutatingWebhookConfiguration, Service, ValidatingWebhookConfiguration } from "@capstan/kubernetes"
import {
  conversionPath,
  convertedVersionsOf,
  pathOf,
  type Review,
  reviewsOf,
  webhookNameOf
} from "../webhooks/WebhookPaths.ts"
import { ownership } from "./Ownership.ts"
import type { InstalledObject } from "./Installation.ts"

/** Where the API server finds the webhooks: at its cluster's Service, or at an `https://host:port` outside of it. */
export type WebhooksAt =
  | { readonly _tag: "Service"; readonly namespace: string }
  | { readonly _tag: "Url"; readonly url: string }

export const webhookConfigurationNames = {
  mutate: "capstan-mutating-webhook-configuration",
  validate: "capstan-validating-webhook-configuration"
} as const

export const webhookServiceName = "capstan-webhook-service"
/** In the Pod. */
export const webhookPort = 9443
export const webhookPortName = "webhook-server"

/** The names under which API servers call the Service, the common one first. */
export const webhookServiceNames = (namespace: string): ReadonlyArray<string> =>
  ["svc", "svc.cluster.local"].map((end) => `${webhookServiceName}.${namespace}.${end}`)

const clientConfig = (at: WebhooksAt, path: string) =>
  at._tag === "Url"
    ? { url: `${at.url.replace(/\/$/, "")}${path}` }
    : { service: { name: webhookServiceName, namespace: at.namespace, path } }

const webhookOf = (review: Review, kind: AnyKind, at: WebhooksAt) => ({
  name: webhookNameOf(review, kind),
  admissionReviewVersions: ["v1"],
  clientConfig: clientConfig(at, pathOf(review, kind)),
  failurePolicy: "Fail",
  matchPolicy: "Equivalent",
  rules: [
    {
      apiGroups: [kind.group],
      apiVersions: [kind.version],
      operations: [
        "CREATE",
        "UPDATE",
        ...(review === "validate" && kind.admission.validateDelete !== undefined ? ["DELETE"] : [])
      ],
      resources: [kind.plural]
    }
  ],
  sideEffects: "None",
  timeoutSeconds: 10
})

const configurationOf = (
  kind: AnyKind,
  review: Review,
  kinds: ReadonlyArray<AnyKind>,
  at: WebhooksAt
): InstalledObject => ({
  kind,
  manifest: {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { name: webhookConfigurationNames[review], labels: ownership },
    webhooks: kinds.filter((each) => reviewsOf(each).includes(review)).map((each) => webhookOf(review, each, at))
  }
})

export const webhookConfigurations = (
  kinds: ReadonlyArray<AnyKind>,
  at: WebhooksAt
): ReadonlyArray<InstalledObject> => [
  configurationOf(MutatingWebhookConfiguration, "mutate", kinds, at),
  configurationOf(ValidatingWebhookConfiguration, "validate", kinds, at)
]

export const webhookService = (namespace: string, selector: { readonly [label: string]: string }): InstalledObject => ({
  kind: Service,
  manifest: {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: webhookServiceName, namespace, labels: ownership },
    spec: { selector, ports: [{ port: 443, protocol: "TCP", targetPort: webhookPortName }] }
  }
})

/** `spec.conversion` of the kind's CRD; `undefined` when there is nothing to convert. */
export const conversionOf = (kind: AnyKind, at: WebhooksAt) =>
  convertedVersionsOf(kind).length === 0
    ? undefined
    : {
        strategy: "Webhook",
        webhook: { clientConfig: clientConfig(at, conversionPath), conversionReviewVersions: ["v1"] }
      }
