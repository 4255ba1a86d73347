/** The whole way to an etcd member: Secrets, port-forward over WebSockets, TLS with client certificates, etcd's JSON. */
import { CertificateAuthority, EtcdMembers, EtcdRefused, type EtcdTarget, EtcdUnreachable } from "@capstan/provider"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import { createServer, type Server } from "node:https"
import { type AddressInfo, connect, type Socket } from "node:net"
import { WebSocketServer } from "ws"
import { etcdMembersLayer, layer } from "../src/index.ts"
import { answer, kubeconfigFor, makeCertificates, scriptedServer, status } from "./ScriptedServer.ts"

const test = (name: string, body: Effect.Effect<void, unknown, Scope.Scope>) => it.live(name, () => Effect.scoped(body))

type Certificates = Awaited<ReturnType<typeof makeCertificates>>

type Answers = { readonly [path: string]: readonly [code: number, body: object] }

interface Asked {
  readonly path: string
  readonly body: unknown
}

/** What etcd 3.6 was seen to answer, with a learner beside it that has not started. */
const answers: Answers = {
  "/v3/maintenance/status": [
    200,
    {
      header: { cluster_id: "3397744812459331135", member_id: "2657891847502279730", revision: "4", raft_term: "2" },
      version: "3.6.13",
      leader: "2657891847502279730",
      raftIndex: "12",
      errors: ["memberID:2657891847502279730 alarm:NOSPACE "]
    }
  ],
  "/v3/cluster/member/list": [
    200,
    {
      header: { member_id: "2657891847502279730" },
      members: [
        {
          ID: "2657891847502279730",
          name: "n1",
          peerURLs: ["https://10.0.0.1:2380"],
          clientURLs: ["https://10.0.0.1:2379"]
        },
        { ID: "18446744073709551615", peerURLs: ["https://10.0.0.2:2380"], isLearner: true }
      ]
    }
  ],
  "/v3/cluster/member/remove": [200, { header: {} }],
  "/v3/maintenance/transfer-leadership": [200, { header: {} }]
}

/** A member's client port: TLS that asks for a certificate of the same authority. */
const member = (certificates: Certificates, replies: Answers, asked: Array<Asked>) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const { authority, cert, key } = certificates
      const server = createServer({ cert, key, ca: authority, requestCert: true, rejectUnauthorized: true })
      server.on("tlsClientError", () => undefined)
      server.on("request", (request, response) => {
        let text = ""
        request.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")))
        request.on("end", () => {
          asked.push({ path: request.url ?? "", body: JSON.parse(text) })
          const [code, body] = replies[request.url ?? ""] ?? [404, { code: 5, message: "Not Found" }]
          answer(response, code, body)
        })
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => void (server.close(), server.closeAllConnections()))
  )

/** An API server's side of a port-forward: the two channels begin with the port, the second one carries errors. */
const forwardTo = (portOf: (path: string) => number | undefined) => {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "v4.channel.k8s.io" })
  return (
    request: Parameters<WebSocketServer["handleUpgrade"]>[0],
    raw: Parameters<WebSocketServer["handleUpgrade"]>[1],
    head: Buffer
  ) => {
    const port = portOf(request.url ?? "")
    if (port === undefined) return void raw.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
    sockets.handleUpgrade(request, raw, head, (channel) => {
      const wanted = Buffer.from([2379 & 0xff, 2379 >> 8])
      channel.send(Buffer.concat([Buffer.from([0]), wanted]))
      channel.send(Buffer.concat([Buffer.from([1]), wanted]))
      const far: Socket = connect(port, "127.0.0.1")
      far.on("data", (chunk: Buffer) => channel.send(Buffer.concat([Buffer.from([0]), chunk])))
      far.on("error", (error) => channel.send(Buffer.concat([Buffer.from([1]), Buffer.from(error.message)])))
      far.on("close", () => channel.close())
      channel.on("message", (data: Buffer) => (data[0] === 0 ? far.write(data.subarray(1)) : undefined))
      channel.on("close", () => far.destroy())
    })
  }
}

const target: EtcdTarget = { cluster: { namespace: "default", name: "prod" }, node: "n1" }

