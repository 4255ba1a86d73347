/** Every path of the door, for everybody who should not get in: nobody, who has a wrong token, who may do nothing. And paths that are none. */
import { RandomStream } from "@capstan/kernel"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { bodyOf, openTestDoor, send, type Sent } from "./TestWorld.ts"

interface Discovered {
  readonly groups?: ReadonlyArray<{ readonly versions: ReadonlyArray<{ readonly groupVersion: string }> }>
  readonly resources?: ReadonlyArray<{ readonly name: string; readonly namespaced: boolean }>
  readonly paths?: { readonly [path: string]: object }
}

const nowhere = [
  "/",
  "/metrics",
  "/debug/pprof",
  "/logs",
  "/apis/nobody.example.com/v1",
  "/api/v1/teapots",
  "/%2e%2e/api"
]
const workload = ["/clusters/default/demo/api/v1/nodes", "/clusters/default/demo/version", "/clusters/%00/x/api"]
const common = ["/version", "/openapi/v2", "/openapi/v3", "/api", "/apis"]

/** Open to everybody, as a real server's are. */
const health = ["/healthz", "/livez", "/readyz"]

describe("the door on every path", () => {
  it.live("lets nobody in without a token, with a wrong one, or without a right", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const nobodySpecial = { name: "nobody-special", groups: ["system:authenticated"] }
        const { door } = yield* openTestDoor(new Map([["weak-token", nobodySpecial]]))
        const ask = (path: string, sent: Sent = {}) =>
          Effect.promise(async () => {
            const answer = await send(door, path, sent)
            // A watch would never end.
            const body = answer.statusCode === 200 && path.includes("watch=") ? "" : await bodyOf(answer)
            answer.destroy()
            return { status: answer.statusCode ?? 0, body }
          })
        const read = (path: string) => Effect.map(ask(path), ({ body }) => JSON.parse(body) as Discovered)

        const groups = ((yield* read("/apis")).groups ?? []).flatMap(({ versions }) => versions)
        const roots = ["/api/v1", ...groups.map(({ groupVersion }) => `/apis/${groupVersion}`)]
        const resources: Array<string> = []
        for (const root of roots) {
          for (const { name, namespaced } of (yield* read(root)).resources ?? []) {
            const [plural = "", sub] = name.split("/")
            const place = namespaced ? `${root}/namespaces/default/${plural}` : `${root}/${plural}`
            resources.push(...(sub === undefined ? [place, `${place}/any`] : [`${place}/any/${sub}`]))
          }
        }
        const schemas = Object.keys((yield* read("/openapi/v3")).paths ?? {}).map((path) => `/openapi/v3/${path}`)
        assert.isAbove(resources.length, 60)
        assert.isAbove(schemas.length, 5)

        const all = [...common, ...nowhere, ...workload, ...roots, ...schemas, ...resources]
        const strangers = ["", "Bearer wrong", "Bearer ", `Basic ${door.token}`, `Bearer ${door.token}x`]
        let turn = 0
        for (const path of all) {
          for (const method of ["GET", "POST", "DELETE"]) {
            // Each path sees each of them in turn.
            const authorization = strangers[turn++ % strangers.length] ?? ""
            const { status, body } = yield* ask(path, {
              method,
              headers: { authorization },
              body: method === "POST" ? "{}" : ""
            })
            assert.include(
              [401, 403],
              status,
              `${method} ${path} for "${authorization.slice(0, 8)}…": ${body.slice(0, 200)}`
            )
            assert.notInclude(body, door.token)
          }
        }
        for (const path of health) {
          assert.deepStrictEqual(yield* ask(path, { headers: { authorization: "" } }), { status: 200, body: "ok" })
        }
        for (const path of resources) {
          for (const [method, query] of [
            ["GET", ""],
            ["GET", "?watch=true"],
            ["DELETE", ""]
          ] as const) {
            const { status } = yield* ask(`${path}${query}`, {
              method,
              headers: { authorization: "Bearer weak-token" }
            })
            // Reviews of one's own rights, and what a resource cannot do, are nobody's secret.
            assert.include([403, 404, 405], status, `${method} ${path}${query}`)
          }
        }
      })
    )
  )

  it.live.each([1, 2, 3])("answers broken requests and goes on (seed %i)", (seed) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { door, server } = yield* openTestDoor()
        const random = new RandomStream(seed, "broken-requests")
        const pick = <A>(list: ReadonlyArray<A>): A => list[random.below(list.length)] as A
        const configMaps = "/api/v1/namespaces/default/configmaps"
        const parts = [
          "..",
          "%2e%2e",
          "%00",
          "%ff",
          "a".repeat(300),
          "",
          "A_B",
          "namespaces",
          "configmaps",
          "status",
          "%7B"
        ]
        const queries = [
          "limit=-1",
          "limit=9999999999999999999",
          "continue=AAAA",
          "continue=%00",
          "resourceVersion=x",
          "resourceVersion=-1&resourceVersionMatch=Exact",
          "labelSelector=%3D%3D%3D",
          "labelSelector=a+in+(",
          "fieldSelector=metadata.name%3D%3D%00",
          "timeoutSeconds=-5&watch=maybe",
          "fieldManager=%00&force=perhaps",
          "dryRun=None",
          "pretty=%F0%9F%98%80",
          "%=%&=&&"
        ]
        const types = [
          "application/json",
          "application/yaml",
          "application/vnd.kubernetes.protobuf",
          "application/json-patch+json",
          "application/merge-patch+json",
          "application/strategic-merge-patch+json",
          "application/apply-patch+yaml",
          "text/plain",
          "x/y; charset=\u00e9"
        ]
        const bytes = (): Uint8Array => Uint8Array.from({ length: random.below(200) }, () => random.below(256))
        const texts = [
          "",
          "null",
          "[]",
          "{",
          '{"metadata":{"name":"a"}}',
          `${"[".repeat(5000)}`,
          `{"a":${'{"a":'.repeat(3000)}1${"}".repeat(3000)}}`,
          '[{"op":"copy","from":"","path":"/a"}]',
          '[{"op":"test","path":"/x/0/-","value":{}}]',
          '{"__proto__":{"x":1},"metadata":{"name":"p"}}',
          "a: &a [*a]",
          "a: &a [1]\nb: [*a,*a,*a]\n",
          "k8s\u0000\n\u0005"
        ]
        const counts = new Map<number, number>()
        for (let i = 0; i < 300; i++) {
          const path =
            random.below(3) === 0
              ? `${configMaps}/${pick(parts)}/${pick(parts)}`
              : pick([configMaps, `${configMaps}/a`])
          const answer = yield* Effect.promise(async () => {
            const got = await send(door, `${path}${random.below(2) === 0 ? `?${pick(queries)}` : ""}`, {
              method: pick(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
              headers: {
                "content-type": encodeURI(pick(types)),
                accept: pick(["*/*", "a/b", "application/json;as=Table"])
              },
              body: random.below(2) === 0 ? bytes() : pick(texts)
            })
            const status = got.statusCode ?? 0
            // What is a watch after all is left again.
            if (status === 200 && got.headers["content-length"] === undefined) got.destroy()
            else if (status >= 500) throw new Error(`${status}: ${await bodyOf(got)}`)
            else got.resume()
            return status
          })
          counts.set(answer, (counts.get(answer) ?? 0) + 1)
        }
        assert.isAbove(counts.get(400) ?? 0, 10)
        for (let i = 0; i < 100 && server.watches.size > 0; i++) yield* Effect.sleep(20)
        assert.strictEqual(server.watches.size, 0)
        const after = yield* Effect.promise(() => send(door, "/version"))
        assert.strictEqual(after.statusCode, 200)
        assert.notProperty({}, "x")
      })
    )
  )
})
