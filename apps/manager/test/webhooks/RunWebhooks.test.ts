/** The webhooks' life: a certificate is found or made, trusted by the API server, and shown. */
import { Cluster } from "@capstan/api"
import { createServingPair } from "@capstan/certificates-live"
import { ValidatingWebhookConfiguration } from "@capstan/kubernetes"
import { MemoryApi } from "@capstan/kubernetes/testing"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { connect } from "node:tls"
import { Health } from "../../src/http/Health.ts"
import { installation } from "../../src/install/Installation.ts"
import { installObject } from "../../src/install/Install.ts"
import { runWebhooks } from "../../src/webhooks/RunWebhooks.ts"

const loopback = { host: "127.0.0.1", port: 0 }

/** Whether a handshake comes about with somebody who trusts these authorities. */
const isTrusted = (origin: string, authorities: string): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const { hostname, port } = new URL(origin)
    const socket = connect({ host: hostname, port: Number(port), ca: authorities })
    socket.on("secureConnect", () => resume(Effect.succeed(true)))
    socket.on("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  })

const shown = (health: Health) =>
  Effect.repeat(Effect.sleep("10 millis"), { until: () => health.webhooksShown }).pipe(Effect.timeout("20 seconds"))

describe("runWebhooks", () => {
  it.live("is not ready before the API server trusts what it shows", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const health = new Health()
      yield* Effect.gen(function* () {
        const webhooks = { _tag: "Url", url: "https://127.0.0.1:9443" } as const
        yield* Effect.forEach(installation([Cluster], { webhooks }), (each) => installObject(each, { dryRun: false }))
        const origin = yield* runWebhooks({ at: loopback, certificateFolder: undefined }, health)
        assert.include(health.readyz().text, "no certificate yet")
        yield* shown(health)
        const configuration = yield* api.client.get(ValidatingWebhookConfiguration, {
          namespace: "",
          name: "capstan-validating-webhook-configuration"
        })
        const bundle = configuration.webhooks?.[0]?.clientConfig.caBundle ?? ""
        assert.isTrue(yield* isTrusted(origin, Buffer.from(bundle, "base64").toString("utf8")))
        const { authority } = yield* createServingPair({ commonName: "else", names: ["127.0.0.1"] })
        assert.isFalse(yield* isTrusted(origin, authority))
      }).pipe(Effect.provide(api.layer), Effect.provide(NodeFileSystem.layer))
    })
  )

  it.live("shows the operator's certificate when there is a folder with one", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const health = new Health()
      yield* Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const folder = yield* files.makeTempDirectoryScoped()
        const { authority, certificate, key } = yield* createServingPair({ commonName: "ours", names: ["127.0.0.1"] })
        yield* files.writeFileString(`${folder}/tls.crt`, certificate)
        yield* files.writeFileString(`${folder}/tls.key`, key)
        const origin = yield* runWebhooks({ at: loopback, certificateFolder: folder }, health)
        yield* shown(health)
        assert.isTrue(yield* isTrusted(origin, authority))
        assert.lengthOf(api.calls, 0)
      }).pipe(Effect.provide(api.layer), Effect.provide(NodeFileSystem.layer))
    })
  )
})
