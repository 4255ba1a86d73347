/**
 * The webhooks' life beside the controllers: every replica serves them, whoever leads.
 *
 * Once a minute the certificate is looked at, the API server's trust put right, and only then the certificate shown.
 */
import { cannotRun, type Stop } from "@capstan/command-line"
import type { KubernetesApi } from "@capstan/kubernetes"
import { Effect, type FileSystem, type Scope } from "effect"
import { installedKinds } from "../assembly/ManagedKinds.ts"
import { makeKindRegistry } from "@capstan/api"
import type { Health } from "../http/Health.ts"
import { managerNamespace } from "../install/Installation.ts"
import { webhookServiceNames } from "../install/Webhooks.ts"
import { servingIn } from "./CertificateFolder.ts"
import { sharedServing } from "./ServingCertificate.ts"
import { calledHosts, trustAuthorities } from "./TrustedAuthorities.ts"
import type { WebhookSettings } from "./WebhookSettings.ts"
import { serveWebhooks, type WebhookServer } from "./WebhookServer.ts"

const roundMillis = 60_000
const roundAfterFailureMillis = 5_000

const round = Effect.fnUntraced(function* (server: WebhookServer, { certificateFolder }: WebhookSettings) {
  const serving =
    certificateFolder === undefined
      ? yield* sharedServing(managerNamespace, [...webhookServiceNames(managerNamespace), ...(yield* calledHosts)])
      : yield* servingIn(certificateFolder)
  if (serving.authorities !== undefined) yield* trustAuthorities(installedKinds, serving.authorities)
  yield* Effect.mapError(Effect.fromResult(server.show(serving)), (problem) => cannotRun(`${problem}.`))
})

/** Listens at once; what comes after goes on in the background until the scope closes. */
export const runWebhooks = (
  settings: WebhookSettings,
  health: Health
): Effect.Effect<string, Stop, Scope.Scope | KubernetesApi | FileSystem.FileSystem> =>
  Effect.gen(function* () {
    health.webhooksShown = false
    const server = yield* serveWebhooks(settings.at, makeKindRegistry(installedKinds))
    let told = ""
    const once = Effect.matchEffect(round(server, settings), {
      onSuccess: () => {
        health.webhooksShown = true
        told = ""
        return Effect.succeed(roundMillis)
      },
      onFailure: ({ message }) => {
        const tell =
          message === told ? Effect.void : Effect.logWarning(`the webhooks' certificate is not in order: ${message}`)
        told = message
        return Effect.as(tell, roundAfterFailureMillis)
      }
    })
    yield* Effect.forkScoped(Effect.forever(Effect.flatMap(once, (millis) => Effect.sleep(millis))))
    return server.origin
  })