const base64 = (text: string): string => Buffer.from(text).toString("base64")

interface Wish {
  readonly replies?: Answers
  /** What the cluster's Secret holds as etcd's authority; that of the member unless given. */
  readonly trusted?: string
  /** Where the port-forward leads; to the member unless given. */
  readonly portOf?: (path: string, port: number) => number | undefined
}

/** A management cluster with the Secrets, and the way to one member; both are played by one server. */
const world = ({ portOf = (_, port) => port, replies = answers, trusted }: Wish = {}) =>
  Effect.gen(function* () {
    const asked: Array<Asked> = []
    const forwarded: Array<string> = []
    const certificates = yield* Effect.promise(() => makeCertificates())
    const etcd = yield* member(certificates, replies, asked)
    const { port } = etcd.address() as AddressInfo
    const upgrade = forwardTo((path) => {
      forwarded.push(path)
      return portOf(path, port)
    })
    const secrets: { [name: string]: { readonly [key: string]: string } } = {
      "prod-etcd": { "tls.crt": base64(trusted ?? certificates.authority), "tls.key": base64("the authority's key") }
    }
    const server = yield* scriptedServer(
      (request, response) => {
        const name = request.url.split("/").at(-1) ?? ""
        const data = secrets[name]
        return data === undefined
          ? answer(response, 404, status(404, "NotFound", { message: `secrets "${name}" not found` }))
          : answer(response, 200, { apiVersion: "v1", kind: "Secret", metadata: { name }, data })
      },
      { upgrade }
    )
    secrets["prod-kubeconfig"] = { value: base64(kubeconfigFor(server)) }
    const issuing = Layer.succeed(CertificateAuthority, {
      issue: ({ authority }) => {
        assert.strictEqual(authority.key, "the authority's key")
        return Effect.succeed({ certificate: certificates.cert, key: certificates.key })
      },
      createAuthority: () => Effect.die("nobody asks for a new authority"),
      createServiceAccountKey: Effect.die("nobody asks for a new key"),
      publicKeyHash: () => Effect.die("nobody asks for a hash"),
      expiry: () => Effect.die("nobody asks for an end")
    })
    const management = layer({ userAgent: "tests/1", kubeconfig: { _tag: "Text", text: kubeconfigFor(server) } })
    const live = Layer.provide(etcdMembersLayer, Layer.merge(management, issuing))
    const members = Context.get(yield* Layer.build(live), EtcdMembers)
    return { asked, certificates, forwarded, members, secrets }
  })

const hexOfFirst = 2657891847502279730n.toString(16)

