/** What the live client sends, and what it makes of a server that refuses, hangs, breaks off or goes away. */
import { ConfigMap, type KubernetesClient, Namespace } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Metric, type Scope, Stream } from "effect"
import { answer, configMap, kubeconfigFor, type Script, scriptedServer, status, token } from "./ScriptedServer.ts"
import { key, refusalOf, situation } from "./Situation.ts"

const test = (name: string, body: Effect.Effect<void, unknown, Scope.Scope>) => it.live(name, () => Effect.scoped(body))

const always =
  (code: number, body: unknown, headers: object = {}): Script =>
  (_, response) =>
    answer(response, code, body, headers)

const write = (api: KubernetesClient) => api.create(ConfigMap, { metadata: key })
const read = (api: KubernetesClient) => api.get(ConfigMap, key)

describe("what is sent", () => {
  test(
    "paths, queries, bodies and content types of every call",
    Effect.gen(function* () {
      const { api, server } = yield* situation((request, response) =>
        answer(
          response,
          200,
          request.url.includes("limit=")
            ? { kind: "List", metadata: { resourceVersion: "7" }, items: [] }
            : configMap("a", "5")
        )
      )
      const object = yield* read(api)
      yield* api.list(ConfigMap, {
        namespace: "default",
        limit: 2,
        continue: "next",
        labels: {
          matchLabels: { app: "web" },
          matchExpressions: [{ key: "tier", operator: "In", values: ["b", "a"] }]
        },
        fields: { "metadata.name": "a,b=c" }
      })
      yield* api.get(Namespace, { namespace: "", name: "x" })
      yield* api.create(ConfigMap, { metadata: key }, { fieldManager: "me", dryRun: true })
      yield* api.update(ConfigMap, object)
      yield* api.updateStatus(ConfigMap, object)
      yield* api.patch(ConfigMap, key, { type: "merge", body: { data: { x: "1" } } })
      yield* api.patch(
        ConfigMap,
        key,
        { type: "json", body: [{ op: "remove", path: "/data" }] },
        { subresource: "status" }
      )
      yield* api.patch(ConfigMap, key, { type: "merge", body: { spec: { replicas: 2 } } }, { subresource: "scale" })
      yield* api.delete(ConfigMap, key, { preconditions: { uid: "u" }, propagationPolicy: "Foreground" })
      yield* api.evict(key, { gracePeriodSeconds: 5 })
      const one = "/api/v1/namespaces/default/configmaps/a"
      assert.deepStrictEqual(
        server.seen.map(({ headers, method, url }) => [method, url, headers["content-type"]?.replace(/;.*/, "")]),
        [
          ["GET", one, undefined],
          [
            "GET",
            "/api/v1/namespaces/default/configmaps?labelSelector=app%3Dweb%2Ctier+in+%28a%2Cb%29&fieldSelector=metadata.name%3Da%5C%2Cb%5C%3Dc&limit=2&continue=next",
            undefined
          ],
          ["GET", "/api/v1/namespaces/x", undefined],
          ["POST", "/api/v1/namespaces/default/configmaps?fieldManager=me&dryRun=All", "application/json"],
          ["PUT", one, "application/json"],
          ["PUT", `${one}/status`, "application/json"],
          ["PATCH", one, "application/merge-patch+json"],
          ["PATCH", `${one}/status`, "application/json-patch+json"],
          ["PATCH", `${one}/scale`, "application/merge-patch+json"],
          ["GET", one, undefined],
          ["DELETE", one, "application/json"],
          ["POST", "/api/v1/namespaces/default/pods/a/eviction", "application/json"]
        ]
      )
      for (const { headers } of server.seen) {
        assert.strictEqual(headers["authorization"], `Bearer ${token}`)
        assert.strictEqual(headers["user-agent"], "tests/1")
      }
      assert.deepStrictEqual(JSON.parse(server.seen.at(3)?.body ?? ""), {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: key
      })
      assert.deepStrictEqual(JSON.parse(server.seen.at(10)?.body ?? ""), {
        apiVersion: "v1",
        kind: "DeleteOptions",
        preconditions: { uid: "u" },
        propagationPolicy: "Foreground"
      })
      assert.deepStrictEqual(JSON.parse(server.seen.at(11)?.body ?? ""), {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "a", namespace: "default" },
        deleteOptions: { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 5 }
      })
    })
  )

  test(
    "a server below a path is asked below that path",
    Effect.gen(function* () {
      const { api, server } = yield* situation(always(200, configMap("a", "5")), {
        kubeconfig: ({ authority, url }) => kubeconfigFor({ authority, url: `${url}/clusters/default/prod/` })
      })
      yield* read(api)
      assert.strictEqual(server.seen[0]?.url, "/clusters/default/prod/api/v1/namespaces/default/configmaps/a")
    })
  )

  test(
    "a name that would lead elsewhere is refused before anything is sent",
    Effect.gen(function* () {
      const { api, server } = yield* situation(always(200, configMap("a", "5")))
      for (const name of ["", ".", "..", "a/b", "%2e%2e"]) {
        const error = yield* refusalOf(api.get(ConfigMap, { namespace: "default", name }))
        assert.strictEqual(error.reason, "BadRequest", name)
        assert.strictEqual(
          (yield* refusalOf(api.get(ConfigMap, { namespace: name || "..", name: "a" }))).reason,
          "BadRequest"
        )
      }
      assert.deepStrictEqual(server.seen, [])
    })
  )

  test(
    "objects come back frozen, those of lists with their type",
    Effect.gen(function* () {
      const { apiVersion: _, kind: __, ...bare } = configMap("a", "5")
      const { api } = yield* situation((request, response) =>
        answer(
          response,
          200,
          request.url.endsWith("/a")
            ? configMap("a", "5")
            : { kind: "ConfigMapList", metadata: { resourceVersion: "9" }, items: [bare] }
        )
      )
      assert.isFrozen((yield* read(api)).metadata)
      const list = yield* api.list(ConfigMap)
      assert.isFrozen(list.items)
      assert.isFrozen(list.items[0]?.metadata)
      assert.deepStrictEqual(list, { items: [configMap("a", "5")], resourceVersion: "9" })
    })
  )

  test(
    "calls are counted under client-go's names",
    Effect.gen(function* () {
      const { api, server } = yield* situation((_, response, n) =>
        n === 1 ? answer(response, 200, configMap("a", "5")) : answer(response, 404, status(404, "NotFound"))
      )
      yield* read(api)
      yield* refusalOf(write(api))
      const { host } = new URL(server.url)
      const lines = (yield* Metric.snapshot).flatMap(({ attributes, id, state }) =>
        attributes?.["host"] === host && id === "rest_client_requests_total" && "count" in state
          ? [`${attributes["method"]} ${attributes["code"]} ${state.count}`]
          : []
      )
      assert.sameMembers(lines, ["GET 200 1", "POST 404 1"])
    })
  )
})

