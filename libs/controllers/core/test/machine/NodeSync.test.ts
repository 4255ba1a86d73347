import { assert, describe, it } from "@effect/vitest"
import { isNodeLabel, syncNode } from "../../src/machine/NodeSync.ts"
import { aCluster, aMachine, aNode } from "../Specimens.ts"

const sync = (options: {
  labels?: Record<string, string>
  annotations?: Record<string, string>
  node?: ReturnType<typeof aNode>
  outdated?: boolean
  interruptible?: boolean
}) =>
  syncNode({
    node: options.node ?? aNode("node-a"),
    machine: aMachine("a", { metadata: { labels: options.labels ?? {}, annotations: options.annotations ?? {} } }),
    cluster: aCluster(),
    interruptible: options.interruptible ?? false,
    outdated: options.outdated ?? false
  })

describe("syncNode", () => {
  const domains: ReadonlyArray<readonly [string, boolean]> = [
    ["node-role.kubernetes.io/worker", true],
    ["x.node-role.kubernetes.io/worker", false],
    ["node-restriction.kubernetes.io/a", true],
    ["x.node-restriction.kubernetes.io/a", true],
    ["node.cluster.x-k8s.io/a", true],
    ["x.node.cluster.x-k8s.io/a", true],
    ["cluster.x-k8s.io/a", false],
    ["app", false]
  ]
  it.each(domains)("label %s passes to the Node: %s", (key, passes) => assert.strictEqual(isNodeLabel(key), passes))

  it("writes who the Node belongs to", () => {
    assert.deepInclude(sync({}).metadata.annotations, {
      "cluster.x-k8s.io/cluster-name": "prod",
      "cluster.x-k8s.io/cluster-namespace": "default",
      "cluster.x-k8s.io/machine": "a",
      "cluster.x-k8s.io/owner-kind": "MachineSet",
      "cluster.x-k8s.io/owner-name": "set"
    })
  })

  it("takes away what came from the Machine, and nothing else", () => {
    const first = sync({ labels: { "node.cluster.x-k8s.io/a": "1", "node-role.kubernetes.io/b": "" } })
    const labelled = {
      ...first,
      metadata: { ...first.metadata, labels: { ...first.metadata.labels, "node.cluster.x-k8s.io/hand": "made" } }
    }
    const second = sync({ node: labelled, labels: { "node-role.kubernetes.io/b": "" } })
    assert.deepStrictEqual(second.metadata.labels, {
      "node-role.kubernetes.io/b": "",
      "node.cluster.x-k8s.io/hand": "made"
    })
    assert.strictEqual(
      second.metadata.annotations?.["cluster.x-k8s.io/labels-from-machine"],
      "node-role.kubernetes.io/b"
    )
  })

  it("gives back the same Node when nothing changes", () => {
    const node = sync({
      labels: { "node.cluster.x-k8s.io/a": "1" },
      annotations: { "node.cluster.x-k8s.io/x": "y" },
      interruptible: true
    })
    assert.strictEqual(
      sync({
        node,
        labels: { "node.cluster.x-k8s.io/a": "1" },
        annotations: { "node.cluster.x-k8s.io/x": "y" },
        interruptible: true
      }),
      node
    )
    assert.strictEqual(node.metadata.labels?.["cluster.x-k8s.io/interruptible"], "")
  })

  it("removes the taint of an uninitialized Node and keeps others", () => {
    const keep = { key: "dedicated", effect: "NoSchedule" } as const
    const node = aNode("node-a", {
      spec: { taints: [{ key: "node.cluster.x-k8s.io/uninitialized", effect: "NoSchedule" }, keep] }
    })
    assert.deepStrictEqual(sync({ node }).spec?.taints, [keep])
  })

  it("takes the outdated taint off again", () => {
    const tainted = sync({ outdated: true })
    assert.strictEqual(tainted.spec?.taints?.length, 1)
    assert.deepStrictEqual(sync({ node: tainted }).spec?.taints, [])
  })
})
