import type { TraceEvent } from "@capstan/kernel"
import { assert, describe, it } from "@effect/vitest"
import { redactEvent, redactText, redactValue } from "../src/Redaction.ts"
import { recordedRun } from "./RecordedRun.ts"

const write = (resource: string, patch: unknown): TraceEvent => ({
  t: 1,
  seq: 1,
  cause: 0,
  kind: "write",
  api: "management",
  verb: "patch",
  resource,
  namespace: "default",
  name: "it",
  patch
})

/** Where a secret can stand, with a word that must not come through. */
const places: ReadonlyArray<{ readonly where: string; readonly event: TraceEvent; readonly canary: string }> = [
  {
    where: "a Secret's data",
    event: write("Secret", { kind: "Secret", data: { value: "Y2FuYXJ5" } }),
    canary: "Y2FuYXJ5"
  },
  {
    where: "a patch of a Secret that does not say its kind",
    event: write("Secret", { data: { value: "Y2FuYXJ5" } }),
    canary: "Y2FuYXJ5"
  },
  {
    where: "a Secret's stringData",
    event: write("Secret", { stringData: { "cloud-config": "canary" } }),
    canary: "canary"
  },
  {
    where: "the last applied text of a Secret",
    event: write("Secret", {
      metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": '{"data":{"a":"canary"}}' } }
    }),
    canary: "canary"
  },
  {
    where: "the join token of a KubeadmConfig",
    event: write("KubeadmConfig.bootstrap.cluster.x-k8s.io", {
      spec: { joinConfiguration: { discovery: { bootstrapToken: { token: "abcdef.0123456789abcdef" } } } }
    }),
    canary: "0123456789abcdef"
  },
  {
    where: "a file with its content in the open",
    event: write("KubeadmConfig.bootstrap.cluster.x-k8s.io", {
      spec: { files: [{ path: "/etc/x", content: "canary" }] }
    }),
    canary: "canary"
  },
  {
    where: "a user's password",
    event: write("KubeadmConfig.bootstrap.cluster.x-k8s.io", { spec: { users: [{ name: "a", passwd: "canary" }] } }),
    canary: "canary"
  },
  {
    where: "user data of a call",
    event: { t: 1, seq: 1, cause: 0, kind: "aws", operation: "RunInstances", request: { UserData: "canary" } },
    canary: "canary"
  },
  {
    where: "a secret of a call",
    event: {
      t: 1,
      seq: 1,
      cause: 0,
      kind: "aws",
      operation: "CreateSecret",
      request: { SecretBinary: "canary", SecretString: "canary" }
    },
    canary: "canary"
  },
  {
    where: "bytes of a secret of a call",
    event: { t: 1, seq: 1, cause: 0, kind: "aws", operation: "CreateSecret", request: { SecretBinary: [201, 202] } },
    canary: "201"
  },
  {
    where: "credentials that a call answered with",
    event: { t: 1, seq: 1, cause: 0, kind: "aws", answer: { SecretAccessKey: "canary", SessionToken: "canary" } },
    canary: "canary"
  },
  {
    where: "the words of an error",
    event: {
      t: 1,
      seq: 1,
      cause: 0,
      kind: "reconcile.failed",
      message: "refused: Authorization: Bearer canary-canary"
    },
    canary: "canary"
  },
  {
    where: "an address with a password",
    event: { t: 1, seq: 1, cause: 0, kind: "log", message: "GET https://user:canary@host/" },
    canary: "canary"
  },
  {
    where: "a private key in an annotation",
    event: write("ConfigMap", {
      data: { x: "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----" }
    }),
    canary: "canary"
  },
  {
    where: "a list of Secrets",
    event: write("List", { items: [{ kind: "Secret", data: { a: "canary" } }] }),
    canary: "canary"
  }
]

describe("redactEvent", () => {
  it.each(places)("takes out $where", ({ canary, event }) => {
    assert.include(JSON.stringify(event), canary)
    assert.notInclude(JSON.stringify(redactEvent(event)), canary)
  })

  it("keeps time, number, cause, kind and the names of a Secret's fields", () => {
    const event = { ...write("Secret", { data: { "tls.crt": "a", "tls.key": "b" } }), cause: 0 }
    const told = redactEvent(event)
    assert.deepStrictEqual([told.t, told.seq, told.cause, told.kind], [1, 1, 0, "write"])
    assert.deepStrictEqual(told["patch"], { data: { "tls.crt": "[redacted]", "tls.key": "[redacted]" } })
  })

  it("keeps a null in a Secret's data, which takes a field away", () => {
    assert.deepStrictEqual(redactEvent(write("Secret", { data: { a: null } }))["patch"], { data: { a: null } })
  })

  it("leaves a run's events of other kinds as they are, tokens apart", () => {
    const { events } = recordedRun("worker-instance-kill")
    const changed = events.filter((event) => JSON.stringify(redactEvent(event)) !== JSON.stringify(event))
    const resources = new Set(changed.map((event) => String(event["resource"]).split(".")[0]))
    assert.isAbove(changed.length, 0)
    assert.deepStrictEqual(
      [...resources].filter(
        (each) =>
          !["Secret", "KubeadmConfig", "KubeadmConfigTemplate", "KubeadmControlPlane", "ConfigMap"].includes(each ?? "")
      ),
      []
    )
  })
})

describe("redactText", () => {
  it.each([
    "capi-quickstart-md-0-lcv4p-4hfx2.1a46e83372827281",
    "ip-10-0-64-4.ap-northeast-2.compute.internal",
    "the lock token is held by capi-quickstart-control-plane-b4zms",
    "sha256:1f7fb40b7153dd84b7e2ae6596865758361ba87d6bed1112a2d3a1f641eea386"
  ])("leaves '%s' alone", (text) => {
    assert.strictEqual(redactText(text), text)
  })

  it("finds an access key and a JSON web token in the middle of a sentence", () => {
    assert.strictEqual(
      redactText("with AKIAIOSFODNN7EXAMPLE and eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2ln here"),
      "with [redacted] and [redacted] here"
    )
  })
})

describe("redactValue", () => {
  it("leaves numbers, truth values, null and empty things as they are", () => {
    const value = { a: 1, b: true, c: null, d: [], e: {}, f: [1, [2]] }
    assert.deepStrictEqual(redactValue(value), value)
  })
})