interface Refusal {
  readonly rule: string
  readonly script: Script
  readonly call?: (api: KubernetesClient) => ReturnType<typeof write>
  readonly reason: string
  readonly says?: RegExp
  /** Requests that reach the server; one unless given. */
  readonly requests?: number
}

const refusals: ReadonlyArray<Refusal> = [
  {
    rule: "a Status keeps reason, message and details",
    script: always(409, status(409, "AlreadyExists", { message: 'configmaps "a" already exists' })),
    reason: "AlreadyExists",
    says: /^configmaps "a" already exists$/
  },
  {
    rule: "a Status without a reason goes by its code",
    script: always(500, status(500, undefined)),
    reason: "InternalError"
  },
  {
    rule: "an unknown reason goes by its code",
    script: always(403, status(403, "AdmissionDenied")),
    reason: "Forbidden"
  },
  {
    rule: "a path that nothing serves",
    script: always(404, "404 page not found\n"),
    reason: "NotFound",
    says: /CustomResourceDefinition/
  },
  {
    rule: "a proxy's error page is not repeated",
    script: always(502, "<html>secret</html>"),
    reason: "InternalError",
    says: /^(?!.*secret)/
  },
  {
    rule: "a login page is no object",
    script: always(200, "<html>"),
    reason: "Unreachable",
    says: /does not speak JSON/
  },
  {
    rule: "JSON that is no object is no object",
    script: always(200, [1]),
    reason: "Unreachable",
    says: /no Kubernetes object/
  },
  {
    rule: "a 401 is asked once more, with renewed credentials",
    script: always(401, status(401, "Unauthorized")),
    reason: "Unauthorized",
    requests: 2
  },
  {
    rule: "a 429 without Retry-After, as of an eviction, is final",
    script: always(429, status(429, "TooManyRequests")),
    reason: "TooManyRequests"
  },
  {
    rule: "a write that a failing server may have carried out is not repeated",
    script: always(503, status(503, "ServiceUnavailable"), { "retry-after": "1" }),
    reason: "ServiceUnavailable"
  },
  {
    rule: "a write whose connection breaks is not repeated",
    script: (_, response) => response.socket?.destroy(),
    reason: "Unreachable",
    says: /broke before the answer was whole/
  },
  {
    rule: "a read whose connection breaks is repeated once",
    script: (_, response) => response.socket?.destroy(),
    call: read,
    reason: "Unreachable",
    requests: 2
  },
  {
    rule: "an answer that breaks off is no answer",
    script: (_, response) => {
      response.writeHead(200, { "content-length": "1000" })
      response.write('{"kind":')
      setImmediate(() => response.socket?.destroy())
    },
    reason: "Unreachable"
  }
]

