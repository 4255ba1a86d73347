/** Plugins, token files and rotated kubeconfigs: who calls may change while the client lives. */
import { ConfigMap, KubernetesApi } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layer } from "../src/index.ts"
import {
  answer,
  configMap,
  kubeconfigFor,
  makeCertificates,
  scriptedServer,
  type ScriptedServer,
  status
} from "./ScriptedServer.ts"
import { key, refusalOf } from "./Situation.ts"

const test = (name: string, body: Effect.Effect<void, unknown, Scope.Scope>) => it.live(name, () => Effect.scoped(body))

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "credentials-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

const write = (path: string, text: string) => Effect.promise(() => writeFile(path, text))

/** A server that lets in one token at a time. */
const guarded = (allowed: { token: string }) =>
  scriptedServer((request, response) =>
    request.headers["authorization"] === `Bearer ${allowed.token}`
      ? answer(response, 200, configMap("a", "5"))
      : answer(response, 401, status(401, "Unauthorized"))
  )

const clientOf = (path: string) =>
  Effect.map(Layer.build(layer({ userAgent: "tests/1", kubeconfig: { _tag: "File", path } })), (context) =>
    Context.get(context, KubernetesApi)
  )

/** A kubeconfig file whose user runs a plugin: this Node with a program. */
const withPlugin = (server: ScriptedServer, path: string, program: string) =>
  write(
    path,
    kubeconfigFor(server, {
      user: {
        exec: {
          apiVersion: "client.authentication.k8s.io/v1",
          command: process.execPath,
          args: ["-e", program],
          interactiveMode: "Never"
        }
      }
    })
  )

describe("credentials", () => {
  test(
    "of a plugin are asked for once for all calls that wait for them",
    Effect.gen(function* () {
      const server = yield* guarded({ token: "from-plugin" })
      const path = join(yield* folder, "config")
      const count = `${path}.count`
      yield* withPlugin(
        server,
        path,
        `require("fs").appendFileSync(${JSON.stringify(count)}, "x"); console.log(JSON.stringify({apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: {token: "from-plugin"}}))`
      )
      const api = yield* clientOf(path)
      yield* Effect.forEach(Array.from({ length: 20 }), () => api.get(ConfigMap, key), { concurrency: "unbounded" })
      assert.strictEqual(yield* Effect.promise(() => readFile(count, "utf8")), "x")
    })
  )

  test(
    "of a plugin that fails are Unauthorized, in the plugin's words, and nothing is sent",
    Effect.gen(function* () {
      const server = yield* guarded({ token: "x" })
      const path = join(yield* folder, "config")
      yield* withPlugin(server, path, `console.error("log in first\\nmore"); process.exit(1)`)
      const error = yield* refusalOf((yield* clientOf(path)).get(ConfigMap, key))
      assert.strictEqual(error.reason, "Unauthorized")
      assert.match(error.message, /credential plugin .* failed: log in first$/)
      assert.deepStrictEqual(server.seen, [])
    })
  )

  test(
    "of a plugin that is not installed say so",
    Effect.gen(function* () {
      const server = yield* guarded({ token: "x" })
      const path = join(yield* folder, "config")
      yield* write(
        path,
        kubeconfigFor(server, { user: { exec: { command: "no-such-plugin", interactiveMode: "Never" } } })
      )
      const error = yield* refusalOf((yield* clientOf(path)).get(ConfigMap, key))
      assert.match(error.message, /no-such-plugin of the kubeconfig is not installed/)
    })
  )

  test(
    "that were replaced in the kubeconfig are taken up when the server refuses the old ones",
    Effect.gen(function* () {
      const allowed = { token: "old" }
      const server = yield* guarded(allowed)
      const path = join(yield* folder, "config")
      yield* write(path, kubeconfigFor(server, { user: { token: "old" } }))
      const api = yield* clientOf(path)
      yield* api.get(ConfigMap, key)
      allowed.token = "new"
      yield* write(path, kubeconfigFor(server, { user: { token: "new" } }))
      assert.strictEqual((yield* api.get(ConfigMap, key)).metadata.resourceVersion, "5")
    })
  )

  test(
    "in a file beside the kubeconfig are read from there",
    Effect.gen(function* () {
      const server = yield* guarded({ token: "from-file" })
      const place = yield* folder
      yield* write(join(place, "token"), "from-file\n")
      const path = join(place, "config")
      yield* write(path, kubeconfigFor(server, { user: { token: "older", tokenFile: "token" } }))
      assert.strictEqual((yield* (yield* clientOf(path)).get(ConfigMap, key)).metadata.resourceVersion, "5")
    })
  )

  test(
    "by certificate are shown, and on new connections when their files are replaced",
    Effect.gen(function* () {
      const [ann, bob] = yield* Effect.promise(() => Promise.all([makeCertificates("ann"), makeCertificates("bob")]))
      const allowed = { client: "ann" }
      const server = yield* scriptedServer(
        ({ client }, response) =>
          client === allowed.client
            ? answer(response, 200, configMap("a", "5"))
            : answer(response, 401, status(401, "Unauthorized")),
        { clientAuthority: [ann, bob].map(({ authority }) => authority).join("\n") }
      )
      const place = yield* folder
      const become = ({ cert, key }: typeof ann) =>
        Effect.andThen(write(join(place, "client.crt"), cert), write(join(place, "client.key"), key))
      yield* become(ann)
      const path = join(place, "config")
      yield* write(
        path,
        kubeconfigFor(server, { user: { "client-certificate": "client.crt", "client-key": "client.key" } })
      )
      const api = yield* clientOf(path)
      yield* api.get(ConfigMap, key)
      allowed.client = "bob"
      yield* become(bob)
      assert.strictEqual((yield* api.get(ConfigMap, key)).metadata.resourceVersion, "5")
      assert.deepStrictEqual(
        server.seen.map(({ client }) => client),
        ["ann", "ann", "bob"]
      )
    })
  )

  test(
    "by name and password go as such",
    Effect.gen(function* () {
      const server = yield* scriptedServer((_, response) => answer(response, 200, configMap("a", "5")))
      const path = join(yield* folder, "config")
      yield* write(path, kubeconfigFor(server, { user: { username: "ann", password: "pw" } }))
      yield* (yield* clientOf(path)).get(ConfigMap, key)
      assert.strictEqual(server.seen[0]?.headers["authorization"], `Basic ${Buffer.from("ann:pw").toString("base64")}`)
    })
  )
})
