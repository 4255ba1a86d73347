import type { Pod } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { describeDrain, isDrainOver, planDrain } from "../../src/machine/DrainPlan.ts"
import { attachedVolumes } from "../../src/machine/VolumePlan.ts"
import { ago, aNode, aPod, meta, noon } from "../Specimens.ts"

const ofDaemonSet = {
  ownerReferences: [{ apiVersion: "apps/v1", kind: "DaemonSet", name: "cni", uid: "d", controller: true }]
}

const cases: ReadonlyArray<{
  rule: string
  pod: Pod
  unreachable?: boolean
  daemonSets?: ReadonlyArray<string>
  expected: string
}> = [
  { rule: "evicts an ordinary Pod", pod: aPod("web"), expected: "evict" },
  {
    rule: "waits for a Pod that is going already",
    pod: aPod("web", { metadata: { deletionTimestamp: ago(100) } }),
    expected: "leaving"
  },
  {
    rule: "does not wait for a going Pod on an unreachable Node",
    pod: aPod("web", { metadata: { deletionTimestamp: ago(2) } }),
    unreachable: true,
    expected: "skipped"
  },
  {
    rule: "waits a second for it even there",
    pod: aPod("web", { metadata: { deletionTimestamp: ago(1) } }),
    unreachable: true,
    expected: "leaving"
  },
  {
    rule: "leaves a DaemonSet's Pod alone",
    pod: aPod("cni", { metadata: ofDaemonSet }),
    daemonSets: ["default/cni"],
    expected: "skipped"
  },
  {
    rule: "evicts a finished Pod of a DaemonSet",
    pod: aPod("cni", { metadata: ofDaemonSet, phase: "Succeeded" }),
    daemonSets: ["default/cni"],
    expected: "evict"
  },
  { rule: "evicts a Pod whose DaemonSet is gone", pod: aPod("cni", { metadata: ofDaemonSet }), expected: "evict" },
  {
    rule: "leaves mirrors of static Pods alone",
    pod: aPod("etcd", { metadata: { annotations: { "kubernetes.io/config.mirror": "x" } } }),
    expected: "skipped"
  },
  {
    rule: "leaves a Pod alone that says skip, in any case",
    pod: aPod("web", { metadata: { labels: { "cluster.x-k8s.io/drain": "Skip" } } }),
    expected: "skipped"
  },
  {
    rule: "lets a Pod complete that says so",
    pod: aPod("job", { metadata: { labels: { "cluster.x-k8s.io/drain": "wait-completed" } } }),
    expected: "completing"
  },
  { rule: "evicts finished Pods too", pod: aPod("job", { phase: "Succeeded" }), expected: "evict" }
]

describe("planDrain", () => {
  it.each(cases)("$rule", ({ daemonSets, expected, pod, unreachable }) => {
    const plan = planDrain({
      pods: [pod],
      daemonSets: new Set(daemonSets ?? []),
      unreachable: unreachable ?? false,
      nowMillis: noon.millis
    })
    const verdict = Object.entries(plan).find(([, pods]) => pods.length > 0)?.[0]
    assert.strictEqual(verdict, expected)
  })

  it("evicts by namespace and name", () => {
    const pods = [aPod("b"), aPod("a"), aPod("c", { metadata: { namespace: "alpha" } })]
    const plan = planDrain({ pods, daemonSets: new Set(), unreachable: false, nowMillis: noon.millis })
    assert.deepStrictEqual(
      plan.evict.map((pod) => pod.metadata.name),
      ["c", "a", "b"]
    )
  })

  it("is over only when nobody is left to wait for", () => {
    const plan = planDrain({ pods: [], daemonSets: new Set(), unreachable: false, nowMillis: noon.millis })
    assert.isTrue(isDrainOver({ plan, evicted: [], refused: [], untried: [] }))
    assert.isFalse(isDrainOver({ plan, evicted: [aPod("a")], refused: [], untried: [] }))
    assert.isFalse(isDrainOver({ plan, evicted: [], refused: [["no", aPod("a")]], untried: [] }))
  })

  it("says why it is not over, a line a cause", () => {
    const plan = planDrain({ pods: [], daemonSets: new Set(), unreachable: false, nowMillis: noon.millis })
    const refused = ["a", "b", "c", "d"].map((name) => ["disruption budget", aPod(name)] as const)
    assert.strictEqual(
      describeDrain({ plan, evicted: [aPod("e")], refused, untried: [] }, "noon"),
      "Drain not completed yet (started at noon):\n" +
        "* Pod default/e: deletionTimestamp set, but still not removed from the Node\n" +
        "* Pods default/a, default/b, default/c, ... (1 more): disruption budget"
    )
  })
})

describe("attachedVolumes", () => {
  const volume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: meta("pv"),
    spec: { csi: { driver: "ebs", volumeHandle: "vol-1" }, claimRef: { namespace: "default", name: "data" } }
  }
  const attachment = {
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata: meta("va"),
    spec: { attacher: "ebs", nodeName: "node-a", source: { persistentVolumeName: "pv" } },
    status: { attached: true }
  }
  const node = aNode("node-a")
  const holding = {
    ...node,
    status: {
      ...node.status,
      volumesAttached: [
        { name: "kubernetes.io/csi/ebs^vol-1", devicePath: "" },
        { name: "odd", devicePath: "" }
      ]
    }
  }

  it("names claims once, and volumes that nobody knows", () => {
    assert.deepStrictEqual(
      attachedVolumes({ node: holding, attachments: [attachment], volumes: [volume], skippedPods: [] }),
      ["default/data", "odd"]
    )
  })

  it("does not count volumes of Pods that were left alone, of other Nodes, or detached ones", () => {
    const skippedPods = [
      aPod("x", { spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] } })
    ]
    assert.deepStrictEqual(attachedVolumes({ node, attachments: [attachment], volumes: [volume], skippedPods }), [])
    const elsewhere = { ...attachment, spec: { ...attachment.spec, nodeName: "node-b" } }
    const detached = { ...attachment, status: { attached: false } }
    assert.deepStrictEqual(
      attachedVolumes({ node, attachments: [elsewhere, detached], volumes: [volume], skippedPods: [] }),
      []
    )
  })
})
