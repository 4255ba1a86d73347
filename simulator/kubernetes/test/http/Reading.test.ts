/** GETs through the HTTP door: objects, lists, tables, pages, versions, selectors. */
import { describe, expect, it } from "vitest"
import { configMaps, type Loose, TestDoor, widgets } from "./TestDoor.ts"

const tableType = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
const partialType = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"

const filled = (): TestDoor => {
  const door = new TestDoor()
  for (const name of ["a", "b", "c", "d", "e"])
    door.configMap(name, { k: name }, { app: name < "c" ? "web" : "db", n: "1" })
  return door
}

const names = (reply: { readonly json: Loose }): ReadonlyArray<string> =>
  reply.json.items.map((item: Loose) => item.metadata.name)

describe("reading through the door", () => {
  it("gives an object as JSON with a newline behind it", () => {
    const reply = filled().ask("GET", `${configMaps}/a`)
    expect(reply.status).toBe(200)
    expect(reply.text.endsWith("}\n")).toBe(true)
    expect(reply.json).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { k: "a" } })
  })

  it("lists with the version of the store, in order", () => {
    const door = filled()
    const reply = door.ask("GET", configMaps)
    expect(names(reply)).toEqual(["a", "b", "c", "d", "e"])
    expect(reply.json).toMatchObject({
      kind: "ConfigMapList",
      apiVersion: "v1",
      metadata: { resourceVersion: String(door.server.store.version) }
    })
  })

  it.each([
    ["app=web", ["a", "b"]],
    ["app==web", ["a", "b"]],
    ["app!=web", ["c", "d", "e"]],
    ["app in (web, cache)", ["a", "b"]],
    ["app notin (web)", ["c", "d", "e"]],
    ["app", ["a", "b", "c", "d", "e"]],
    ["!app", []],
    ["missing!=x", ["a", "b", "c", "d", "e"]],
    ["n>0", ["a", "b", "c", "d", "e"]],
    ["n<1", []],
    ["app=web,n=1", ["a", "b"]],
    ["", ["a", "b", "c", "d", "e"]]
  ])("selects labels by '%s'", (selector, expected) => {
    expect(names(filled().ask("GET", `${configMaps}?labelSelector=${encodeURIComponent(selector)}`))).toEqual(expected)
  })

  it.each([
    ["metadata.name=b", ["b"]],
    ["metadata.name!=b", ["a", "c", "d", "e"]],
    ["metadata.name==b,metadata.namespace=default", ["b"]]
  ])("selects fields by '%s'", (selector, expected) => {
    expect(names(filled().ask("GET", `${configMaps}?fieldSelector=${encodeURIComponent(selector)}`))).toEqual(expected)
  })

  it.each([
    ["labelSelector=a%20in%20b", "unable to parse requirement: found 'b' expected: '('"],
    ["fieldSelector=spec.x%3D1", '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    ["resourceVersion=abc", 'invalid resource version: resourceVersion: Invalid value: "abc"'],
    ["continue=junk", "invalid continue token: continue key is not valid"]
  ])("refuses %s", (query, message) => {
    const { json, status } = filled().ask("GET", `${configMaps}?${query}`)
    expect({ status, reason: json.reason }).toEqual({ status: 400, reason: "BadRequest" })
    expect(json.message).toContain(message)
  })

  it("shows every page as of the first one", () => {
    const door = filled()
    const first = door.ask("GET", `${configMaps}?limit=2`)
    door.configMap("bb")
    door.ask("DELETE", `${configMaps}/d`)
    const second = door.ask("GET", `${configMaps}?limit=2&continue=${first.json.metadata.continue}`)
    const third = door.ask("GET", `${configMaps}?limit=2&continue=${second.json.metadata.continue}`)
    expect([first, second, third].flatMap(names)).toEqual(["a", "b", "c", "d", "e"])
    expect(third.json.metadata.continue).toBeUndefined()
    expect(third.json.metadata.resourceVersion).toBe(first.json.metadata.resourceVersion)
  })

  it("lists at an exact version, and says when it is forgotten or yet to come", () => {
    const door = filled()
    const version = door.server.store.version
    door.configMap("later")
    const then = door.ask("GET", `${configMaps}?resourceVersion=${version}&resourceVersionMatch=Exact`)
    expect(names(then)).toEqual(["a", "b", "c", "d", "e"])
    expect(then.json.metadata.resourceVersion).toBe(String(version))
    const future = door.ask("GET", `${configMaps}?resourceVersion=${version + 100}`)
    expect(future.json).toMatchObject({
      code: 504,
      reason: "Timeout",
      message: `Timeout: Too large resource version: ${version + 100}, current: ${version + 1}`
    })
    expect(future.headers["retry-after"]).toBe("1")
    for (let i = 0; i < 60; i++) door.configMap(`more-${i}`)
    const gone = door.ask("GET", `${configMaps}?resourceVersion=${version}&resourceVersionMatch=Exact`)
    expect(gone.json).toMatchObject({ code: 410, reason: "Expired" })
  })

  it("shows tables with computed cells, ages and the objects' metadata", () => {
    const door = filled()
    door.kernel.advanceTo(door.kernel.now() + 195_000)
    const { json } = door.ask("GET", configMaps, { headers: { accept: tableType } })
    expect(json.kind).toBe("Table")
    expect(json.columnDefinitions.map((column: Loose) => column.name)).toEqual(["Name", "Data", "Age"])
    expect(json.rows[0].cells).toEqual(["a", 1, "3m15s"])
    expect(json.rows[0].object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "a" } })
    const none = door.ask("GET", `${configMaps}?includeObject=None`, { headers: { accept: tableType } })
    expect(none.json.rows[0]).toEqual({ cells: ["a", 1, "3m15s"] })
  })

  it("shows metadata alone", () => {
    const { json } = filled().ask("GET", configMaps, { headers: { accept: partialType } })
    expect(json.kind).toBe("PartialObjectMetadataList")
    expect(Object.keys(json.items[0]).sort()).toEqual(["apiVersion", "kind", "metadata"])
  })

  it("passes over what it cannot make and refuses a list without JSON", () => {
    const door = filled()
    const mixed = door.ask("GET", `${configMaps}/a`, {
      headers: { accept: "application/vnd.kubernetes.protobuf,application/json" }
    })
    expect(mixed.status).toBe(200)
    const refused = door.ask("GET", `${configMaps}/a`, { headers: { accept: "application/cbor" } })
    expect(refused.json).toMatchObject({ code: 406, reason: "NotAcceptable" })
  })

  it("shows an object at another version that is served", () => {
    const door = new TestDoor()
    door.ask("POST", widgets, { body: { metadata: { name: "w" }, spec: { size: 1 } } })
    const old = door.ask("GET", `${widgets.replace("/v1/", "/v1alpha1/")}/w`)
    expect(old.json.apiVersion).toBe("conformance.capstan.dev/v1alpha1")
    expect(old.json.spec.size).toBe(1)
  })

  it("knows no kind, group or path that it does not serve", () => {
    const door = new TestDoor()
    for (const path of ["/apis/nobody.example/v1/things", "/api/v2/pods", "/what"]) {
      expect(door.ask("GET", path)).toMatchObject({ status: 404, text: "404 page not found\n" })
    }
    for (const path of ["/api/v1/namespaces/default/things", "/api/v1/namespaces/default/nodes"]) {
      expect(door.ask("GET", path).json).toMatchObject({
        code: 404,
        message: "the server could not find the requested resource",
        details: {}
      })
    }
    expect(door.ask("GET", `${configMaps}/nobody`).json).toMatchObject({
      code: 404,
      reason: "NotFound",
      message: 'configmaps "nobody" not found',
      details: { name: "nobody", kind: "configmaps" }
    })
  })
})
