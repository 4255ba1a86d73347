/** The API's HTTP door on real sockets: TLS, tokens, limits, watches that show their head at once. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, type Scope } from "effect"
import { connect } from "node:tls"
import { request } from "node:https"
import { openDoor } from "../../src/sim/OpenDoor.ts"
import { bodyOf, openTestDoor, send } from "./TestWorld.ts"

const configMaps = "/api/v1/namespaces/default/configmaps"

const test = (name: string, body: Effect.Effect<void, unknown, Scope.Scope>) => it.live(name, () => Effect.scoped(body))

const promise = <A>(act: () => Promise<A>) => Effect.promise(act)

/** The first bytes that come back for bytes that are no good request; empty when the connection just ends. */
const raw = (port: number, authority: string, text: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", ca: authority }, () => socket.write(text))
    let answer = ""
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")))
    socket.on("close", () => resolve(answer))
    socket.on("error", () => resolve(answer))
  })

const portOf = (url: string): number => Number(new URL(url).port)

describe("the door on sockets", () => {
  test(
    "answers over TLS that its own authority vouches for",
    Effect.gen(function* () {
      const { door } = yield* openTestDoor()
      const answer = yield* promise(() => send(door, "/version"))
      assert.strictEqual(answer.statusCode, 200)
      const stranger = yield* promise(
        () =>
          new Promise<string>((resolve) => {
            const asked = request(`${door.url}/version`, { agent: false }, () => resolve("trusted"))
            asked.on("error", (error) => resolve(error.message))
            asked.end()
          })
      )
      assert.notStrictEqual(stranger, "trusted")
    })
  )

  test(
    "lets nobody in without the token",
    Effect.gen(function* () {
      const { door } = yield* openTestDoor()
      for (const authorization of ["", "Bearer", "Bearer wrong", `Basic ${door.token}`]) {
        const answer = yield* promise(() => send(door, configMaps, { headers: { authorization } }))
        assert.strictEqual(answer.statusCode, 401)
      }
    })
  )

  test(
    "shows the head of a watch before there is anything to watch, then every change as it comes",
    Effect.gen(function* () {
      const { door } = yield* openTestDoor()
      const watch = yield* promise(() => send(door, `${configMaps}?watch=true`))
      assert.strictEqual(watch.statusCode, 200)
      const first = promise(
        () => new Promise<string>((resolve) => watch.once("data", (chunk: Buffer) => resolve(String(chunk))))
      )
      yield* promise(() => send(door, configMaps, { method: "POST", body: '{"metadata":{"name":"a"}}' }))
      assert.include(yield* first, '"type":"ADDED"')
      watch.destroy()
    })
  )

  test(
    "loses no update of eight writers at once",
    Effect.gen(function* () {
      const { door } = yield* openTestDoor()
      yield* promise(() =>
        send(door, configMaps, { method: "POST", body: '{"metadata":{"name":"sum"},"data":{"n":"0"}}' }).then(bodyOf)
      )
      const increment = async (_: unknown, writer: number): Promise<void> => {
        for (let done = 0; done < 5;) {
          const found = JSON.parse(await bodyOf(await send(door, `${configMaps}/sum`))) as {
            readonly data: { readonly n: string }
          }
          // Every update says something of its own: no two are equal.
          const data = { n: String(Number(found.data.n) + 1), by: `writer ${writer}, ${done}` }
          const body = JSON.stringify({ ...found, data })
          const answer = await send(door, `${configMaps}/sum`, { method: "PUT", body })
          answer.resume()
          if (answer.statusCode === 200) done++
          else if (answer.statusCode !== 409) throw new Error(`answered with ${answer.statusCode}`)
        }
      }
      yield* promise(() => Promise.all(Array.from({ length: 8 }, increment)))
      const sum = JSON.parse(yield* promise(() => send(door, `${configMaps}/sum`).then(bodyOf))) as {
        readonly data: { readonly n: string }
      }
      assert.strictEqual(sum.data.n, "40")
    })
  )

  test(
    "closes the watches of readers that went away",
    Effect.gen(function* () {
      const { door, server } = yield* openTestDoor()
      const watch = yield* promise(() => send(door, `${configMaps}?watch=true`))
      assert.strictEqual(server.watches.size, 1)
      watch.destroy()
      for (let i = 0; i < 100 && server.watches.size > 0; i++) yield* Effect.sleep(20)
      assert.strictEqual(server.watches.size, 0)
    })
  )

  test(
    "cuts off a watcher that does not read",
    Effect.gen(function* () {
      const { door, server } = yield* openTestDoor()
      const watch = yield* promise(() => send(door, `${configMaps}?watch=true`))
      watch.pause()
      const body = (n: number) =>
        JSON.stringify({ metadata: { name: "a" }, data: { k: String(n).padEnd(900_000, "x") } })
      yield* promise(() => send(door, configMaps, { method: "POST", body: body(0) }))
      for (let n = 1; n < 60 && server.watches.size > 0; n++) {
        yield* promise(() => send(door, `${configMaps}/a`, { method: "PUT", body: body(n) }).then(bodyOf))
        yield* Effect.sleep(10)
      }
      assert.strictEqual(server.watches.size, 0)
      watch.destroy()
    })
  )

  test(
    "refuses a body of more than three megabytes before it has all of it",
    Effect.gen(function* () {
      const { door } = yield* openTestDoor()
      const status = yield* promise(
        () =>
          new Promise<number>((resolve, reject) => {
            const asked = request(
              `${door.url}${configMaps}`,
              { method: "POST", ca: door.authority, agent: false, headers: { authorization: `Bearer ${door.token}` } },
              (answer) => {
                resolve(answer.statusCode ?? 0)
                asked.destroy()
              }
            )
            asked.on("error", reject)
            // The end is never sent.
            asked.write(Buffer.alloc(3 * 1024 * 1024 + 10, 0x20))
          })
      )
      assert.strictEqual(status, 413)
    })
  )

  test(
    "survives what is no HTTP",
    Effect.gen(function* () {
      const { door } = yield* openTestDoor()
      const port = portOf(door.url)
      const bad = [
        "\u0000\u0001\u0002\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        `GET / HTTP/1.1\r\nx: ${"y".repeat(200_000)}\r\n\r\n`,
        "POST / HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
      ]
      for (const text of bad) {
        const answer = yield* promise(() => raw(port, door.authority, text))
        assert.match(answer, /^(HTTP\/1\.1 4\d\d|$)/)
      }
      const after = yield* promise(() => send(door, "/version"))
      assert.strictEqual(after.statusCode, 200)
    })
  )

  test(
    "says in words that a port is in use",
    Effect.gen(function* () {
      const { door, server } = yield* openTestDoor()
      const exit = yield* Effect.exit(openDoor({ server, port: portOf(door.url) }))
      assert.isTrue(Exit.isFailure(exit))
      assert.include(JSON.stringify(exit), "is in use: stop what listens there, or give another --port")
    })
  )

  test(
    "lets other users do what their roles say",
    Effect.gen(function* () {
      const { door } = yield* openTestDoor(
        new Map([["other-token", { name: "other", groups: ["system:authenticated"] }]])
      )
      const headers = { authorization: "Bearer other-token" }
      const answer = yield* promise(() => send(door, configMaps, { headers }))
      assert.strictEqual(answer.statusCode, 403)
    })
  )
})
