/** A `proxy-url` is taken: calls and watches go through it, end to end encrypted. */
import { ConfigMap } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope, Stream } from "effect"
import { createServer as createHttpServer } from "node:http"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { answer, configMap, kubeconfigFor, type Script } from "./ScriptedServer.ts"
import { key, refusalOf, situation } from "./Situation.ts"

const test = (name: string, body: Effect.Effect<void, unknown, Scope.Scope>) => it.live(name, () => Effect.scoped(body))

/** A proxy, where it listens and whom it was asked for. */
interface Proxy {
  readonly url: string
  readonly asked: ReadonlyArray<string>
}

const listening = (server: Server, scheme: string, asked: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    server.on("connection", (socket: Socket) => {
      sockets.add(socket)
      socket.on("error", () => socket.destroy())
    })
    const port = yield* Effect.acquireRelease(
      Effect.callback<number>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
      }),
      () =>
        Effect.sync(() => {
          for (const socket of sockets) socket.destroy()
          server.close()
        })
    )
    return { url: `${scheme}://127.0.0.1:${port}`, asked } satisfies Proxy
  })

const join = (near: Socket, host: string, port: number, opened: () => void): void => {
  const far = connect(port, host, () => {
    opened()
    near.pipe(far)
    far.pipe(near)
  })
  far.on("error", () => near.destroy())
  far.on("close", () => near.destroy())
  near.on("close", () => far.destroy())
}

const httpProxy = Effect.suspend(() => {
  const asked: Array<string> = []
  const server = createHttpServer()
  server.on("connect", (request, socket: Socket) => {
    const place = request.url ?? ""
    asked.push(place)
    const [host = "", port = ""] = place.split(":")
    join(socket, host, Number(port), () => socket.write("HTTP/1.1 200 Connection Established\r\n\r\n"))
  })
  return listening(server, "http", asked)
})

/** SOCKS 5 without a password, for names and IPv4 addresses. */
const socksProxy = Effect.suspend(() => {
  const asked: Array<string> = []
  const server = createServer((socket) => {
    socket.once("data", () => {
      socket.write(Buffer.from([5, 0]))
      socket.once("data", (request: Buffer) => {
        const named = request[3] === 3
        const end = named ? 5 + (request[4] ?? 0) : 8
        const host = named ? request.subarray(5, end).toString("latin1") : request.subarray(4, 8).join(".")
        const port = request.readUInt16BE(end)
        asked.push(`${host}:${port}`)
        join(socket, host, port, () => socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])))
      })
    })
  })
  return listening(server, "socks5", asked)
})

const script: Script = ({ url }, response) => {
  if (!url.includes("watch=true")) return answer(response, 200, configMap("a", "5"))
  response.writeHead(200, { "content-type": "application/json" })
  response.end(`${JSON.stringify({ type: "ADDED", object: configMap("a", "5") })}\n`)
}

describe("proxy-url", () => {
  for (const [kind, proxy] of [
    ["http", httpProxy],
    ["socks5", socksProxy]
  ] as const) {
    test(
      `${kind}: calls and watches go through it`,
      Effect.gen(function* () {
        const { asked, url } = yield* proxy
        const { api, server } = yield* situation(script, {
          kubeconfig: (server) => kubeconfigFor(server, { cluster: { "proxy-url": url } })
        })
        yield* api.get(ConfigMap, key)
        assert.strictEqual((yield* Stream.runCollect(api.watch(ConfigMap))).length, 1)
        assert.isNotEmpty(asked)
        for (const place of asked) assert.strictEqual(place, new URL(server.url).host)
      })
    )
  }

  test(
    "that nobody listens at makes the server unreachable, not open",
    Effect.gen(function* () {
      const { api, server } = yield* situation(script, {
        kubeconfig: (server) => kubeconfigFor(server, { cluster: { "proxy-url": "http://127.0.0.1:1" } })
      })
      assert.strictEqual((yield* refusalOf(api.get(ConfigMap, key))).reason, "Unreachable")
      assert.deepStrictEqual(server.seen, [])
    })
  )
})
