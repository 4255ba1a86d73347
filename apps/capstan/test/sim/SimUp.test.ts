/** `capstan sim up` as a process of its own: what it prints, what it writes, how it ends, and the way into a workload cluster. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { accessIn } from "../../src/sim/Kubeconfig.ts"
import { folder, run, start } from "../CommandLine.ts"
import { bodyOf, send } from "./TestWorld.ts"

const test = (name: string, body: Effect.Effect<void, unknown, Scope.Scope>) => it.live(name, () => Effect.scoped(body))

/** Asks until the answer is as wanted. */
const eventually = (ask: () => Promise<boolean>): Effect.Effect<void> =>
  Effect.flatMap(Effect.promise(ask), (good) => (good ? Effect.void : Effect.delay(eventually(ask), 200)))

describe("capstan sim up", () => {
  test(
    "opens a world, writes a kubeconfig for its owner alone, and ends at Ctrl-C",
    Effect.gen(function* () {
      const place = yield* folder
      const running = yield* start(place, "sim", "up", "--no-controllers")
      const greeting = yield* running.says("Ctrl-C ends it.")
      assert.match(greeting, /^A simulated world is up at https:\/\/127\.0\.0\.1:\d+, at the pace of the clock\./)
      assert.include(greeting, "No controllers run in it: bring your own.")
      const file = join(place, ".capstan", "kubeconfig")
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      const access = accessIn(readFileSync(file, "utf8"))
      assert.isDefined(access)
      if (access === undefined) return
      const door = { url: access.server, authority: access.authority, token: access.token }
      const answer = yield* Effect.promise(() => send(door, "/apis/cluster.x-k8s.io/v1beta2/clusters"))
      assert.strictEqual(answer.statusCode, 200)
      assert.notInclude(greeting, access.token)
      running.child.kill("SIGINT")
      const { code, err, out } = yield* running.ended
      assert.strictEqual(code, 130)
      assert.strictEqual(err, "")
      assert.include(out, "The world is gone")
    })
  )

  test(
    "brings a cluster up and shows the way into it",
    Effect.gen(function* () {
      const place = yield* folder
      const running = yield* start(place, "sim", "up", "catalogue:quick-start/quick-start", "--speed", "600x")
      yield* running.says("Ctrl-C ends it.")
      const access = accessIn(readFileSync(join(place, ".capstan", "kubeconfig"), "utf8"))
      if (access === undefined) throw new Error("the kubeconfig cannot be read")
      const door = { url: access.server, authority: access.authority, token: access.token }
      const cluster = "/apis/cluster.x-k8s.io/v1beta2/namespaces/capi-quickstart/clusters/capi-quickstart"
      yield* eventually(async () => /"type":"Available","status":"True"/.test(await bodyOf(await send(door, cluster))))
      const told = yield* run(place, "cluster", "kubeconfig", "capi-quickstart", "-n", "capi-quickstart")
      assert.strictEqual(told.code, 0, told.err)
      const inside = accessIn(told.out)
      if (inside === undefined) throw new Error("the kubeconfig of the workload cluster cannot be read")
      const nodes = yield* Effect.promise(async () =>
        bodyOf(await send({ url: inside.server, authority: inside.authority, token: inside.token }, "/api/v1/nodes"))
      )
      const { items, kind } = JSON.parse(nodes) as { readonly kind: string; readonly items: ReadonlyArray<unknown> }
      assert.strictEqual(kind, "NodeList")
      assert.lengthOf(items, 6)
      const wrong = yield* Effect.promise(() => send({ ...door, url: inside.server, token: "wrong" }, "/api/v1/nodes"))
      assert.strictEqual(wrong.statusCode, 401)
      const nobody = yield* run(place, "cluster", "kubeconfig", "nobody")
      assert.strictEqual(nobody.code, 5)
      assert.include(nobody.err, "there is no cluster default/nobody")
    })
  )

  test(
    "refuses what it cannot do, in words",
    Effect.gen(function* () {
      const place = yield* folder
      writeFileSync(join(place, "other"), "apiVersion: v1\nkind: Config\nclusters: [{name: production}]\n")
      writeFileSync(join(place, "bad.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n")
      const taken = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer()
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => void server.close())
      )
      const address = taken.address()
      const port = typeof address === "object" && address !== null ? String(address.port) : ""
      const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, code: number, words: string]> = [
        [["--speed", "0x"], 2, "--speed '0x' is none"],
        [["--port", "99999"], 2, "--port '99999' is none"],
        [["--port", port], 3, `Port ${port} of 127.0.0.1 is in use`],
        [["--kubeconfig", "other"], 3, "cannot write other: it holds something else"],
        [["--region", "mars-1"], 2, "There is no region 'mars-1'"],
        [["catalogue:quick-start/quick-start", "--region", "eu-west-1"], 2, "leave --region out"],
        [["nothing.yaml"], 2, "There is no file or folder 'nothing.yaml'."],
        [["bad.yaml"], 2, "metadata.name is missing."]
      ]
      for (const [args, code, words] of cases) {
        const ended = yield* run(place, "sim", "up", ...args)
        assert.deepStrictEqual({ args, code: ended.code }, { args, code })
        assert.include(ended.err, words)
      }
      assert.include(readFileSync(join(place, "other"), "utf8"), "production")
      const lost = yield* run(place, "cluster", "kubeconfig", "demo", "--kubeconfig", "missing")
      assert.strictEqual(lost.code, 2)
      const odd = yield* run(place, "cluster", "kubeconfig", "demo", "--kubeconfig", "other")
      assert.include(odd.err, "has no context with a server, an authority")
    })
  )
})
