/** POST, PUT, PATCH and DELETE through the HTTP door. */
import { describe, expect, it } from "vitest"
import { configMaps, type Loose, TestDoor, widgets } from "./TestDoor.ts"

const patch = (kind: "json" | "merge" | "strategic-merge") => ({ "content-type": `application/${kind}-patch+json` })

const widget = (door: TestDoor, spec: object = { size: 1 }) =>
  door.ask("POST", widgets, { body: { metadata: { name: "w" }, spec } })

describe("writing through the door", () => {
  it("creates with 201 and refuses the same name with 409", () => {
    const door = new TestDoor()
    expect(door.configMap("a").status).toBe(201)
    expect(door.configMap("a").json).toMatchObject({
      status: "Failure",
      reason: "AlreadyExists",
      code: 409,
      message: 'configmaps "a" already exists'
    })
  })

  it.each([
    ["another namespace", configMaps, { metadata: { name: "x", namespace: "kube-system" } }, 400],
    ["another kind", configMaps, { kind: "Secret", metadata: { name: "x" } }, 400],
    ["another version", configMaps, { apiVersion: "v2", metadata: { name: "x" } }, 400],
    ["metadata that is no object", configMaps, { metadata: 5 }, 400],
    ["no name", configMaps, { metadata: {} }, 422],
    ["a body that is no object", configMaps, [1], 400],
    ["a body that is no JSON", configMaps, "{", 400],
    ["no body", configMaps, undefined, 400],
    ["a version", configMaps, { metadata: { name: "x", resourceVersion: "1" } }, 500],
    ["a namespace that is not there", "/api/v1/namespaces/nowhere/configmaps", { metadata: { name: "x" } }, 404],
    ["no namespace at all", "/api/v1/configmaps", { metadata: { name: "x" } }, 405]
  ])("refuses to create with %s", (_, path, body, code) => {
    const door = new TestDoor()
    const before = door.server.store.version
    expect(door.ask("POST", path, { body }).json).toMatchObject({ kind: "Status", code })
    expect(door.server.store.version).toBe(before)
  })

  it("refuses unknown fields strictly, or warns of them", () => {
    const door = new TestDoor()
    const body = { metadata: { name: "w" }, spec: { size: 1, bogus: true } }
    const strict = door.ask("POST", `${widgets}?fieldValidation=Strict`, { body })
    expect(strict.json).toMatchObject({
      code: 400,
      message: 'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.bogus"'
    })
    const warned = door.ask("POST", widgets, { body })
    expect(warned.status).toBe(201)
    expect(warned.headers["warning"]).toBe(String.raw`299 - "unknown field \"spec.bogus\""`)
    const ignored = door.ask("PUT", `${widgets}/w?fieldValidation=Ignore`, {
      body: { ...warned.json, spec: { size: 2, bogus: true } }
    })
    expect(ignored.headers["warning"]).toBeUndefined()
  })

  it("writes nothing on a dry run", () => {
    const door = new TestDoor()
    door.configMap("there")
    const before = door.server.store.version
    const made = door.ask("POST", `${configMaps}?dryRun=All`, { body: { metadata: { name: "dry" } } })
    expect(made.status).toBe(201)
    expect(made.json.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(door.ask("DELETE", `${configMaps}/there?dryRun=All`).status).toBe(200)
    expect(door.ask("DELETE", `${configMaps}/there`, { body: { dryRun: ["All"] } }).status).toBe(200)
    expect(door.ask("POST", `${configMaps}?dryRun=Some`, { body: {} }).json.code).toBe(422)
    expect(door.server.store.version).toBe(before)
  })

  it("replaces by PUT, with the stored version or with none", () => {
    const door = new TestDoor()
    const made = door.configMap("a", { k: "1" }).json
    const put = (body: object) => door.ask("PUT", `${configMaps}/a`, { body })
    expect(put({ ...made, data: { k: "2" } }).json.data).toEqual({ k: "2" })
    expect(put({ ...made, data: { k: "3" } }).json).toMatchObject({ code: 409, reason: "Conflict" })
    expect(put({ metadata: { name: "a" }, data: { k: "4" } }).status).toBe(200)
    expect(put({ metadata: { name: "b" } }).json.message).toBe(
      "the name of the object (b) does not match the name on the URL (a)"
    )
  })

  it("creates a Lease by PUT", () => {
    const door = new TestDoor()
    const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/leader"
    const reply = door.ask("PUT", path, { body: { metadata: { name: "leader" }, spec: { holderIdentity: "me" } } })
    expect(reply.status).toBe(201)
  })

  it("knows three kinds of patches, strategic ones for Kubernetes' own kinds alone", () => {
    const door = new TestDoor()
    door.configMap("a", { k: "1" })
    widget(door)
    const merged = door.ask("PATCH", `${configMaps}/a`, { body: { data: { l: "2" } }, headers: patch("merge") })
    expect(merged.json.data).toEqual({ k: "1", l: "2" })
    const operations = [
      { op: "test", path: "/data/k", value: "1" },
      { op: "remove", path: "/data/k" }
    ]
    const edited = door.ask("PATCH", `${configMaps}/a`, { body: operations, headers: patch("json") })
    expect(edited.json.data).toEqual({ l: "2" })
    expect(door.ask("PATCH", `${configMaps}/a`, { body: operations, headers: patch("json") }).json).toMatchObject({
      code: 422,
      reason: "Invalid"
    })
    const refused = door.ask("PATCH", `${widgets}/w`, { body: {}, headers: patch("strategic-merge") })
    expect(refused.json.code).toBe(415)
    expect(refused.json.message).not.toContain("strategic")
  })

  it.each([
    ["a merge patch that is no object", "merge", "[]"],
    ["a JSON patch that is no list", "json", "{}"],
    ["an operation without a path", "json", '[{"op":"remove"}]'],
    ["an operation that is none", "json", '[{"op":"fly","path":"/data"}]'],
    ["a move from nowhere", "json", '[{"op":"move","path":"/data"}]'],
    ["a strategic patch that is no object", "strategic-merge", "5"]
  ] as const)("refuses %s", (_, kind, body) => {
    const door = new TestDoor()
    door.configMap("a")
    expect(door.ask("PATCH", `${configMaps}/a`, { body, headers: patch(kind) }).json.code).toBe(400)
  })

  it("patches an object as it is shown at another version", () => {
    const door = new TestDoor()
    widget(door)
    const path = `${widgets.replace("/v1/", "/v1alpha1/")}/w`
    const reply = door.ask("PATCH", path, { body: { spec: { size: 7 } }, headers: patch("merge") })
    expect(reply.json).toMatchObject({ apiVersion: "conformance.capstan.dev/v1alpha1", spec: { size: 7 } })
    expect(door.ask("GET", `${widgets}/w`).json).toMatchObject({ spec: { size: 7 }, metadata: { generation: 2 } })
  })

  it("keeps status and the rest apart", () => {
    const door = new TestDoor()
    const made = widget(door).json
    const sent = { ...made, spec: { size: 9 }, status: { phase: "Ready" } }
    const status = door.ask("PUT", `${widgets}/w/status`, { body: sent })
    expect(status.json).toMatchObject({ spec: { size: 1 }, status: { phase: "Ready" } })
    const main = door.ask("PATCH", `${widgets}/w`, {
      body: { spec: { size: 2 }, status: { phase: "Lost" } },
      headers: patch("merge")
    })
    expect(main.json).toMatchObject({ spec: { size: 2 }, status: { phase: "Ready" } })
    expect(door.ask("GET", `${widgets}/w/status`).json.status).toEqual({ phase: "Ready" })
    expect(door.ask("GET", `${configMaps}/nobody/status`).status).toBe(404)
  })

  it("reads and writes scales, also without a content type as kubectl does", () => {
    const door = new TestDoor()
    widget(door)
    const scale = door.ask("GET", `${widgets}/w/scale`)
    expect(scale.json).toMatchObject({ kind: "Scale", apiVersion: "autoscaling/v1", spec: { replicas: 1 } })
    const patched = door.ask("PATCH", `${widgets}/w/scale`, {
      body: { spec: { replicas: 3 } },
      headers: patch("merge")
    })
    expect(patched.json).toMatchObject({ kind: "Scale", spec: { replicas: 3 } })
    const put = (replicas: number) =>
      door.ask("PUT", `${widgets}/w/scale`, {
        body: JSON.stringify({ ...patched.json, spec: { replicas } }),
        headers: { "content-type": "" }
      })
    expect(put(4).json.spec).toEqual({ replicas: 4 })
    expect(put(5).json.code).toBe(409)
    expect(door.ask("GET", `${widgets}/w`).json.spec.replicas).toBe(4)
  })

  it("answers a deletion with a Status when the object is gone, and with the object when it stays", () => {
    const door = new TestDoor()
    const gone = door.configMap("a").json
    expect(door.ask("DELETE", `${configMaps}/a`).json).toMatchObject({
      kind: "Status",
      status: "Success",
      details: { name: "a", kind: "configmaps", uid: gone.metadata.uid }
    })
    door.ask("POST", configMaps, { body: { metadata: { name: "held", finalizers: ["example.com/hold"] } } })
    const held = door.ask("DELETE", `${configMaps}/held`)
    expect(held.json.metadata).toMatchObject({ name: "held", deletionGracePeriodSeconds: 0 })
    const other = door.ask("DELETE", `${configMaps}/held`, { body: { preconditions: { uid: "somebody-else" } } })
    expect(other.json.code).toBe(409)
    expect(door.ask("DELETE", `${configMaps}/a`).json.code).toBe(404)
    expect(door.ask("DELETE", `${configMaps}/held?propagationPolicy=Sideways`).json.code).toBe(422)
  })

  it("deletes what a selector selects, and answers with the list", () => {
    const door = new TestDoor()
    door.configMap("a", {}, { app: "web" })
    door.configMap("b", {}, { app: "db" })
    const reply = door.ask("DELETE", `${configMaps}?labelSelector=app%3Dweb`)
    expect(reply.json.items.map((item: Loose) => item.metadata.name)).toEqual(["a"])
    expect(door.ask("GET", configMaps).json.items).toHaveLength(1)
    expect(door.ask("DELETE", "/api/v1/configmaps").json.code).toBe(405)
  })

  it("evicts Pods as their budgets allow", () => {
    const door = new TestDoor()
    const pods = "/api/v1/namespaces/default/pods"
    const pod = {
      metadata: { name: "p", labels: { app: "web" } },
      spec: { nodeName: "n", containers: [{ name: "c" }] }
    }
    door.ask("POST", pods, { body: pod })
    door.ask("PUT", `${pods}/p/status`, { body: { ...pod, status: { phase: "Running" } } })
    door.ask("POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets", {
      body: { metadata: { name: "all" }, spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } } }
    })
    door.kernel.run({ untilMillis: door.kernel.now() + 10_000 })
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p", creationTimestamp: null } }
    const refused = door.ask("POST", `${pods}/p/eviction`, { body: eviction })
    expect(refused.json).toMatchObject({
      code: 429,
      reason: "TooManyRequests",
      message: "Cannot evict pod as it would violate the pod's disruption budget."
    })
    door.ask("DELETE", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/all")
    const body = { ...eviction, deleteOptions: { gracePeriodSeconds: 0 } }
    expect(door.ask("POST", `${pods}/p/eviction`, { body }).status).toBe(201)
    expect(door.ask("GET", `${pods}/p`).status).toBe(404)
  })

  it.each([
    ["POST", `${configMaps}/a`],
    ["PUT", configMaps],
    ["PATCH", configMaps],
    ["OPTIONS", configMaps]
  ])("does not allow %s %s", (method, path) => {
    const door = new TestDoor()
    door.configMap("a")
    expect(door.ask(method, path, { body: {}, headers: patch("merge") }).json).toMatchObject({
      code: 405,
      reason: "MethodNotAllowed"
    })
  })

  it("refuses bodies of unknown types and of more than three megabytes", () => {
    const door = new TestDoor()
    const cbor = door.ask("POST", configMaps, { body: "x", headers: { "content-type": "application/cbor" } })
    expect(cbor.json).toMatchObject({ code: 415, reason: "UnsupportedMediaType" })
    const large = door.ask("POST", configMaps, { body: new Uint8Array(3 * 1024 * 1024 + 1) })
    expect(large.json).toMatchObject({
      code: 413,
      reason: "RequestEntityTooLarge",
      message: "Request entity too large: limit is 3145728"
    })
  })

  it("writes in the name of the field manager, or else of the agent", () => {
    const door = new TestDoor()
    const actors: Array<unknown> = []
    door.kernel.trace.subscribe((event) => void (event.kind === "write" && actors.push(event["actor"])))
    const headers = { "user-agent": "kubectl/v1.32.4 (linux/amd64) kubernetes/abc" }
    door.ask("POST", configMaps, { body: { metadata: { name: "a" } }, headers })
    door.ask("POST", `${configMaps}?fieldManager=kubectl-create`, { body: { metadata: { name: "b" } }, headers })
    expect(actors).toEqual(["kubectl", "kubectl-create"])
  })
})
