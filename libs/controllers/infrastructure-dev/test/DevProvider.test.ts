/** What the dev provider does beyond the contract's promises: endpoint, zones, load balancer, machines that go away. */
import {
  type AnyKind,
  Cluster,
  findCondition,
  Labels,
  Machine,
  type NewObject,
  type OwnerReference,
  ownerReference
} from "@capstan/api"
import { Secret } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type DevCloudState, happen, moveMachine, setZone } from "../src/cloud/DevCloudState.ts"
import { DevCluster, type DevClusterSpec } from "../src/kinds/DevCluster.ts"
import { DevMachine } from "../src/kinds/DevMachine.ts"
import { DevMachineTemplate } from "../src/kinds/Templates.ts"
import { type DevWorld, openDevWorld } from "./DevWorld.ts"

const namespace = "default"
const clusterKey = { namespace, name: "prod" }
const machineKey = { namespace, name: "prod-1" }
const labels = { [Labels.ClusterName]: "prod" }
const group = DevCluster.group

/** Core's part: a Cluster with its DevCluster. */
const createCluster = Effect.fnUntraced(function* ({ api }: DevWorld, spec: DevClusterSpec = {}) {
  const owner = ownerReference(
    yield* api.create(Cluster, {
      metadata: clusterKey,
      spec: { infrastructureRef: { apiGroup: group, kind: "DevCluster", name: "prod" } }
    })
  )
  yield* api.create(DevCluster, { metadata: { ...clusterKey, labels, ownerReferences: [owner] }, spec })
})

/** Core's part: a Machine with bootstrap data and its DevMachine, once the cluster is provisioned. */
const createMachine = Effect.fnUntraced(function* (
  world: DevWorld,
  given: { readonly controlPlane?: boolean; readonly zone?: string } = {}
) {
  const { api } = world
  yield* api.patch(
    Cluster,
    clusterKey,
    { type: "merge", body: { status: { initialization: { infrastructureProvisioned: true } } } },
    { subresource: "status" }
  )
  yield* api.create(Secret, { metadata: machineKey, data: { value: btoa("#cloud-config\n") } })
  const role = given.controlPlane === true ? { [Labels.ControlPlane]: "" } : {}
  const machine = yield* api.create(Machine, {
    metadata: { ...machineKey, labels: { ...labels, ...role } },
    spec: {
      clusterName: "prod",
      bootstrap: { dataSecretName: machineKey.name },
      infrastructureRef: { apiGroup: group, kind: "DevMachine", name: machineKey.name },
      version: "v1.33.1",
      ...(given.zone === undefined ? {} : { failureDomain: given.zone })
    }
  })
  const owner: OwnerReference = ownerReference(machine)
  yield* api.create(DevMachine, { metadata: { ...machineKey, labels, ownerReferences: [owner] }, spec: {} })
})

const readyOf = Effect.fnUntraced(function* ({ api }: DevWorld) {
  const machine = yield* api.get(DevMachine, machineKey)
  const { reason, status } = findCondition(machine.status?.conditions, "Ready") ?? {}
  return `${status} ${reason}`
})

const oneMachine = Effect.fnUntraced(function* (given: Parameters<typeof createMachine>[1] = {}) {
  const world = yield* openDevWorld
  yield* createCluster(world)
  yield* world.run()
  yield* createMachine(world, given)
  yield* world.run()
  return world
})

