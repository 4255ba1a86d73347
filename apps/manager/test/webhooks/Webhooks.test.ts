/** The webhooks as an API server calls them: over HTTPS on loopback, trusting what the manager says is to be trusted. */
import { clusterApiKinds, makeKindRegistry } from "@capstan/api"
import { createServingPair } from "@capstan/certificates-live"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "node:https"
import { serveWebhooks } from "../../src/webhooks/WebhookServer.ts"

interface Answer {
  readonly status: number
  readonly body: string
}

type Post = (
  path: string,
  body: string,
  wish?: { readonly type?: string; readonly method?: string }
) => Effect.Effect<Answer>

/** A server with a certificate, and a way to call it that checks the certificate. */
const served = Effect.gen(function* () {
  const server = yield* serveWebhooks({ host: "127.0.0.1", port: 0 }, makeKindRegistry(clusterApiKinds))
  const pair = yield* createServingPair({ commonName: "webhooks", names: ["127.0.0.1"] })
  yield* Effect.fromResult(server.show(pair))
  const post: Post = (path, body, { method = "POST", type = "application/json" } = {}) =>
    Effect.callback((resume) => {
      const call = request(`${server.origin}${path}`, {
        method,
        ca: pair.authority,
        headers: { "content-type": type },
        agent: false
      })
      call.on("response", (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("end", () =>
          resume(Effect.succeed({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }))
        )
      })
      call.on("error", (error) => resume(Effect.die(error)))
      call.end(body)
    })
  return { server, post, pair }
})

const machineDeployment = (spec: object, metadata: object = {}) => ({
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "MachineDeployment",
  metadata: { name: "md", namespace: "default", creationTimestamp: null, ...metadata },
  spec: {
    clusterName: "one",
    replicas: 1,
    selector: { matchLabels: {} },
    template: {
      spec: {
        clusterName: "one",
        version: "1.34.0",
        bootstrap: { dataSecretName: "data" },
        infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "AWSMachineTemplate", name: "md" }
      }
    },
    ...spec
  }
})

const review = (request: { readonly [field: string]: unknown }, kind = "MachineDeployment") =>
  JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      kind: { group: "cluster.x-k8s.io", version: "v1beta2", kind },
      resource: { group: "cluster.x-k8s.io", version: "v1beta2", resource: `${kind.toLowerCase()}s` },
      requestKind: { group: "cluster.x-k8s.io", version: "v1beta2", kind },
      name: "md",
      namespace: "default",
      operation: "CREATE",
      userInfo: { username: "kubernetes-admin" },
      oldObject: null,
      dryRun: false,
      ...request
    }
  })

const paths = {
  mutate: "/mutate-cluster-x-k8s-io-v1beta2-machinedeployment",
  validate: "/validate-cluster-x-k8s-io-v1beta2-machinedeployment",
  convert: "/convert"
} as const

const responseIn = ({ body }: Answer) =>
  (JSON.parse(body) as { readonly response: { readonly [field: string]: unknown } }).response