describe("a server that refuses", () => {
  for (const { call = write, reason, requests = 1, rule, says = /./, script } of refusals) {
    test(
      rule,
      Effect.gen(function* () {
        const { api, server } = yield* situation(script)
        const error = yield* refusalOf(call(api))
        assert.strictEqual(error.reason, reason, error.message)
        assert.match(error.message, says)
        assert.strictEqual(server.seen.length, requests)
      })
    )
  }

  test(
    "details and causes of a Status come along",
    Effect.gen(function* () {
      const details = {
        name: "a",
        group: "g.example",
        kind: "Widget",
        retryAfterSeconds: 3,
        causes: [{ reason: "FieldValueRequired", message: "Required value", field: "spec.size" }, { message: "bare" }]
      }
      const { api } = yield* situation(always(422, status(422, "Invalid", { details })))
      const { causes, code, group, kind, objectName: name, retryAfterSeconds } = yield* refusalOf(write(api))
      assert.deepStrictEqual({ causes, code, group, kind, name, retryAfterSeconds }, { ...details, code: 422 })
    })
  )

  test(
    "what it puts off is asked again: any call after 429, a read after 503",
    Effect.gen(function* () {
      const putOff =
        (code: number, reason: string): Script =>
        (_, response, n) =>
          n === 1
            ? answer(response, code, status(code, reason), { "retry-after": "1" })
            : answer(response, 200, configMap("a", "5"))
      const limited = yield* situation(putOff(429, "TooManyRequests"))
      yield* write(limited.api)
      const failing = yield* situation(putOff(503, "ServiceUnavailable"))
      yield* read(failing.api)
      assert.deepStrictEqual([limited.server.seen.length, failing.server.seen.length], [2, 2])
    })
  )
})