describe("a DevCluster", () => {
  it.effect("gets its endpoint only once the load balancer's name resolves", () =>
    Effect.gen(function* () {
      const world = yield* openDevWorld
      yield* createCluster(world)
      yield* world.runFor(2)
      const early = yield* world.api.get(DevCluster, clusterKey)
      assert.isUndefined(early.spec.controlPlaneEndpoint)
      assert.strictEqual(findCondition(early.status?.conditions, "Ready")?.reason, "WaitForDNSNameResolve")
      yield* world.run()
      const late = yield* world.api.get(DevCluster, clusterKey)
      assert.deepStrictEqual(late.spec.controlPlaneEndpoint, { host: "prod.default.dev.internal", port: 6443 })
    })
  )

  it.effect("serves the host and port that its user has chosen", () =>
    Effect.gen(function* () {
      const world = yield* openDevWorld
      yield* createCluster(world, { controlPlaneEndpoint: { host: "api.example.org", port: 8443 } })
      yield* world.run()
      const { balancers } = yield* world.memory.state
      assert.deepStrictEqual(
        balancers.map(({ host, port }) => `${host}:${port}`),
        ["api.example.org:8443"]
      )
      assert.isTrue((yield* world.api.get(DevCluster, clusterKey)).status?.initialization?.provisioned)
    })
  )

  const zones = [
    { rule: "offers every zone of the cloud", spec: {}, expected: ["dev-a", "dev-b", "dev-c"] },
    { rule: "offers only the zones that it names", spec: { zones: ["dev-b"] }, expected: ["dev-b"] }
  ]
  it.effect.each(zones)("$rule as a failure domain", ({ expected, spec }) =>
    Effect.gen(function* () {
      const world = yield* openDevWorld
      yield* createCluster(world, spec)
      yield* world.run()
      const { status } = yield* world.api.get(DevCluster, clusterKey)
      assert.deepStrictEqual(
        status?.failureDomains,
        expected.map((name) => ({ name, controlPlane: true }))
      )
    })
  )

  it.effect("is not provisioned in a zone that there is not", () =>
    Effect.gen(function* () {
      const world = yield* openDevWorld
      yield* createCluster(world, { zones: ["mars"] })
      yield* world.run()
      const { status } = yield* world.api.get(DevCluster, clusterKey)
      assert.strictEqual(findCondition(status?.conditions, "Ready")?.reason, "ZoneNotFound")
      assert.deepStrictEqual(yield* world.cloud, [])
    })
  )

  it.effect(
    "puts back a load balancer that somebody deleted, under the same name, with its control plane behind it",
    () =>
      Effect.gen(function* () {
        const world = yield* oneMachine({ controlPlane: true })
        const { balancers: before } = yield* world.memory.state
        yield* world.memory.change((state) => ({ state: { ...state, balancers: [] }, due: [], answer: undefined }))
        yield* world.run()
        const { balancers: after } = yield* world.memory.state
        assert.deepStrictEqual(
          after.map(({ host, targets }) => [host, ...targets]),
          before.map(({ host, targets }) => [host, ...targets])
        )
      })
  )
})