describe("EtcdMembers", () => {
  test(
    "a member's status comes through the port-forward to its Pod",
    Effect.gen(function* () {
      const { forwarded, members } = yield* world()
      assert.deepStrictEqual(yield* members.status(target), {
        memberId: hexOfFirst,
        leaderId: hexOfFirst,
        members: [
          {
            id: hexOfFirst,
            name: "n1",
            peerUrls: ["https://10.0.0.1:2380"],
            clientUrls: ["https://10.0.0.1:2379"],
            isLearner: false
          },
          { id: "ffffffffffffffff", name: "", peerUrls: ["https://10.0.0.2:2380"], clientUrls: [], isLearner: true }
        ],
        alarms: [{ memberId: hexOfFirst, type: "NOSPACE" }]
      })
      assert.strictEqual(new Set(forwarded).size, 1)
      assert.strictEqual(forwarded[0], "/api/v1/namespaces/kube-system/pods/etcd-n1/portforward?ports=2379")
    })
  )

  test(
    "removing and moving name members as etcd does",
    Effect.gen(function* () {
      const { asked, members } = yield* world()
      yield* members.remove(target, "ffffffffffffffff")
      yield* members.moveLeader(target, "4d2")
      assert.deepStrictEqual(asked, [
        { path: "/v3/cluster/member/remove", body: { ID: "18446744073709551615" } },
        { path: "/v3/maintenance/transfer-leadership", body: { targetID: "1234" } }
      ])
    })
  )

  const refusals: ReadonlyArray<readonly [words: string, reason: EtcdRefused["reason"]]> = [
    ["etcdserver: member not found", "MemberNotFound"],
    ["etcdserver: unhealthy cluster", "UnhealthyCluster"],
    ["etcdserver: re-configuration failed due to not enough started members", "UnhealthyCluster"],
    ["etcdserver: no leader", "NoLeader"],
    ["etcdserver: not leader", "NotLeader"],
    ["etcdserver: bad leader transferee", "BadLeaderTransferee"],
    ["etcdserver: request timed out, leader transfer took too long", "Timeout"]
  ]
  for (const [message, reason] of refusals) {
    test(
      `"${message}" is ${reason}`,
      Effect.gen(function* () {
        const { members } = yield* world({ replies: { "/v3/cluster/member/remove": [400, { code: 9, message }] } })
        const error = yield* Effect.flip(members.remove(target, "1"))
        assert.instanceOf(error, EtcdRefused)
        assert.strictEqual(error.reason, reason)
        assert.strictEqual(error.message, message)
      })
    )
  }

  test(
    "a member that knows no leader says so",
    Effect.gen(function* () {
      const leaderless = { header: { member_id: "1" }, version: "3.6.13", errors: ["etcdserver: no leader"] }
      const { members } = yield* world({ replies: { ...answers, "/v3/maintenance/status": [200, leaderless] } })
      const error = yield* Effect.flip(members.status(target))
      assert.strictEqual(error instanceof EtcdRefused ? error.reason : error._tag, "NoLeader")
    })
  )

  interface Silence {
    readonly rule: string
    readonly wish: () => Promise<Wish>
    readonly says: RegExp
  }
  const silences: ReadonlyArray<Silence> = [
    {
      rule: "a Pod that is not there",
      wish: () => Promise.resolve({ portOf: () => undefined }),
      says: /does not forward to Pod kube-system\/etcd-n1: it answered with 404/
    },
    {
      rule: "a port that nobody listens on",
      wish: () => Promise.resolve({ portOf: () => 1 }),
      says: /nothing answers on port 2379 of Pod kube-system\/etcd-n1/
    },
    {
      rule: "a member of another authority",
      wish: () => makeCertificates().then(({ authority }) => ({ trusted: authority })),
      says: /no TLS connection comes about/
    },
    {
      rule: "words that mean nothing to us",
      wish: () =>
        Promise.resolve({
          replies: { "/v3/cluster/member/remove": [403, { message: "etcdserver: permission denied" }] }
        }),
      says: /permission denied/
    }
  ]
  for (const { rule, says, wish } of silences) {
    test(
      `${rule} is unreachable, in words`,
      Effect.gen(function* () {
        const { members } = yield* world(yield* Effect.promise(wish))
        const error = yield* Effect.flip(members.remove(target, "1"))
        assert.instanceOf(error, EtcdUnreachable)
        assert.strictEqual(error.node, "n1")
        assert.match(error.message, says)
      })
    )
  }

  test(
    "without the cluster's Secrets nobody can be asked",
    Effect.gen(function* () {
      const { members, secrets } = yield* world()
      delete secrets["prod-etcd"]
      const error = yield* Effect.flip(members.status(target))
      assert.instanceOf(error, EtcdUnreachable)
      assert.match(error.message, /secrets "prod-etcd" not found/)
    })
  )

  test(
    "an authority whose key is elsewhere leaves the client certificate that is there",
    Effect.gen(function* () {
      const { asked, certificates, members, secrets } = yield* world()
      const { "tls.crt": authority = "" } = secrets["prod-etcd"] ?? {}
      secrets["prod-etcd"] = { "tls.crt": authority }
      secrets["prod-apiserver-etcd-client"] = {
        "tls.crt": base64(certificates.cert),
        "tls.key": base64(certificates.key)
      }
      yield* members.remove(target, "1")
      assert.strictEqual(asked.length, 1)
      delete secrets["prod-apiserver-etcd-client"]
      assert.match((yield* Effect.flip(members.remove(target, "1"))).message, /prod-apiserver-etcd-client" not found/)
    })
  )
})
