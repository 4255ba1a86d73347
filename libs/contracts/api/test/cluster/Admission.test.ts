/** Admission of the kinds of `cluster.x-k8s.io`: what is filled in and what is refused, where. */
import { assert, describe, it } from "@effect/vitest"
import {
  type Admission,
  type AnyKind,
  clusterAdmission,
  Machine,
  MachineDeployment,
  MachineHealthCheck,
  MachineSet,
  type ClusterBody,
  machineAdmission,
  type MachineBody,
  machineDeploymentAdmission,
  type MachineDeploymentBody,
  machineHealthCheckAdmission,
  type MachineHealthCheckBody,
  machineSetAdmission,
  type MachineSetBody,
  type ObjectMeta,
  type ObjectOf
} from "../../src/index.ts"

const metadata: ObjectMeta = {
  name: "x",
  namespace: "n",
  uid: "u",
  resourceVersion: "1",
  creationTimestamp: "2026-01-01T00:00:00Z"
}

const objectOf = <Body>(body: Body, meta: Partial<ObjectMeta> = {}): ObjectOf<Body> => ({
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "X",
  metadata: { ...metadata, ...meta },
  ...body
})

/** Fields that are refused on create, or on update when there is a body before. */
const refused = <Body>(
  admission: Admission<Body>,
  body: Body,
  before?: Body,
  meta: Partial<ObjectMeta> = {}
): ReadonlyArray<string> =>
  (admission.validate?.(objectOf(body, meta), before === undefined ? undefined : objectOf(before, meta)) ?? []).map(
    (error) => `${error.reason.replace("FieldValue", "")} ${error.field}`
  )

const defaulted = <Body>(admission: Admission<Body>, body: Body, before?: Body, meta: Partial<ObjectMeta> = {}) => {
  const object = objectOf(body, meta)
  return admission.default?.(object, before === undefined ? undefined : objectOf(before, meta)) ?? object
}

const infrastructureRef = { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "AWSMachineTemplate", name: "t" }

