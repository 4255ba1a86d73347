/** Server-side apply through the HTTP door: merging, owning, conflicts, taking away. */
import { describe, expect, it } from "vitest"
import { configMaps, type Reply, TestDoor, widgets } from "./TestDoor.ts"

const headers = { "content-type": "application/apply-patch+yaml" }

const apply = (door: TestDoor, manager: string, body: object, query = ""): Reply =>
  door.ask("PATCH", `${configMaps}/c?fieldManager=${manager}${query}`, {
    headers,
    body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, ...body }
  })

const widget = (door: TestDoor, manager: string, spec: object, query = ""): Reply =>
  door.ask("PATCH", `${widgets}/w?fieldManager=${manager}${query}`, {
    headers,
    body: { apiVersion: "conformance.capstan.dev/v1", kind: "Widget", metadata: { name: "w" }, spec }
  })

const owners = (reply: Reply): object =>
  Object.fromEntries(
    reply.json.metadata.managedFields.map((entry: { manager: string; operation: string; fieldsV1: object }) => [
      `${entry.manager} ${entry.operation}`,
      entry.fieldsV1
    ])
  )

describe("server-side apply", () => {
  it("makes what is not there, and owns what it said", () => {
    const reply = apply(new TestDoor(), "alice", { data: { a: "1" } })
    expect(reply.status).toBe(201)
    expect(reply.json.metadata.managedFields).toMatchObject([
      {
        manager: "alice",
        operation: "Apply",
        apiVersion: "v1",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": { "f:a": {} } }
      }
    ])
  })

  it("reads YAML too", () => {
    const door = new TestDoor()
    const body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: '1'\n"
    const reply = door.ask("PATCH", `${configMaps}/c?fieldManager=alice`, { headers, body })
    expect(reply.json.data).toEqual({ a: "1" })
    const bomb = "a: &a [x,x]\nb: [*a,*a]\n"
    expect(door.ask("PATCH", `${configMaps}/c?fieldManager=alice`, { headers, body: bomb }).json.code).toBe(400)
  })

  it("leaves everybody their own, and takes away what its manager no longer says", () => {
    const door = new TestDoor()
    apply(door, "alice", { data: { a: "1", shared: "s" } })
    apply(door, "bob", { data: { b: "2", shared: "s" } })
    const reply = apply(door, "alice", { data: { c: "3" } })
    expect(reply.json.data).toEqual({ b: "2", c: "3", shared: "s" })
    expect(owners(reply)).toEqual({
      "bob Apply": { "f:data": { "f:b": {}, "f:shared": {} } },
      "alice Apply": { "f:data": { "f:c": {} } }
    })
  })

  it("writes nothing when nothing is new", () => {
    const door = new TestDoor()
    const first = apply(door, "alice", { data: { a: "1" } })
    door.kernel.advanceTo(door.kernel.now() + 60_000)
    const again = apply(door, "alice", { data: { a: "1" } })
    expect(again.text).toBe(first.text)
    expect(again.status).toBe(200)
  })

  it("conflicts with whoever wants another value, and wins by force", () => {
    const door = new TestDoor()
    apply(door, "alice", { data: { a: "1", b: "1" } })
    const one = apply(door, "bob", { data: { a: "2" } })
    expect(one.json).toMatchObject({
      code: 409,
      reason: "Conflict",
      message: 'Apply failed with 1 conflict: conflict with "alice": .data.a',
      details: {
        causes: [{ reason: "FieldManagerConflict", message: 'conflict with "alice"', field: ".data.a" }]
      }
    })
    const two = apply(door, "bob", { data: { a: "2", b: "2" } })
    expect(two.json.message).toBe('Apply failed with 2 conflicts: conflicts with "alice":\n- .data.a\n- .data.b')
    const forced = apply(door, "bob", { data: { a: "2" } }, "&force=true")
    expect(forced.json.data).toEqual({ a: "2", b: "1" })
    expect(owners(forced)).toEqual({
      "alice Apply": { "f:data": { "f:b": {} } },
      "bob Apply": { "f:data": { "f:a": {} } }
    })
  })

  it("gives a field to whoever changes it by other means", () => {
    const door = new TestDoor()
    apply(door, "alice", { data: { a: "1", b: "1" } })
    const edited = door.ask("PATCH", `${configMaps}/c?fieldManager=mallory`, {
      headers: { "content-type": "application/merge-patch+json" },
      body: { data: { a: "9" } }
    })
    expect(owners(edited)).toEqual({
      "alice Apply": { "f:data": { "f:b": {} } },
      "mallory Update": { "f:data": { "f:a": {} } }
    })
    const refused = apply(door, "alice", { data: { a: "1", b: "1" } })
    expect(refused.json.message).toBe('Apply failed with 1 conflict: conflict with "mallory" using v1: .data.a')
  })

  it("counts an object of before as somebody's", () => {
    const door = new TestDoor()
    door.server.create(kindOf(door), { metadata: { name: "c", namespace: "default" }, data: { a: "1" } } as never)
    const refused = apply(door, "alice", { data: { a: "2" } })
    expect(refused.json.message).toContain('conflict with "before-first-apply" using v1: .data.a')
    expect(apply(door, "alice", { data: { a: "1", b: "2" } }).json.data).toEqual({ a: "1", b: "2" })
  })

  it("merges lists by their keys and sets by their values", () => {
    const door = new TestDoor()
    widget(door, "alice", {
      size: 1,
      parts: [
        { name: "a", count: 1 },
        { name: "b", count: 2 }
      ],
      tags: ["x"]
    })
    const reply = widget(door, "bob", { parts: [{ name: "c", count: 3 }], tags: ["y"] })
    expect(reply.json.spec).toMatchObject({
      parts: [
        { name: "a", count: 1 },
        { name: "b", count: 2 },
        { name: "c", count: 3 }
      ],
      tags: ["x", "y"]
    })
    const gone = widget(door, "alice", { size: 1, parts: [{ name: "b", count: 2 }] })
    expect(gone.json.spec.parts.map((part: { name: string }) => part.name)).toEqual(["b", "c"])
    expect(gone.json.spec.tags).toEqual(["y"])
    const refused = widget(door, "bob", { parts: [{ name: "b", count: 9 }] })
    expect(refused.json.message).toBe(
      'Apply failed with 1 conflict: conflict with "alice": .spec.parts[name="b"].count'
    )
  })

  it("gives a dropped field its default back", () => {
    const door = new TestDoor()
    widget(door, "alice", { size: 1, replicas: 5 })
    expect(widget(door, "alice", { size: 1 }).json.spec.replicas).toBe(1)
  })

  it("keeps status to itself", () => {
    const door = new TestDoor()
    widget(door, "alice", { size: 1 })
    const reply = door.ask("PATCH", `${widgets}/w/status?fieldManager=controller`, {
      headers,
      body: {
        apiVersion: "conformance.capstan.dev/v1",
        kind: "Widget",
        metadata: { name: "w" },
        spec: { size: 50 },
        status: { phase: "Ready" }
      }
    })
    expect(reply.json).toMatchObject({ spec: { size: 1 }, status: { phase: "Ready" } })
    expect(reply.json.metadata.managedFields.at(-1)).toMatchObject({
      manager: "controller",
      subresource: "status",
      fieldsV1: { "f:status": { "f:phase": {} } }
    })
  })

  it("lets managed fields be reset and replaced, but not with nonsense", () => {
    const door = new TestDoor()
    apply(door, "alice", { data: { a: "1" } })
    const set = (value: unknown) =>
      door.ask("PATCH", `${configMaps}/c`, {
        headers: { "content-type": "application/json-patch+json" },
        body: [{ op: "replace", path: "/metadata/managedFields", value }]
      })
    const entry = {
      manager: "x",
      operation: "Apply",
      apiVersion: "v1",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:data": { "f:a": {} } }
    }
    expect(owners(set([entry]))).toEqual({ "x Apply": { "f:data": { "f:a": {} } } })
    for (const wrong of [5, [5], [{ ...entry, operation: "Sing" }], [{ ...entry, fieldsV1: { "k:{": {} } }]]) {
      expect(set(wrong).json.code).toBe(400)
    }
    expect(set([{}]).json.metadata.managedFields).toBeUndefined()
  })

  it("refuses what an apply may not be", () => {
    const door = new TestDoor()
    expect(apply(door, "", {}).json.message).toContain("is required for apply patch")
    expect(apply(door, "alice", { metadata: { name: "other" } }).json.code).toBe(400)
    expect(apply(door, "alice", { metadata: { name: "c", managedFields: [] } }).json.message).toBe(
      "metadata.managedFields must be nil"
    )
    apply(door, "alice", { data: { a: "1" } })
    expect(apply(door, "alice", { metadata: { name: "c", resourceVersion: "1" } }).json.code).toBe(409)
    expect(widget(door, "alice", { size: 1, bogus: 2 }).json).toMatchObject({
      code: 500,
      message:
        "failed to create typed patch object (/w; conformance.capstan.dev/v1, Kind=Widget): .spec.bogus: field not declared in schema"
    })
  })

  it("tells a dry run's result and writes nothing", () => {
    const door = new TestDoor()
    const before = door.server.store.version
    expect(apply(door, "alice", { data: { a: "1" } }, "&dryRun=All").status).toBe(201)
    expect(door.server.store.version).toBe(before)
  })
})

const kindOf = (door: TestDoor) => {
  const collection = door.server.store.collections.get("ConfigMap")
  if (collection === undefined) throw new Error("ConfigMaps are always served")
  return collection.kind
}
