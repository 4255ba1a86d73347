/** A manager's life on live layers, against clusters that it cannot work with. */
import { createServingPair } from "@capstan/certificates-live"
import { ExitCode } from "@capstan/command-line"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Console, Effect, Exit, FileSystem, Result } from "effect"
import { makeKindRegistry } from "@capstan/api"
import { liveBackends } from "../src/assembly/LiveBackends.ts"
import { runManagerProcess } from "../src/RunManager.ts"
import { managerSettings } from "../src/settings/ManagerSettings.ts"
import { serveWebhooks } from "../src/webhooks/WebhookServer.ts"
import { noFlags } from "./settings/NoFlags.ts"

const kubeconfigOf = (server: string, authority: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    users: [{ name: "u", user: { token: "a-token" } }],
    clusters: [
      { name: "c", cluster: { server, "certificate-authority-data": Buffer.from(authority).toString("base64") } }
    ]
  })

/** Runs a manager with this kubeconfig until it ends; gives its end and what it logged. */
const runWith = (kubeconfig: string, stop: (logged: ReadonlyArray<string>) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = `${yield* files.makeTempDirectoryScoped()}/kubeconfig`
    yield* files.writeFileString(path, kubeconfig)
    const flags = { ...noFlags, kubeconfig: path, healthAddress: "0", diagnosticsAddress: "0", loggingFormat: "text" }
    const settings = Result.getOrThrow(managerSettings(flags, {}))
    const logged: Array<string> = []
    const current = yield* Console.Console
    const exit = yield* runManagerProcess({
      settings,
      backends: liveBackends(settings),
      stop: stop(logged),
      uniqueSuffix: "test"
    }).pipe(
      Effect.provideService(Console.Console, {
        ...current,
        log: (...words) => void logged.push(words.join(" ")),
        error: (...words) => void logged.push(words.join(" "))
      }),
      Effect.exit
    )
    return { exit, logged }
  }).pipe(Effect.provide(NodeFileSystem.layer))

const aPair = createServingPair({ commonName: "a cluster", names: ["127.0.0.1"] })

describe("runManagerProcess", () => {
  it.live("ends with code 3 when the cluster's certificate is not the kubeconfig's", () =>
    Effect.gen(function* () {
      const server = yield* serveWebhooks({ host: "127.0.0.1", port: 0 }, makeKindRegistry([]))
      yield* Effect.fromResult(server.show(yield* aPair))
      const { authority } = yield* aPair
      const { exit } = yield* runWith(kubeconfigOf(server.origin, authority), () => Effect.never)
      const error = Exit.isFailure(exit) ? Result.getOrThrow(Exit.findError(exit)) : undefined
      assert.strictEqual(error?.code, ExitCode.cannotRun)
      assert.include(error?.message ?? "", "signed by an authority that the kubeconfig does not trust")
    })
  )

  it.live("starts no controllers after it was asked to stop while the cluster is away", () =>
    Effect.gen(function* () {
      const closed = yield* Effect.scoped(
        Effect.map(serveWebhooks({ host: "127.0.0.1", port: 0 }, makeKindRegistry([])), ({ origin }) => origin)
      )
      const { authority } = yield* aPair
      const { exit, logged } = yield* runWith(kubeconfigOf(closed, authority), (lines) =>
        Effect.repeat(Effect.sleep("10 millis"), {
          until: () => lines.some((line) => line.includes("does not answer yet"))
        })
      )
      assert.isTrue(Exit.isSuccess(exit))
      const told = logged.map((line) => /message="?([^"]*)/.exec(line)?.[1] ?? line)
      const after = told.slice(told.indexOf("stopping"))
      assert.deepStrictEqual(after, ["stopping", "stopped"])
    })
  )
})