const controlPlaneRef = { apiGroup: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane", name: "cp" }

type Row<Body> = readonly [
  sentence: string,
  errors: ReadonlyArray<string>,
  body: Body,
  before?: Body | undefined,
  meta?: Partial<ObjectMeta>
]

const table = <Body>(admission: Admission<Body>, rows: ReadonlyArray<Row<Body>>): void => {
  for (const [sentence, errors, body, before, meta] of rows) {
    it(sentence, () => assert.deepStrictEqual(refused(admission, body, before, meta), errors))
  }
}

describe("a Cluster", () => {
  const good: ClusterBody = { spec: { infrastructureRef, controlPlaneRef } }
  table<ClusterBody>(clusterAdmission, [
    ["is taken with both references", [], good],
    ["is taken with one reference", [], { spec: { infrastructureRef } }],
    ["needs something to be made from", ["Required spec"], { spec: {} }],
    ["cannot have a topology", ["Forbidden spec.topology"], { spec: { topology: { version: "v1.31.0" } } }],
    ["cannot lose its control plane", ["Forbidden spec.controlPlaneRef"], { spec: { infrastructureRef } }, good],
    ["may gain a control plane", [], good, { spec: { infrastructureRef } }],
    [
      "needs ranges of addresses that parse",
      ["Invalid spec.clusterNetwork.pods.cidrBlocks[1]", "Invalid spec.clusterNetwork.services.cidrBlocks[0]"],
      {
        spec: {
          ...good.spec,
          clusterNetwork: {
            pods: { cidrBlocks: ["10.0.0.0/16", "10.0.0.0"] },
            services: { cidrBlocks: ["10.0.0.256/8"] }
          }
        }
      }
    ],
    [
      "may have ranges of IPv6",
      [],
      { spec: { ...good.spec, clusterNetwork: { pods: { cidrBlocks: ["fd00::/48", "::/0", "1:2:3:4:5:6:7:8/128"] } } } }
    ],
    ["needs a name that can be a label", ["Invalid metadata.name"], good, undefined, { name: "x".repeat(64) }]
  ])
})

describe("a Machine", () => {
  const good: MachineBody = {
    spec: { clusterName: "c1", bootstrap: { dataSecretName: "" }, infrastructureRef, version: "v1.31.0" }
  }
  table<MachineBody>(machineAdmission, [
    ["is taken with an empty name of a data Secret", [], good],
    ["needs a source of bootstrap data", ["Required spec.bootstrap.data"], { spec: { ...good.spec, bootstrap: {} } }],
    [
      "needs no bootstrap data in a pool",
      [],
      { spec: { ...good.spec, bootstrap: {} } },
      undefined,
      { ownerReferences: [{ apiVersion: "cluster.x-k8s.io/v1beta2", kind: "MachinePool", name: "p", uid: "p" }] }
    ],
    ["stays in its cluster", ["Forbidden spec.clusterName"], { spec: { ...good.spec, clusterName: "c2" } }, good],
    ["needs a semantic version", ["Invalid spec.version"], { spec: { ...good.spec, version: "v1.31" } }],
    [
      "cannot have taints",
      ["Forbidden spec.taints"],
      { spec: { ...good.spec, taints: [{ key: "a", effect: "NoSchedule", propagation: "Always" }] } }
    ]
  ])

  it("gets a node deletion timeout, the leading v and the cluster label", () => {
    const machine = defaulted(machineAdmission, { spec: { ...good.spec, version: "1.31.0" } })
    assert.strictEqual(machine.spec.deletion?.nodeDeletionTimeoutSeconds, 10)
    assert.strictEqual(machine.spec.version, "v1.31.0")
    assert.deepStrictEqual(machine.metadata.labels, { "cluster.x-k8s.io/cluster-name": "c1" })
  })

  it("keeps an explicit zero, which means no limit", () => {
    const machine = defaulted(machineAdmission, { spec: { ...good.spec, deletion: { nodeDeletionTimeoutSeconds: 0 } } })
    assert.strictEqual(machine.spec.deletion?.nodeDeletionTimeoutSeconds, 0)
  })
})

const template = { spec: { clusterName: "c1", bootstrap: { dataSecretName: "s" }, infrastructureRef } }

const labelled = { ...template, metadata: { labels: { a: "b" } } }

describe("a MachineSet", () => {
  const good: MachineSetBody = {
    spec: { clusterName: "c1", selector: { matchLabels: { a: "b" } }, template: labelled }
  }
  table<MachineSetBody>(machineSetAdmission, [
    ["is taken when it selects its own machines", [], good],
    [
      "must select the machines that it makes",
      ["Invalid spec.template.metadata.labels"],
      { spec: { ...good.spec, template } }
    ],
    [
      "makes machines of its own cluster",
      ["Invalid spec.template.spec.clusterName"],
      { spec: { ...good.spec, template: { ...labelled, spec: { ...template.spec, clusterName: "c2" } } } }
    ],
    [
      "knows which preflight checks can be skipped",
      ["Invalid metadata.annotations.machineset.cluster.x-k8s.io/skip-preflight-checks"],
      good,
      undefined,
      { annotations: { "machineset.cluster.x-k8s.io/skip-preflight-checks": "All,None" } }
    ],
    [
      "needs chance in the names of its machines",
      ["Invalid spec.machineNaming.template"],
      { spec: { ...good.spec, machineNaming: { template: "{{ .machineSet.name }}" } } }
    ],
    [
      "names nothing that it does not know",
      ["Invalid spec.machineNaming.template"],
      { spec: { ...good.spec, machineNaming: { template: "{{ .machine.name }}-{{ .random }}" } } }
    ]
  ])

  it("gets one replica, the Random order and a selector of its own", () => {
    const set = defaulted(machineSetAdmission, { spec: { clusterName: "c1", selector: {}, template } })
    assert.strictEqual(set.spec.replicas, 1)
    assert.strictEqual(set.spec.deletion?.order, "Random")
    assert.deepStrictEqual(set.spec.selector, { matchLabels: { "cluster.x-k8s.io/set-name": "x" } })
    assert.deepStrictEqual(set.spec.template.metadata?.labels, { "cluster.x-k8s.io/set-name": "x" })
  })

  it("gets the hash of a name that is too long for a label", () => {
    const set = defaulted(machineSetAdmission, { spec: { clusterName: "c1", selector: {}, template } }, undefined, {
      name: "x".repeat(64)
    })
    assert.match(set.spec.selector.matchLabels?.["cluster.x-k8s.io/set-name"] ?? "", /^hash_[\w-]{6}_z$/)
  })

  const sizes = {
    annotations: {
      "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size": "3",
      "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size": "7"
    }
  }
  for (const [sentence, before, replicas] of [
    ["starts at the autoscaler's minimum", undefined, 3],
    ["is kept at the autoscaler's maximum", 9, 7],
    ["keeps a number within the autoscaler's bounds", 5, 5]
  ] as const) {
    it(sentence, () => {
      const old = before === undefined ? undefined : { spec: { ...good.spec, replicas: before } }
      assert.strictEqual(defaulted(machineSetAdmission, good, old, sizes).spec.replicas, replicas)
    })
  }
})

describe("a MachineDeployment", () => {
  const good: MachineDeploymentBody = {
    spec: { clusterName: "c1", selector: { matchLabels: { a: "b" } }, template: labelled }
  }
  const withRollingUpdate = (maxSurge: number | string, maxUnavailable: number | string): MachineDeploymentBody => ({
    spec: {
      ...good.spec,
      rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } } }
    }
  })
  const rolling = "spec.rollout.strategy.rollingUpdate"
  table<MachineDeploymentBody>(machineDeploymentAdmission, [
    ["may surge by a share", [], withRollingUpdate("25%", 0)],
    ["must be able to move", [`Invalid ${rolling}.maxUnavailable`], withRollingUpdate(0, 0)],
    [
      "takes whole numbers and percentages only",
      [`Invalid ${rolling}.maxSurge`, `Invalid ${rolling}.maxUnavailable`],
      withRollingUpdate("3", -1)
    ],
    [
      "takes a number of remediations in flight",
      ["Invalid spec.remediation.maxInFlight"],
      { spec: { ...good.spec, remediation: { maxInFlight: "some" } } }
    ],
    [
      "stays in its cluster",
      ["Forbidden spec.clusterName", "Invalid spec.template.spec.clusterName"],
      { spec: { ...good.spec, clusterName: "c2" } },
      good
    ]
  ])

  it("gets a rolling update that surges by one", () => {
    const { spec } = defaulted(machineDeploymentAdmission, good)
    assert.deepStrictEqual(spec.rollout?.strategy, {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
    })
    assert.strictEqual(spec.replicas, 1)
  })

  it("gets no rolling update when it replaces on delete", () => {
    const strategy = { type: "OnDelete" } as const
    const { spec } = defaulted(machineDeploymentAdmission, { spec: { ...good.spec, rollout: { strategy } } })
    assert.deepStrictEqual(spec.rollout?.strategy, strategy)
  })

  it("always selects by cluster", () => {
    const { spec } = defaulted(machineDeploymentAdmission, good)
    const labels = { a: "b", "cluster.x-k8s.io/cluster-name": "c1" }
    assert.deepStrictEqual(spec.selector.matchLabels, labels)
    assert.deepStrictEqual(spec.template.metadata?.labels, labels)
  })
})

