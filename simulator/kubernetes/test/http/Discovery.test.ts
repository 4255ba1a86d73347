/** What the HTTP door says of itself: discovery in both forms, versions, health, OpenAPI. */
import { describe, expect, it } from "vitest"
import { type Loose, TestDoor } from "./TestDoor.ts"

const aggregated =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

describe("discovery", () => {
  it("is one document for who can read it, with a tag that makes the next one short", () => {
    const door = new TestDoor()
    const reply = door.ask("GET", "/apis?timeout=32s", { headers: { accept: aggregated } })
    expect(reply.headers["content-type"]).toBe("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
    expect(reply.json).toMatchObject({ kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2" })
    const group = reply.json.items.find((item: Loose) => item.metadata.name === "conformance.capstan.dev")
    expect(group.versions.map((version: Loose) => version.version)).toEqual(["v1", "v1alpha1"])
    expect(group.versions[0].resources.find((each: Loose) => each.resource === "widgets")).toMatchObject({
      responseKind: { group: "conformance.capstan.dev", version: "v1", kind: "Widget" },
      scope: "Namespaced",
      singularResource: "widget",
      verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
      subresources: [
        { subresource: "scale", responseKind: { group: "autoscaling", version: "v1", kind: "Scale" } },
        { subresource: "status" }
      ]
    })
    const again = door.ask("GET", "/apis", {
      headers: { accept: aggregated, "if-none-match": reply.headers["etag"] ?? "" }
    })
    expect(again).toMatchObject({ status: 304, text: "" })
  })

  it("goes group by group for the others", () => {
    const door = new TestDoor()
    expect(door.ask("GET", "/api").json).toMatchObject({ kind: "APIVersions", versions: ["v1"] })
    const groups = door.ask("GET", "/apis").json
    expect(groups.kind).toBe("APIGroupList")
    expect(groups.groups.find((each: Loose) => each.name === "conformance.capstan.dev")).toMatchObject({
      preferredVersion: { groupVersion: "conformance.capstan.dev/v1", version: "v1" }
    })
    expect(door.ask("GET", "/apis/policy").json).toMatchObject({ kind: "APIGroup", name: "policy" })
    const core = door.ask("GET", "/api/v1").json
    expect(core.resources.map((each: Loose) => each.name)).toContain("pods/eviction")
    const rest = door.ask("GET", "/apis/conformance.capstan.dev/v1").json
    expect(rest.resources.map((each: Loose) => each.name)).toEqual([
      "plants",
      "widgets",
      "widgets/scale",
      "widgets/status"
    ])
    expect(door.ask("GET", "/apis/nobody.example").status).toBe(404)
    expect(door.ask("GET", "/apis/policy/v9").status).toBe(404)
  })

  it("tells its version and its health, the latter to everybody", () => {
    const door = new TestDoor()
    expect(door.ask("GET", "/version").json.gitVersion).toMatch(/^v\d+\.\d+\.\d+$/)
    for (const path of ["/healthz", "/livez", "/readyz?verbose"]) {
      expect(door.ask("GET", path, { token: "" })).toMatchObject({ status: 200, text: "ok" })
    }
  })
})

describe("OpenAPI v3", () => {
  it("has an index of documents, each under its hash", () => {
    const door = new TestDoor()
    const { paths } = door.ask("GET", "/openapi/v3").json
    const url = paths["apis/conformance.capstan.dev/v1"].serverRelativeURL
    expect(url).toMatch(/^\/openapi\/v3\/apis\/conformance\.capstan\.dev\/v1\?hash=[0-9A-F]{32}$/)
    const document = door.ask("GET", url).json
    const schema = document.components.schemas["dev.capstan.conformance.v1.Widget"]
    expect(schema["x-kubernetes-group-version-kind"]).toEqual([
      { group: "conformance.capstan.dev", version: "v1", kind: "Widget" }
    ])
    expect(schema.properties.spec.properties.size).toMatchObject({ type: "integer", minimum: 1, maximum: 100 })
    const patch = document.paths["/apis/conformance.capstan.dev/v1/namespaces/{namespace}/widgets/{name}"].patch
    expect(patch.parameters.map((each: Loose) => each.name)).toContain("fieldValidation")
    for (const [, text] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(document.components.schemas)).toContain(text)
    }
  })

  it("knows no other version and no group that is not served", () => {
    const door = new TestDoor()
    expect(door.ask("GET", "/openapi/v2").status).toBe(404)
    expect(door.ask("GET", "/openapi/v3/apis/nobody.example/v1").status).toBe(404)
  })
})