describe("a server that is not there", () => {
  test(
    "hangs: the call ends with its deadline, and with it its connection",
    Effect.gen(function* () {
      const { api, server } = yield* situation(() => undefined, { deadlineMillis: 300 })
      const error = yield* refusalOf(write(api))
      assert.strictEqual(error.reason, "Unreachable")
      assert.match(error.message, /no whole answer within 0\.3 seconds/)
      while (server.abandoned() === 0) yield* Effect.sleep(10)
    })
  )

  test(
    "a caller that is interrupted takes its call along",
    Effect.gen(function* () {
      const { api, server } = yield* situation(() => undefined)
      const calling = yield* Effect.forkChild(read(api))
      while (server.seen.length === 0) yield* Effect.sleep(10)
      yield* Fiber.interrupt(calling)
      while (server.abandoned() === 0) yield* Effect.sleep(10)
    })
  )

  test(
    "goes away and comes back: the same client serves again",
    Effect.gen(function* () {
      const { api, server } = yield* situation(always(200, configMap("a", "5")))
      yield* read(api)
      yield* server.goAway
      for (const call of [read, write]) {
        const error = yield* refusalOf(call(api))
        assert.strictEqual(error.reason, "Unreachable")
      }
      assert.match((yield* refusalOf(read(api))).message, /refused the connection/)
      yield* server.comeBack
      assert.strictEqual((yield* read(api)).metadata.resourceVersion, "5")
    })
  )

  test(
    "has another authority than the kubeconfig trusts",
    Effect.gen(function* () {
      const other = yield* scriptedServer(always(200, {}))
      const { api, server } = yield* situation(always(200, configMap("a", "5")), {
        kubeconfig: ({ url }) => kubeconfigFor({ url, authority: other.authority })
      })
      const error = yield* refusalOf(read(api))
      assert.strictEqual(error.reason, "Unreachable")
      assert.match(error.message, /signed by an authority that the kubeconfig does not trust/)
      assert.isTrue(error.untrusted)
      assert.deepStrictEqual(server.seen, [])
    })
  )

  test(
    "has a name that its certificate does not have",
    Effect.gen(function* () {
      const { api } = yield* situation(always(200, configMap("a", "5")), {
        kubeconfig: (server) => kubeconfigFor(server, { cluster: { "tls-server-name": "elsewhere.example" } })
      })
      assert.match((yield* refusalOf(read(api))).message, /is for other names than this/)
    })
  )

  test(
    "has a name that nobody knows",
    Effect.gen(function* () {
      const { api } = yield* situation(always(200, {}), {
        kubeconfig: ({ authority }) => kubeconfigFor({ authority, url: "https://no-such-host.invalid:6443" })
      })
      assert.match((yield* refusalOf(read(api))).message, /cannot be resolved/)
    })
  )
})

const lines = (...events: ReadonlyArray<object>): string => events.map((event) => `${JSON.stringify(event)}\n`).join("")

const added = (name: string, version: string) => ({ type: "ADDED", object: configMap(name, version) })

const expired = { type: "ERROR", object: status(410, "Expired", { message: "too old resource version: 1 (323)" }) }

/** Names of the objects that a watch shows before it ends, and how it ends. */
const watched = (api: KubernetesClient, resourceVersion = "5") =>
  Effect.gen(function* () {
    const names: Array<string> = []
    const end = yield* Effect.result(
      Stream.runForEach(api.watch(ConfigMap, { namespace: "default", resourceVersion }), (event) =>
        Effect.sync(() => {
          names.push(
            event.type === "BOOKMARK"
              ? `BOOKMARK ${event.resourceVersion}`
              : `${event.type} ${event.object.metadata.name}`
          )
        })
      )
    )
    return { names, end: end._tag === "Failure" ? end.failure.reason : "ended" }
  })

interface Broadcast {
  readonly rule: string
  readonly script: Script
  readonly names: ReadonlyArray<string>
  readonly end: string
}

const inPieces =
  (text: string, pieces: number, end: (response: Parameters<Script>[1]) => void): Script =>
  (_, response) => {
    response.writeHead(200, { "content-type": "application/json" })
    const bytes = Buffer.from(text)
    const size = Math.ceil(bytes.length / pieces)
    const next = (at: number): void => {
      if (at >= bytes.length) end(response)
      else response.write(bytes.subarray(at, at + size), () => setImmediate(() => next(at + size)))
    }
    next(0)
  }