describe("a MachineHealthCheck", () => {
  const good: MachineHealthCheckBody = { spec: { clusterName: "c1", selector: { matchLabels: { a: "b" } } } }
  table<MachineHealthCheckBody>(machineHealthCheckAdmission, [
    ["is taken with a selector", [], good],
    ["must select something", ["Required spec.selector"], { spec: { ...good.spec, selector: {} } }],
    [
      "selects in its own cluster",
      ["Invalid spec.selector"],
      { spec: { ...good.spec, selector: { matchLabels: { "cluster.x-k8s.io/cluster-name": "c2" } } } }
    ],
    [
      "gives machines time to start",
      ["Invalid spec.checks.nodeStartupTimeoutSeconds"],
      { spec: { ...good.spec, checks: { nodeStartupTimeoutSeconds: 29 } } }
    ],
    ["may leave starting machines alone", [], { spec: { ...good.spec, checks: { nodeStartupTimeoutSeconds: 0 } } }],
    [
      "takes a limit that is a number or a share",
      ["Invalid spec.remediation.triggerIf.unhealthyLessThanOrEqualTo"],
      { spec: { ...good.spec, remediation: { triggerIf: { unhealthyLessThanOrEqualTo: "few" } } } }
    ],
    [
      "takes a range the right way round",
      ["Invalid spec.remediation.triggerIf.unhealthyInRange"],
      { spec: { ...good.spec, remediation: { triggerIf: { unhealthyInRange: "[3-1]" } } } }
    ],
    ["stays in its cluster", ["Forbidden spec.clusterName"], { spec: { ...good.spec, clusterName: "c2" } }, good]
  ])

  it("gets ten minutes for start-up and no limit", () => {
    const { spec } = defaulted(machineHealthCheckAdmission, good)
    assert.strictEqual(spec.checks?.nodeStartupTimeoutSeconds, 600)
    assert.strictEqual(spec.remediation?.triggerIf?.unhealthyLessThanOrEqualTo, "100%")
  })
})

describe("defaults", () => {
  const settled: ReadonlyArray<readonly [AnyKind, object]> = [
    [Machine, { spec: { ...template.spec, version: "1.31.0" } }],
    [MachineSet, { spec: { clusterName: "c1", selector: {}, template } }],
    [MachineDeployment, { spec: { clusterName: "c1", selector: {}, template } }],
    [MachineHealthCheck, { spec: { clusterName: "c1", selector: { matchLabels: { a: "b" } } } }]
  ]
  for (const [kind, body] of settled) {
    it(`leave a ${kind.kind} that has them as it is`, () => {
      const fill = kind.admission.default
      const once = fill?.({ apiVersion: "v", kind: kind.kind, metadata, ...body }, undefined)
      assert.isDefined(once)
      assert.strictEqual(fill?.(once, undefined), once)
    })
  }
})
