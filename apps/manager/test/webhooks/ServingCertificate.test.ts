import { Cluster } from "@capstan/api"
import { readServingCertificate } from "@capstan/certificates-live"
import { CustomResourceDefinition, KubernetesApi, Secret, ValidatingWebhookConfiguration } from "@capstan/kubernetes"
import { MemoryApi } from "@capstan/kubernetes/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { installation } from "../../src/install/Installation.ts"
import { installObject, withdrawWebhooks } from "../../src/install/Install.ts"
import { servingSecretName, sharedServing } from "../../src/webhooks/ServingCertificate.ts"
import { calledHosts, trustAuthorities } from "../../src/webhooks/TrustedAuthorities.ts"

const namespace = "capstan-system"
const key = { namespace, name: servingSecretName }
const names = ["capstan-webhook-service.capstan-system.svc"]
const url = "https://127.0.0.1:9443"

const authoritiesIn = (pem: string | undefined): number => pem?.split("BEGIN CERTIFICATE").length ?? 0

describe("sharedServing", () => {
  it.effect(
    "is made once, shared by replicas, and renewed before it ends with the authority before still trusted",
    () =>
      Effect.gen(function* () {
        const api = new MemoryApi()
        const read = sharedServing(namespace, names).pipe(Effect.provide(api.layer))
        const first = yield* read
        assert.deepStrictEqual(yield* read, first)
        assert.strictEqual(readServingCertificate(first.certificate)?.serves(names[0] ?? ""), true)
        assert.strictEqual(readServingCertificate(first.certificate)?.serves("elsewhere"), false)
        const secret = yield* api.client.get(Secret, key)
        assert.deepStrictEqual(Object.keys(secret.data ?? {}).sort(), ["ca.crt", "tls.crt", "tls.key"])

        const { beginMillis = 0, endMillis = 0 } = readServingCertificate(first.certificate) ?? {}
        yield* TestClock.setTime(beginMillis + (endMillis - beginMillis) * 0.6)
        assert.strictEqual((yield* read).certificate, first.certificate)
        yield* TestClock.setTime(beginMillis + (endMillis - beginMillis) * 0.7)
        const renewed = yield* read
        assert.notStrictEqual(renewed.certificate, first.certificate)
        assert.strictEqual(authoritiesIn(renewed.authorities), authoritiesIn(first.authorities) + 1)
        assert.include(renewed.authorities ?? "", (first.authorities ?? "").trim())
        // Another name is asked for: another certificate, and no more than two authorities.
        const wider = yield* sharedServing(namespace, [...names, "127.0.0.1"]).pipe(Effect.provide(api.layer))
        assert.strictEqual(readServingCertificate(wider.certificate)?.serves("127.0.0.1"), true)
        assert.strictEqual(authoritiesIn(wider.authorities), authoritiesIn(renewed.authorities))
      })
  )
})

describe("webhooks of an installation", () => {
  const install = (webhookUrl?: string) =>
    Effect.forEach(
      installation([Cluster], webhookUrl === undefined ? {} : { webhooks: { _tag: "Url", url: webhookUrl } }),
      (object) => installObject(object, { dryRun: false })
    )

  const clientOf = Effect.gen(function* () {
    const api = yield* KubernetesApi
    const crd = yield* api.get(CustomResourceDefinition, { namespace: "", name: "clusters.cluster.x-k8s.io" })
    return crd.spec
  })

  it.effect("are trusted by the manager, stay so when installed again, and go when they are no longer asked for", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      yield* Effect.gen(function* () {
        yield* install(url)
        assert.deepStrictEqual(yield* calledHosts, ["127.0.0.1"])
        yield* trustAuthorities([Cluster], "an authority")
        const writes = api.calls.length
        yield* trustAuthorities([Cluster], "an authority")
        assert.isTrue(api.calls.slice(writes).every(({ operation }) => operation === "get"))

        const outcomes = yield* install(url)
        assert.isTrue(outcomes.every((outcome) => outcome === "unchanged"))
        const caBundle = Buffer.from("an authority").toString("base64")
        const configuration = yield* api.client.get(ValidatingWebhookConfiguration, {
          namespace: "",
          name: "capstan-validating-webhook-configuration"
        })
        assert.deepStrictEqual(
          configuration.webhooks?.map(({ clientConfig, name }) => ({ name, clientConfig })),
          [
            {
              name: "validation.cluster.cluster.x-k8s.io",
              clientConfig: { url: `${url}/validate-cluster-x-k8s-io-v1beta2-cluster`, caBundle }
            }
          ]
        )
        const spec = yield* clientOf
        assert.deepStrictEqual(
          spec.versions.map(({ name, storage }) => [name, storage]),
          [
            ["v1beta2", true],
            ["v1beta1", false]
          ]
        )
        assert.deepInclude(spec.conversion as object, {
          strategy: "Webhook",
          webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: `${url}/convert`, caBundle } }
        })

        assert.lengthOf(yield* withdrawWebhooks({ dryRun: true }), 2)
        assert.lengthOf(yield* withdrawWebhooks({ dryRun: false }), 2)
        assert.lengthOf(yield* withdrawWebhooks({ dryRun: false }), 0)
        yield* install()
        const plain = yield* clientOf
        assert.deepStrictEqual(plain.conversion, { strategy: "None" })
        assert.lengthOf(plain.versions, 1)
      }).pipe(Effect.provide(api.layer))
    })
  )
})