const bookmark = {
  type: "BOOKMARK",
  object: { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: "9" } }
}

const broadcasts: ReadonlyArray<Broadcast> = [
  {
    rule: "events come whole however they are cut, in any language",
    script: inPieces(lines(added("ä-ö", "6"), added("日本", "7"), bookmark), 97, (response) => response.end()),
    names: ["ADDED ä-ö", "ADDED 日本", "BOOKMARK 9"],
    end: "ended"
  },
  {
    rule: "an ERROR frame of 410 is Expired, after what came before it",
    script: inPieces(lines(added("a", "6"), expired), 1, (response) => response.end()),
    names: ["ADDED a"],
    end: "Expired"
  },
  {
    rule: "an ERROR frame ends the watch, whatever the server does",
    script: inPieces(lines(expired), 1, () => undefined),
    names: [],
    end: "Expired"
  },
  { rule: "an answer of 410 is Expired", script: always(410, status(410, "Expired")), names: [], end: "Expired" },
  { rule: "an answer of 410 without words is Expired", script: always(410, ""), names: [], end: "Expired" },
  { rule: "Gone is told apart", script: always(410, status(410, "Gone")), names: [], end: "Gone" },
  { rule: "an answer of 403 is Forbidden", script: always(403, status(403, "Forbidden")), names: [], end: "Forbidden" },
  {
    rule: "a connection that breaks is Unreachable, after what came before it",
    script: inPieces(lines(added("a", "6"), added("b", "7")), 2, (response) =>
      setTimeout(() => response.socket?.destroy(), 50)
    ),
    names: ["ADDED a", "ADDED b"],
    end: "Unreachable"
  },
  {
    rule: "a body that ends within an event is Unreachable",
    script: inPieces(lines(added("a", "6")) + '{"type":"ADDED","obj', 1, (response) => response.end()),
    names: ["ADDED a"],
    end: "Unreachable"
  },
  {
    rule: "a line that is no JSON is Unreachable",
    script: inPieces(`${lines(added("a", "6"))}<html>\n`, 1, (response) => response.end()),
    names: ["ADDED a"],
    end: "Unreachable"
  }
]

describe("a watch", () => {
  for (const { end, names, rule, script } of broadcasts) {
    test(
      rule,
      Effect.gen(function* () {
        const { api } = yield* situation(script)
        assert.deepStrictEqual(yield* watched(api), { names, end })
      })
    )
  }

  test(
    "asks for bookmarks, from a version, with a time of its own",
    Effect.gen(function* () {
      const { api, server } = yield* situation(inPieces("", 1, (response) => response.end()))
      yield* watched(api, "17")
      const query = new URL(server.seen[0]?.url ?? "", server.url).searchParams
      assert.deepInclude(Object.fromEntries(query), {
        watch: "true",
        allowWatchBookmarks: "true",
        resourceVersion: "17"
      })
      assert.isAtLeast(Number(query.get("timeoutSeconds")), 300)
      assert.isAtMost(Number(query.get("timeoutSeconds")), 600)
    })
  )

  test(
    "outlives the deadline of calls, and ends with its reader",
    Effect.gen(function* () {
      const { api, server } = yield* situation(
        inPieces(lines(added("a", "6")), 1, (response) =>
          setTimeout(() => response.write(lines(added("b", "7"))), 600)
        ),
        { deadlineMillis: 300 }
      )
      const seen = yield* Stream.runCollect(Stream.take(api.watch(ConfigMap), 2))
      assert.strictEqual(seen.length, 2)
      while (server.abandoned() === 0) yield* Effect.sleep(10)
    })
  )

  test(
    "that does not open within the deadline is Unreachable",
    Effect.gen(function* () {
      const { api } = yield* situation(() => undefined, { deadlineMillis: 300 })
      assert.deepStrictEqual(yield* watched(api), { names: [], end: "Unreachable" })
    })
  )
})
