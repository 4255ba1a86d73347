/** Whatever is sent to the HTTP door, it answers with sense: no throw, no odd status, no growth. */
import { RandomStream } from "@capstan/kernel"
import { describe, expect, it } from "vitest"
import { configMaps, TestDoor, widgets } from "./TestDoor.ts"

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "get", ""]
const segments = [
  ..."api apis v1 v1beta1 namespaces default kube-system configmaps secrets pods nodes widgets w a status scale eviction token".split(
    " "
  ),
  ..."conformance.capstan.dev coordination.k8s.io authorization.k8s.io selfsubjectaccessreviews openapi v3 version healthz clusters".split(
    " "
  ),
  ...["", ".", "..", "%", "%00", "%2f", "%E0%A4%A", "é", "a".repeat(300), "__proto__", "constructor", "hasOwnProperty"]
]
const parameters = [
  "watch limit continue resourceVersion resourceVersionMatch labelSelector fieldSelector dryRun fieldManager force",
  "fieldValidation timeoutSeconds allowWatchBookmarks sendInitialEvents includeObject propagationPolicy __proto__"
].flatMap((line) => line.split(" "))
const values = [
  ..."true 1 0 -1 1e9 abc All Strict Exact NotOlderThan Foreground a=b a!=b !a a>1".split(" "),
  ..."metadata.name=a spec.x=1 %00 %FF a%20in%20(b,c) a%20in%20b ((((( ,,,, =".split(" "),
  "9".repeat(400),
  "a".repeat(5000)
]
const contentTypes = [
  "application/json",
  "application/vnd.kubernetes.protobuf",
  "application/merge-patch+json",
  "application/json-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "application/yaml",
  "text/html",
  "",
  ";;;,,,"
]
const bodies: ReadonlyArray<string> = [
  "",
  "{}",
  "[]",
  "null",
  "5",
  '"text"',
  "{",
  "[".repeat(50_000),
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  '{"metadata":null}',
  '{"metadata":{"name":5}}',
  '{"metadata":{"name":"a","labels":[]}}',
  '{"metadata":{"name":"a","labels":{"x":{}}}}',
  '{"metadata":{"name":"a","finalizers":"x"}}',
  '{"metadata":{"name":"a","ownerReferences":[5]}}',
  '{"metadata":{"name":"w"},"spec":{"size":1}}',
  '{"metadata":{"name":"w"},"spec":5}',
  '{"__proto__":{"polluted":true},"metadata":{"name":"w"},"spec":{"size":1}}',
  '{"metadata":{"name":"w","__proto__":{"polluted":true}},"spec":{"size":1}}',
  '{"spec":{"size":2}}',
  '{"spec":{"replicas":-1}}',
  '{"spec":{"replicas":"many"}}',
  '{"status":5}',
  '{"kind":5,"apiVersion":[]}',
  '[{"op":"replace","path":"/metadata/name","value":"b"}]',
  '[{"op":"add","path":"/spec/__proto__/polluted","value":true}]',
  '[{"op":"add","path":"/spec/parts/99","value":{}}]',
  '[{"op":"copy","from":"","path":"/spec/free"}]',
  '[{"op":"remove","path":""}]',
  '{"propagationPolicy":7,"gracePeriodSeconds":"x","preconditions":[]}',
  '{"$patch":"delete"}',
  '{"data":{"$patch":"replace"},"$setElementOrder/x":[1],"$deleteFromPrimitiveList/y":[1]}',
  "k8s\u0000\n\u0004\u0012\u0002hi",
  "\u0000\u0001\u0002"
]
const headerValues = [
  "",
  "application/json",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  ";;;",
  ",,,,",
  "*/*",
  "a".repeat(9000),
  "application/json;as=__proto__;v=v1;g=meta.k8s.io"
]

describe("the HTTP door under nonsense", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("answers everything (seed %i)", (seed) => {
    const random = new RandomStream(seed, "door-fuzz")
    const pick = <A>(list: ReadonlyArray<A>): A => list[random.below(list.length)] as A
    const door = new TestDoor()
    door.configMap("a")
    door.ask("POST", widgets, { body: { metadata: { name: "w" }, spec: { size: 1 } } })
    const roots = [configMaps, `${configMaps}/a`, `${widgets}/w`, widgets, "/api/v1/namespaces", "/apis"]
    const counts = new Map<number, number>()
    for (let i = 0; i < 3000; i++) {
      const path =
        random.below(3) === 0
          ? `/${Array.from({ length: random.below(8) }, () => pick(segments)).join("/")}`
          : `${pick(roots)}${random.below(4) === 0 ? `/${pick(segments)}` : ""}`
      const query = Array.from({ length: random.below(4) }, () => `${pick(parameters)}=${pick(values)}`).join("&")
      const target = query === "" ? path : `${path}?${query}`
      const token = random.below(10) === 0 ? pick(["", "wrong", "reader"]) : "admin"
      const answer = door.handle(pick(methods), target, {
        token,
        body: pick(bodies),
        headers: { "content-type": pick(contentTypes), accept: pick(headerValues), "user-agent": pick(headerValues) }
      })
      if (answer._tag === "Stream") {
        const stop = answer.start({ write: () => {}, end: () => {}, cut: () => {} })
        stop()
        continue
      }
      if (answer._tag === "Cut") throw new Error(`${target} broke the connection`)
      counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1)
      expect([200, 201, 304, 400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 500, 504]).toContain(answer.status)
      if (answer.status === 500) {
        expect(answer.body).toMatch(/resourceVersion should not be set|strconv.ParseUint|conversion webhook/)
      }
    }
    door.kernel.run({ untilMillis: door.kernel.now() + 60_000 })
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined()
    expect(door.server.watches.size).toBe(0)
    expect(door.timers.every(({ cancelled }) => cancelled)).toBe(true)
    for (const code of [200, 400, 401, 403, 404, 405, 415]) expect(counts.get(code) ?? 0).toBeGreaterThan(0)
    expect(door.ask("GET", "/api/v1/namespaces").status).toBe(200)
  })
})