describe("the webhooks", () => {
  it.live("fill in what upstream's fill in, as a JSON patch", () =>
    Effect.gen(function* () {
      const { post } = yield* served
      const answer = yield* post(paths.mutate, review({ object: machineDeployment({}) }))
      const response = responseIn(answer)
      assert.strictEqual(answer.status, 200)
      assert.include(response, { uid: "705ab4f5-6393-11e8-b7cc-42010a800002", allowed: true, patchType: "JSONPatch" })
      const patch = JSON.parse(
        Buffer.from(String(response["patch"]), "base64").toString("utf8")
      ) as ReadonlyArray<unknown>
      assert.deepInclude(patch, {
        op: "add",
        path: "/spec/selector/matchLabels/cluster.x-k8s.io~1cluster-name",
        value: "one"
      })
      assert.deepInclude(patch, { op: "replace", path: "/spec/template/spec/version", value: "v1.34.0" })
    })
  )

  it.live("refuse with the field, the reason and the words that the API has in process", () =>
    Effect.gen(function* () {
      const { post } = yield* served
      const object = machineDeployment({ selector: { matchLabels: { a: "b" } }, replicas: -1 })
      const response = responseIn(yield* post(paths.validate, review({ object })))
      assert.isFalse(response["allowed"])
      const status = response["status"] as {
        readonly code: number
        readonly reason: string
        readonly message: string
        readonly details: { readonly causes: ReadonlyArray<object> }
      }
      assert.strictEqual(status.code, 422)
      assert.strictEqual(status.reason, "Invalid")
      assert.match(status.message, /^MachineDeployment\.cluster\.x-k8s\.io "md" is invalid: \[/)
      assert.deepInclude(status.details.causes, {
        reason: "FieldValueForbidden",
        message: "Forbidden: cannot be negative",
        field: "spec.replicas"
      })
      assert.include(
        status.details.causes.map((cause) => (cause as { readonly field: string }).field),
        "spec.template.metadata.labels"
      )
    })
  )

  it.live("refuse the change of an immutable field, and let other changes pass", () =>
    Effect.gen(function* () {
      const { post } = yield* served
      const labels = { "cluster.x-k8s.io/cluster-name": "one", "cluster.x-k8s.io/deployment-name": "md" }
      const whole = (spec: object) => {
        const object = machineDeployment({ selector: { matchLabels: labels }, ...spec })
        const template = { metadata: { labels }, spec: { ...object.spec.template.spec, version: "v1.34.0" } }
        return { ...object, spec: { ...object.spec, template } }
      }
      const ask = (spec: object) =>
        Effect.map(
          post(paths.validate, review({ operation: "UPDATE", object: whole(spec), oldObject: whole({}) })),
          responseIn
        )
      const moved = yield* ask({ clusterName: "two" })
      assert.isFalse(moved["allowed"])
      assert.include(JSON.stringify(moved), '"field":"spec.clusterName"')
      assert.include(JSON.stringify(moved), "field is immutable")
      assert.isTrue((yield* ask({ replicas: 3 }))["allowed"])
    })
  )

  it.live("hold what came in an older version against the storage version's schema", () =>
    Effect.gen(function* () {
      const { post } = yield* served
      const object = machineDeployment({ replicas: "three" })
      const requestKind = { group: "cluster.x-k8s.io", version: "v1beta1", kind: "MachineDeployment" }
      const response = responseIn(yield* post(paths.validate, review({ object, requestKind })))
      assert.isFalse(response["allowed"])
      assert.include(JSON.stringify(response), '"field":"spec.replicas"')
    })
  )

  it.live("convert both ways, and lose nothing on the way there and back", () =>
    Effect.gen(function* () {
      const { post } = yield* served
      const convert = (desiredAPIVersion: string, ...objects: ReadonlyArray<unknown>) => {
        const request = { uid: "1", desiredAPIVersion, objects }
        const body = { kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1", request }
        return Effect.map(post(paths.convert, JSON.stringify(body)), responseIn)
      }
      const stored = {
        apiVersion: "cluster.x-k8s.io/v1beta2",
        kind: "Cluster",
        metadata: { name: "one", namespace: "default", uid: "u", creationTimestamp: null, generation: 1 },
        spec: {
          infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "AWSCluster", name: "one" },
          availabilityGates: [{ conditionType: "X", polarity: "Negative" }]
        }
      }
      const down = yield* convert("cluster.x-k8s.io/v1beta1", stored)
      assert.deepStrictEqual(down["result"], { status: "Success" })
      const [older] = down["convertedObjects"] as ReadonlyArray<typeof stored>
      assert.include(JSON.stringify(older?.spec), '"apiVersion":"infrastructure.cluster.x-k8s.io/v1beta2"')
      assert.deepInclude(older?.metadata, { name: "one", uid: "u", creationTimestamp: null, generation: 1 })
      const up = yield* convert("cluster.x-k8s.io/v1beta2", older)
      assert.deepStrictEqual(up["convertedObjects"], [stored])

      const foreign = yield* convert("example.org/v1", stored, older)
      assert.strictEqual((foreign["result"] as { readonly status: string }).status, "Failure")
      assert.deepStrictEqual(foreign["convertedObjects"], [])
      // Only read, never written.
      const ancient = yield* convert("cluster.x-k8s.io/v1alpha3", stored)
      assert.include(JSON.stringify(ancient["result"]), "is not written in cluster.x-k8s.io/v1alpha3")
    })
  )

  it.live.each([
    ["no JSON", paths.validate, "{", {}, 400],
    ["another document", paths.validate, '{"kind":"Pod","apiVersion":"v1"}', {}, 400],
    [
      "a review without a request",
      paths.mutate,
      '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}',
      {},
      400
    ],
    [
      "a review of a version that is not spoken",
      paths.convert,
      '{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v1beta1"}',
      {},
      400
    ],
    ["a body of another type", paths.validate, "a: b", { type: "application/yaml" }, 400],
    ["a body beyond the limit", paths.validate, " ".repeat(8 * 1024 * 1024), {}, 413],
    ["a path that nobody serves", "/validate-v1-pod", "{}", {}, 404],
    ["a method that is none", paths.validate, "", { method: "GET" }, 405]
  ] as const)("refuse %s", ([, path, body, wish, status]) =>
    Effect.gen(function* () {
      const { post } = yield* served
      assert.strictEqual((yield* post(path, body, wish)).status, status)
      assert.strictEqual((yield* post(paths.mutate, review({ object: machineDeployment({}) }))).status, 200)
    })
  )

  it.live("answer a question about another kind at a kind's path with a refusal, not with a yes", () =>
    Effect.gen(function* () {
      const { post } = yield* served
      const response = responseIn(yield* post(paths.validate, review({ object: machineDeployment({}) }, "Machine")))
      assert.isFalse(response["allowed"])
    })
  )
})
