import { type AnyKind, Cluster, type KubernetesObject, matches } from "@capstan/api"
import { CustomResourceDefinition, Namespace } from "@capstan/kubernetes"
import { anObject, MemoryApi } from "@capstan/kubernetes/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { installation } from "../../src/install/Installation.ts"
import { installObject } from "../../src/install/Install.ts"
import { managerDeployment } from "../../src/install/Workload.ts"

const objects = installation([Cluster])
const crd = "clusters.cluster.x-k8s.io"

const installAll = (api: MemoryApi) =>
  Effect.forEach(objects, (object) =>
    Effect.map(installObject(object, { dryRun: false }), (outcome) => `${object.manifest.metadata.name}: ${outcome}`)
  ).pipe(Effect.provide(api.layer))

/** What is found there, of somebody else. */
const foreign = (api: MemoryApi, kind: AnyKind, name: string, rest: object): KubernetesObject => {
  const object = anObject(kind, name, { metadata: { namespace: "" }, ...rest })
  return api.put(kind, object)
}

describe("installObject", () => {
  it.effect("makes everything, namespaces first, and finds it unchanged the second time", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const first = yield* installAll(api)
      assert.deepStrictEqual(first.slice(0, 6), [
        "capi-system: created",
        "capi-kubeadm-bootstrap-system: created",
        "capi-kubeadm-control-plane-system: created",
        "capa-system: created",
        "capstan-system: created",
        `${crd}: created`
      ])
      const second = yield* installAll(api)
      assert.deepStrictEqual(
        second.filter((line) => !line.endsWith("unchanged")),
        []
      )
    })
  )

  it.effect("leaves alone what is somebody else's and will do", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      foreign(api, Namespace, "capi-system", {})
      foreign(api, CustomResourceDefinition, crd, { spec: { versions: [{ name: "v1beta2", served: true }] } })
      const outcomes = yield* installAll(api)
      assert.include(outcomes, "capi-system: left as it is")
      assert.include(outcomes, `${crd}: left as it is`)
    })
  )

  it("runs the manager in the cluster when there is an image, as the account that has the roles", () => {
    const kinds = installation([Cluster], { image: "example.org/capstan:1" }).map(({ manifest }) => manifest.kind)
    assert.deepStrictEqual(
      kinds.filter((kind) => !objects.some(({ manifest }) => manifest.kind === kind)),
      ["Deployment"]
    )
    const deployment = managerDeployment(
      { name: "m", namespace: "n", account: "a", labels: {} },
      "example.org/capstan:1"
    )
    const { selector, template } = deployment.spec
    const { containers, serviceAccountName } = template.spec
    assert.isTrue(matches({ matchLabels: selector.matchLabels }, template.metadata.labels))
    assert.strictEqual(serviceAccountName, "a")
    const [{ args: [, , ...flags] = [] } = { args: [] }] = containers
    assert.isTrue(flags.every((flag) => /^--(?:leader-elect$|health-addr=|webhook-port=)/.test(flag)))
  })

  it.effect("refuses to change somebody else's kinds of another version", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      foreign(api, CustomResourceDefinition, crd, { spec: { versions: [{ name: "v1beta1", served: true }] } })
      const error = yield* Effect.flip(installAll(api))
      assert.include(error.message, "serves v1beta1, not v1beta2")
    })
  )
})
