/** Who is let through the HTTP door, and to what. */
import { describe, expect, it } from "vitest"
import { configMaps, TestDoor, widgets } from "./TestDoor.ts"

const everywhere = [
  "/api",
  "/apis",
  "/api/v1",
  "/version",
  "/openapi/v3",
  "/",
  "/what",
  configMaps,
  `${configMaps}/a`,
  `${configMaps}?watch=true`,
  "/apis/nobody.example/v1/things"
]

const roles = "/apis/rbac.authorization.k8s.io/v1"

const grant = (door: TestDoor, rules: ReadonlyArray<object>, namespace?: string): void => {
  door.ask("POST", `${roles}/clusterroles`, { body: { metadata: { name: "some" }, rules } })
  const body = {
    metadata: { name: "some" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "some" },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "reader" }]
  }
  if (namespace === undefined) door.ask("POST", `${roles}/clusterrolebindings`, { body })
  else door.ask("POST", `${roles}/namespaces/${namespace}/rolebindings`, { body })
}

describe("access", () => {
  it.each(everywhere)("nobody without a token, or with a wrong one, gets past 401 at %s", (path) => {
    const door = new TestDoor()
    for (const headers of [
      {},
      { authorization: "Bearer wrong" },
      { authorization: "Basic YTpi" },
      { authorization: "Bearer " }
    ]) {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
        const reply = door.ask(method, path, { token: "", headers, body: {} })
        expect(reply.json).toEqual({
          kind: "Status",
          apiVersion: "v1",
          metadata: {},
          status: "Failure",
          message: "Unauthorized",
          reason: "Unauthorized",
          code: 401
        })
      }
    }
  })

  it("a user without roles sees what is served and nothing of it", () => {
    const door = new TestDoor()
    for (const path of ["/api", "/apis", "/version", "/openapi/v3"]) {
      expect(door.ask("GET", path, { token: "reader" }).status).toBe(200)
    }
    const refused = door.ask("GET", `${configMaps}/a`, { token: "reader" })
    expect(refused.json).toMatchObject({
      code: 403,
      reason: "Forbidden",
      message:
        'configmaps "a" is forbidden: User "reader" cannot get resource "configmaps" in API group "" in the namespace "default"',
      details: { name: "a", kind: "configmaps" }
    })
    expect(door.ask("GET", "/api/v1/nodes", { token: "reader" }).json.message).toBe(
      'nodes is forbidden: User "reader" cannot list resource "nodes" in API group "" at the cluster scope'
    )
    expect(door.ask("GET", "/metrics", { token: "reader" }).json.message).toBe(
      'forbidden: User "reader" cannot get path "/metrics"'
    )
  })

  it("a role gives its verbs, resources and names, and no more", () => {
    const door = new TestDoor()
    door.configMap("a")
    door.configMap("b")
    grant(door, [
      { verbs: ["get", "patch"], apiGroups: [""], resources: ["configmaps"], resourceNames: ["a"] },
      { verbs: ["*"], apiGroups: ["conformance.capstan.dev"], resources: ["widgets"] }
    ])
    const status = (method: string, path: string) =>
      door.ask(method, path, { token: "reader", body: { metadata: { name: "w" }, spec: { size: 1 } } }).status
    expect(status("GET", `${configMaps}/a`)).toBe(200)
    expect(status("GET", `${configMaps}/b`)).toBe(403)
    expect(status("GET", configMaps)).toBe(403)
    expect(status("DELETE", `${configMaps}/a`)).toBe(403)
    expect(status("POST", widgets)).toBe(201)
    expect(status("PUT", `${widgets}/w/status`)).toBe(403)
    expect(status("GET", "/apis/conformance.capstan.dev/v1/widgets")).toBe(200)
  })

  it("a binding in a namespace counts there alone", () => {
    const door = new TestDoor()
    grant(door, [{ verbs: ["list", "watch"], apiGroups: [""], resources: ["configmaps"] }], "default")
    expect(door.ask("GET", configMaps, { token: "reader" }).status).toBe(200)
    expect(door.ask("GET", "/api/v1/configmaps", { token: "reader" }).status).toBe(403)
    expect(door.ask("GET", "/api/v1/namespaces/kube-system/configmaps", { token: "reader" }).status).toBe(403)
  })

  it("who may, can speak as somebody else", () => {
    const door = new TestDoor()
    const headers = { "impersonate-user": "reader" }
    expect(door.ask("GET", configMaps, { headers }).json.message).toContain('User "reader" cannot list')
    const own = door.ask("GET", configMaps, { token: "reader", headers: { "impersonate-user": "admin" } })
    expect(own.json.message).toContain('User "reader" cannot impersonate resource "users"')
    const grouped = { "impersonate-user": "reader", "impersonate-group": "system:masters" }
    expect(door.ask("GET", configMaps, { headers: grouped }).status).toBe(200)
    expect(door.ask("GET", configMaps, { headers: { "impersonate-group": "system:masters" } }).status).toBe(400)
  })

  it("tells people what they may do", () => {
    const door = new TestDoor()
    grant(door, [{ verbs: ["get"], apiGroups: [""], resources: ["configmaps"] }])
    const review = (kind: string, spec: object, token: string) =>
      door.ask("POST", `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`, { token, body: { kind, spec } }).json
    const wish = { resourceAttributes: { verb: "get", resource: "configmaps", namespace: "default" } }
    expect(review("SelfSubjectAccessReview", wish, "reader").status).toEqual({ allowed: true })
    const other = { resourceAttributes: { ...wish.resourceAttributes, verb: "delete" } }
    expect(review("SelfSubjectAccessReview", other, "reader").status).toEqual({ allowed: false })
    expect(review("SubjectAccessReview", { user: "reader", ...wish }, "reader").code).toBe(403)
    expect(review("SubjectAccessReview", { user: "reader", ...wish }, "admin").status).toEqual({ allowed: true })
    expect(review("SelfSubjectRulesReview", { namespace: "default" }, "reader").status.resourceRules).toEqual([
      { verbs: ["get"], apiGroups: [""], resources: ["configmaps"] }
    ])
    const self = door.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", { token: "reader", body: {} })
    expect(self.json.status.userInfo).toEqual({ username: "reader", groups: ["system:authenticated"] })
  })

  it("gives tokens of service accounts, who may do what is bound to them", () => {
    const door = new TestDoor()
    const accounts = "/api/v1/namespaces/default/serviceaccounts"
    door.ask("POST", accounts, { body: { metadata: { name: "robot" } } })
    const asked = door.ask("POST", `${accounts}/robot/token`, { body: { spec: { expirationSeconds: 600 } } })
    expect(asked).toMatchObject({ status: 201, json: { kind: "TokenRequest", status: { token: "token-0-600" } } })
    const { token } = asked.json.status
    expect(door.ask("GET", configMaps, { token }).json.message).toContain(
      'User "system:serviceaccount:default:robot" cannot list'
    )
    door.ask("POST", `${roles}/namespaces/default/roles`, {
      body: { metadata: { name: "look" }, rules: [{ verbs: ["list"], apiGroups: [""], resources: ["configmaps"] }] }
    })
    door.ask("POST", `${roles}/namespaces/default/rolebindings`, {
      body: {
        metadata: { name: "look" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "look" },
        subjects: [{ kind: "ServiceAccount", name: "robot" }]
      }
    })
    expect(door.ask("GET", configMaps, { token }).status).toBe(200)
    expect(door.ask("POST", `${accounts}/nobody/token`, { body: {} }).status).toBe(404)
    expect(door.ask("POST", `${accounts}/robot/token`, { body: { spec: { expirationSeconds: 5 } } }).status).toBe(422)
    expect(door.ask("POST", `${accounts}/robot/token`, { token, body: {} }).status).toBe(403)
  })

  it("says nothing of tokens", () => {
    const door = new TestDoor()
    const said: Array<string> = []
    door.kernel.trace.subscribe((event) => void said.push(JSON.stringify(event)))
    const secret = "s3cr3t-token"
    const replies = everywhere.map((path) =>
      door.ask("GET", path, { token: secret, headers: { "impersonate-user": secret } })
    )
    expect([...said, ...replies.map(({ text }) => text)].filter((text) => text.includes(secret))).toEqual([])
  })
})