describe("a DevMachine", () => {
  it.effect("is what its Machine asks for: zone, name, version, user data", () =>
    Effect.gen(function* () {
      const world = yield* oneMachine({ zone: "dev-b" })
      const { machines } = yield* world.memory.state
      assert.lengthOf(machines, 1)
      assert.deepInclude(machines[0], {
        zone: "dev-b",
        name: "prod-1",
        image: "kubernetes-v1.33.1",
        size: "small",
        userData: "#cloud-config\n",
        cluster: "prod"
      })
      const { spec, status } = yield* world.api.get(DevMachine, machineKey)
      assert.strictEqual(spec.providerID, "dev:///dev-b/m-000001")
      assert.strictEqual(status?.failureDomain, "dev-b")
    })
  )

  const roles = [
    { who: "a control plane's machine stands", controlPlane: true, expected: ["m-000001"] },
    { who: "a worker does not stand", controlPlane: false, expected: [] }
  ]
  it.effect.each(roles)("$who behind the load balancer", ({ controlPlane, expected }) =>
    Effect.gen(function* () {
      const world = yield* oneMachine({ controlPlane })
      assert.deepStrictEqual((yield* world.memory.state).balancers[0]?.targets, expected)
    })
  )

  it.effect("waits while its zone has no room, and is made once there is", () =>
    Effect.gen(function* () {
      const world = yield* openDevWorld
      yield* world.memory.change((state) => setZone(state, "dev-a", { capacity: false }))
      yield* createCluster(world)
      yield* world.run()
      yield* createMachine(world, { zone: "dev-a" })
      yield* world.run()
      assert.strictEqual(yield* readyOf(world), "False NoCapacity")
      yield* world.memory.change((state) => setZone(state, "dev-a", { capacity: true }))
      yield* world.run()
      assert.strictEqual(yield* readyOf(world), "True Ready")
    })
  )

  const losses = [
    {
      rule: "says that its machine was stopped",
      loss: (state: DevCloudState, now: number) => moveMachine(state, "m-000001", "stop", now),
      expected: "False Stopped"
    },
    {
      rule: "says that its machine was terminated",
      loss: (state: DevCloudState, now: number) => moveMachine(state, "m-000001", "terminate", now),
      expected: "False Terminated"
    },
    {
      rule: "says that its machine is not found",
      loss: (state: DevCloudState, now: number) => happen(state, { _tag: "Forgotten", machine: "m-000001" }, now),
      expected: "False NotFound"
    }
  ]
  it.effect.each(losses)("$rule, and never makes another", ({ expected, loss }) =>
    Effect.gen(function* () {
      const world = yield* oneMachine()
      yield* world.memory.change(loss)
      yield* world.run()
      assert.strictEqual(yield* readyOf(world), expected)
      const { machines, sequence } = yield* world.memory.state
      assert.isAtMost(machines.length, 1)
      assert.strictEqual(sequence, 1)
    })
  )
})

describe("admission", () => {
  const cluster = (spec: object) => ({ metadata: clusterKey, spec })
  const judge = (kind: AnyKind, object: NewObject<unknown>, old?: NewObject<unknown>) =>
    // Only bodies are looked at.
    kind.admission.validate?.(object as never, old as never).map(({ field }) => field) ?? []
  const template = (spec: object) => cluster({ template: { spec } })
  const rows = [
    {
      rule: "refuses a zone named twice",
      kind: DevCluster,
      object: cluster({ zones: ["a", "a"] }),
      expected: ["spec.zones"]
    },
    {
      rule: "refuses another host",
      kind: DevCluster,
      old: cluster({ controlPlaneEndpoint: { host: "a", port: 1 } }),
      object: cluster({ controlPlaneEndpoint: { host: "b", port: 1 } }),
      expected: ["spec.controlPlaneEndpoint.host"]
    },
    {
      rule: "takes the first host",
      kind: DevCluster,
      old: cluster({}),
      object: cluster({ controlPlaneEndpoint: { host: "b", port: 1 } }),
      expected: []
    },
    {
      rule: "takes the first provider id",
      kind: DevMachine,
      old: cluster({}),
      object: cluster({ providerID: "dev:///a/m-1" }),
      expected: []
    },
    {
      rule: "refuses another provider id and another size",
      kind: DevMachine,
      old: cluster({ providerID: "dev:///a/m-1", size: "small" }),
      object: cluster({ providerID: "dev:///a/m-2", size: "large" }),
      expected: ["spec.size", "spec.providerID"]
    }
  ]
  it.each(rows)("$rule", ({ expected, kind, object, old }) => {
    assert.deepStrictEqual(judge(kind, object, old), expected)
  })

  it("refuses any change of a template, and a provider id in one", () => {
    assert.deepStrictEqual(judge(DevMachineTemplate, template({ size: "small" }), template({ size: "small" })), [])
    assert.deepStrictEqual(judge(DevMachineTemplate, template({ size: "large" }), template({ size: "small" })), [
      "spec"
    ])
    assert.deepStrictEqual(judge(DevMachineTemplate, template({ providerID: "dev:///a/m-1" })), [
      "spec.template.spec.providerID"
    ])
  })
})
