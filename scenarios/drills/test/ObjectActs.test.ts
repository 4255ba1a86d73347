import { Cluster, MachineDeployment } from "@capstan/api"
import { kindNamed, loadScenarios, type LiveAct, type Plan, type PlannedObject, simulatedKinds } from "@capstan/engine"
import { Kernel } from "@capstan/kernel"
import { ConfigMap, type KubernetesClient, Namespace } from "@capstan/kubernetes"
import { ApiServer, client } from "@capstan/simulator-kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import type { ManagementCluster } from "../src/index.ts"
import { performOnObjects } from "../src/management/ObjectActs.ts"

const cluster = (name: string, namespace: string): string => `
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: { name: ${name}, namespace: ${namespace}, labels: { tier: gold } }
spec:
  paused: true
  infrastructureRef: { apiGroup: infrastructure.cluster.x-k8s.io, kind: AWSCluster, name: ${name} }
`

const planOf = (manifest: string): Plan => {
  const { diagnostics, plans } = loadScenarios({
    file: "drill.yaml",
    text: `
apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: drill }
spec:
  given: { manifests: [{ file: ./manifest.yaml }] }
  steps: []
  expect: []
`,
    manifests: { read: (path) => ({ path, text: manifest }) },
    kinds: simulatedKinds,
    guardrails: {
      file: "guardrails.yaml",
      text: `aws: { accounts: ["123456789012"], regions: [eu-west-1], clusters: [demo], maxTargets: 1, maxDuration: 1h }`
    }
  })
  const [plan] = plans
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"))
  return plan
}

/** An API server with what somebody else has there. */
const aServer = (plan: Plan) => {
  const kernel = new Kernel({ seed: 0 })
  const server = new ApiServer(kernel, { name: "management", kinds: simulatedKinds.all, service: "kubernetes" })
  const api: KubernetesClient = client(server, { userAgent: "test" })
  const ask = <A>(effect: Effect.Effect<A, unknown>): A => {
    const exit = kernel.complete(effect)
    if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
    return exit.value
  }
  // Only the client is asked.
  const management = { client: api } as unknown as ManagementCluster
  const act = (one: Exclude<LiveAct, { readonly _tag: "Fault" | "Heal" }>) =>
    ask(performOnObjects(one, plan, management))
  const apply = (planned: PlannedObject) => act({ _tag: "Apply", planned })
  return { api, ask, act, apply }
}

const given = (plan: Plan): PlannedObject => {
  const [planned] = plan.objects
  if (planned === undefined) throw new Error("the plan has no object")
  return planned
}

describe("steps on objects of a live management cluster", () => {
  it("make what is missing, its namespace too, and bring up to date what is there", () => {
    const plan = planOf(cluster("demo", "fleet"))
    const { api, apply, ask } = aServer(plan)
    assert.isUndefined(apply(given(plan)))
    assert.strictEqual(ask(api.get(Namespace, { namespace: "", name: "fleet" })).metadata.name, "fleet")
    const key = { namespace: "fleet", name: "demo" }
    ask(api.patch(Cluster, key, { type: "merge", body: { metadata: { labels: { tier: "lead" } } } }))
    assert.isUndefined(apply(given(plan)))
    assert.strictEqual(ask(api.get(Cluster, key)).metadata.labels?.["tier"], "gold")
  })

  it("leave other clusters' objects alone, whatever the manifests say", () => {
    const plan = planOf(cluster("other", "default"))
    const { api, apply, ask } = aServer(plan)
    assert.match(apply(given(plan)) ?? "", /^Cluster other belongs to cluster 'other', which is not among/)
    assert.deepStrictEqual(ask(api.list(Cluster)).items, [])
  })

  it("patch and delete what belongs to a cluster of the guardrails, and nothing else", () => {
    const plan = planOf(cluster("demo", "default"))
    const { act, api, apply, ask } = aServer(plan)
    apply(given(plan))
    for (const name of ["demo", "other"]) {
      const template = { metadata: { labels: {} }, spec: { clusterName: name, bootstrap: {}, infrastructureRef: {} } }
      const ref = { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "AWSMachineTemplate", name }
      ask(
        api.create(MachineDeployment, {
          metadata: { name: `${name}-md`, namespace: "default", labels: { "cluster.x-k8s.io/cluster-name": name } },
          spec: {
            clusterName: name,
            selector: { matchLabels: { set: name } },
            template: {
              ...template,
              metadata: { labels: { set: name } },
              spec: { clusterName: name, infrastructureRef: ref, bootstrap: { dataSecretName: "data" } }
            }
          }
        } as never)
      )
    }
    ask(api.create(ConfigMap, { metadata: { name: "ledger", namespace: "default" }, data: {} } as never))
    const kind = kindNamed("MachineDeployment") ?? MachineDeployment
    const reference = { apiVersion: undefined, kind: "MachineDeployment", name: undefined, namespace: undefined }
    const action = {
      _tag: "Patch" as const,
      reference: { ...reference, from: undefined },
      type: "merge" as const,
      subresource: undefined,
      value: { spec: { replicas: 5 } }
    }
    const patch = (name: string) => act({ _tag: "Patch", action, kind, name, namespace: "default" })
    assert.isUndefined(patch("demo-md"))
    const key = { namespace: "default", name: "demo-md" }
    assert.strictEqual(ask(api.get(MachineDeployment, key)).spec.replicas, 5)
    assert.match(patch("other-md") ?? "", /belongs to cluster 'other'/)
    assert.match(patch("absent-md") ?? "", /not found/)
    const remove = (removed: typeof kind, name: string) =>
      act({ _tag: "Delete", kind: removed, name, namespace: "default" })
    assert.match(remove(ConfigMap, "ledger") ?? "", /belongs to no cluster of guardrails\.aws\.clusters/)
    assert.match(remove(kind, "other-md") ?? "", /belongs to cluster 'other'/)
    assert.isUndefined(remove(kind, "demo-md"))
    assert.strictEqual(ask(api.list(ConfigMap)).items.length, 1)
  })
})
