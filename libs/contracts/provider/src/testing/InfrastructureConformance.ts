/**
 * What every infrastructure provider must do, whatever cloud it is for: the contract's promises as tests.
 *
 * The suite plays Cluster API's core (owner references, bootstrap data, provisioned flags, deletions) against a world that
 * the caller supplies: an API, the provider under its harness, and a cloud that can be counted. Controllers are started anew
 * each time, so that nothing can hide in memory; and they are stopped after every single call they make.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/infra-machine
 */
import {
  Annotations,
  apiVersionOf,
  Cluster,
  type Kind,
  Labels,
  Machine,
  type NewObject,
  type ObjectKey,
  type ObjectOf,
  type OwnerReference,
  ownerReference
} from "@capstan/api"
import { type KubernetesClient, Secret } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { AnyInfrastructureProvider } from "../InfrastructureProvider.ts"
import { clusterKey, clusterName, conditionOf, find, hasFinalizer, mergeInto, namespace } from "./ContractObjects.ts"

/** One fresh world: an empty API and an empty cloud. */
export interface InfrastructureWorld {
  /** Calls answer at once; nobody injects faults here. */
  readonly api: KubernetesClient
  /**
   * Starts the provider's controllers, lets virtual time pass until nothing more is to be expected (an hour at most), and stops them.
   *
   * @param stopAfterCalls kill them right after that many calls, to the API and the cloud together, have been carried out, whether or
   * not the answer was received. Gives back whether they were killed before they were done.
   */
  readonly run: (options?: { readonly stopAfterCalls: number }) => Effect.Effect<boolean>
  /** Everything in the cloud that somebody pays for or trips over, as `<sort>/<id>`. */
  readonly cloud: Effect.Effect<ReadonlyArray<string>>
}

export interface InfrastructureConformanceOptions {
  /** What the suite needs to know of the provider under test. */
  readonly provider: Pick<AnyInfrastructureProvider, "contract" | "kinds" | "finalizers">
  readonly open: Effect.Effect<InfrastructureWorld, never, Scope.Scope>
  /** Specs as a user writes them. */
  readonly clusterSpec: object
  readonly machineSpec: object
  /** The bootstrap data, if the world reads it. */
  readonly bootstrapData?: string
  /** The crash tests stop after each of the first so many calls. By default 60. */
  readonly crashCallsMax?: number
}

const machineName = "conformance-0"
const machineKey: ObjectKey = { namespace, name: machineName }

interface Body {
  readonly spec?: { readonly providerID?: string }
  readonly status?: {
    readonly ready?: boolean
    readonly initialization?: { readonly provisioned?: boolean }
    readonly addresses?: ReadonlyArray<unknown>
  }
}

/** The contract's fields of an object whose kind is the provider's. */
const bodyOf = (object: ObjectOf<unknown> | undefined): Body | undefined => object as Body | undefined

/** Sorts of things and how many there are of each: names and ids may differ from run to run. */
const census = (cloud: ReadonlyArray<string>): ReadonlyArray<string> =>
  cloud.map((thing) => thing.split("/")[0] ?? "").sort()

/** Core's part of the story, one step a method. */
const makeCore = (world: InfrastructureWorld, options: InfrastructureConformanceOptions) => {
  const { api } = world
  const { kinds } = options.provider
  const merge = mergeInto(api)

  const create = (kind: Kind<unknown>, name: string, owner: OwnerReference, spec: object, annotations = {}) => {
    const labels = { [Labels.ClusterName]: clusterName }
    const object: NewObject<{ readonly spec: object }> = {
      metadata: { namespace, name, labels, annotations, ownerReferences: [owner] },
      spec
    }
    return Effect.orDie(api.create(kind, object))
  }

  return {
    /** A Cluster and its infrastructure cluster. */
    createCluster: Effect.fnUntraced(function* (
      settings: { readonly paused?: boolean; readonly annotations?: object } = {}
    ) {
      const { group, kind } = kinds.cluster
      const cluster = yield* Effect.orDie(
        api.create(Cluster, {
          metadata: { namespace, name: clusterName },
          spec: {
            infrastructureRef: { apiGroup: group, kind, name: clusterName },
            ...(settings.paused === undefined ? {} : { paused: settings.paused })
          }
        })
      )
      yield* create(kinds.cluster, clusterName, ownerReference(cluster), options.clusterSpec, settings.annotations)
    }),
    unpause: merge(Cluster, clusterKey, { spec: { paused: false } }),
    pause: merge(Cluster, clusterKey, { spec: { paused: true } }),
    /** What core does once the infrastructure cluster says that it is provisioned. */
    acceptCluster: merge(
      Cluster,
      clusterKey,
      { status: { initialization: { infrastructureProvisioned: true } } },
      "status"
    ),
    /** A Machine without bootstrap data, and its infrastructure machine. */
    createMachine: Effect.gen(function* () {
      const { group, kind } = kinds.machine
      const machine = yield* Effect.orDie(
        api.create(Machine, {
          metadata: { namespace, name: machineName, labels: { [Labels.ClusterName]: clusterName } },
          spec: {
            clusterName,
            bootstrap: {
              configRef: { apiGroup: "bootstrap.cluster.x-k8s.io", kind: "KubeadmConfig", name: machineName }
            },
            infrastructureRef: { apiGroup: group, kind, name: machineName },
            version: "v1.33.1"
          }
        })
      )
      yield* create(kinds.machine, machineName, ownerReference(machine), options.machineSpec)
    }),
    bootstrapMachine: Effect.gen(function* () {
      yield* Effect.orDie(
        api.create(Secret, {
          metadata: { namespace, name: machineName, labels: { [Labels.ClusterName]: clusterName } },
          type: "cluster.x-k8s.io/secret",
          data: { value: btoa(options.bootstrapData ?? "#cloud-config\n"), format: btoa("cloud-config") }
        })
      )
      yield* merge(Machine, machineKey, { spec: { bootstrap: { dataSecretName: machineName } } })
    }),
    deleteMachine: Effect.orDie(api.delete(kinds.machine, machineKey)),
    deleteCluster: Effect.orDie(api.delete(kinds.cluster, clusterKey)),
    cluster: find(api, kinds.cluster, clusterKey),
    machine: find(api, kinds.machine, machineKey)
  }
}

type Core = ReturnType<typeof makeCore>

const isProvisioned = (options: InfrastructureConformanceOptions, object: ObjectOf<unknown> | undefined): boolean => {
  const status = bodyOf(object)?.status
  return (options.provider.contract === "v1beta1" ? status?.ready : status?.initialization?.provisioned) === true
}

/** Defines the suite. Call it at the top of a test file. */
export const infrastructureProviderConformance = (name: string, options: InfrastructureConformanceOptions): void => {
  const { finalizers, kinds } = options.provider
  const crashCallsMax = options.crashCallsMax ?? 60

  const inWorld = <A>(test: (world: InfrastructureWorld, core: Core) => Effect.Effect<A>): Effect.Effect<A> =>
    Effect.scoped(Effect.flatMap(options.open, (world) => test(world, makeCore(world, options))))

  /** A provisioned cluster with one provisioned machine. */
  const provision = Effect.fnUntraced(function* (world: InfrastructureWorld, core: Core) {
    yield* core.createCluster()
    yield* world.run()
    yield* core.acceptCluster
    yield* core.createMachine
    yield* core.bootstrapMachine
    yield* world.run()
  })

  const tearDown = Effect.fnUntraced(function* (world: InfrastructureWorld, core: Core) {
    yield* core.deleteMachine
    yield* world.run()
    assert.isUndefined(yield* core.machine, "the infrastructure machine is gone")
    yield* core.deleteCluster
    yield* world.run()
    assert.isUndefined(yield* core.cluster, "the infrastructure cluster is gone")
    assert.deepStrictEqual(yield* world.cloud, [], "nothing is left in the cloud")
  })

  describe(`infrastructure provider: ${name}`, () => {
    it.effect("provisions a cluster and a machine, and reports both", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* provision(world, core)
          const cluster = yield* core.cluster
          const machine = yield* core.machine
          assert.isTrue(isProvisioned(options, cluster), "the infrastructure cluster is provisioned")
          assert.isTrue(isProvisioned(options, machine), "the infrastructure machine is provisioned")
          assert.strictEqual(conditionOf(cluster, "Ready")?.status, "True")
          assert.strictEqual(conditionOf(machine, "Ready")?.status, "True")
          assert.match(bodyOf(machine)?.spec?.providerID ?? "", /^[^:]+:\/\/.*[^/]$/)
          assert.isAbove(bodyOf(machine)?.status?.addresses?.length ?? 0, 0, "the machine has addresses")
          assert.strictEqual(cluster?.apiVersion, apiVersionOf(kinds.cluster))
        })
      )
    )

    it.effect("leaves everything as it is when asked again", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* provision(world, core)
          const before = { cloud: yield* world.cloud, cluster: yield* core.cluster, machine: yield* core.machine }
          yield* world.run()
          const after = { cloud: yield* world.cloud, cluster: yield* core.cluster, machine: yield* core.machine }
          assert.deepStrictEqual(after.cloud, before.cloud)
          assert.deepStrictEqual(bodyOf(after.machine)?.spec, bodyOf(before.machine)?.spec)
          assert.deepStrictEqual(bodyOf(after.cluster)?.spec, bodyOf(before.cluster)?.spec)
        })
      )
    )

    it.effect("removes everything, machine first", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* provision(world, core)
          yield* tearDown(world, core)
        })
      )
    )

    it.effect("makes no machine before the cluster's infrastructure is accepted and the bootstrap data is there", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster()
          yield* world.run()
          yield* core.createMachine
          const before = yield* world.cloud
          yield* world.run()
          assert.deepStrictEqual(yield* world.cloud, before)
          assert.strictEqual(conditionOf(yield* core.machine, "Ready")?.reason, "WaitingForClusterInfrastructure")
          yield* core.acceptCluster
          yield* world.run()
          assert.deepStrictEqual(yield* world.cloud, before)
          assert.strictEqual(conditionOf(yield* core.machine, "Ready")?.reason, "WaitingForBootstrapData")
          assert.isFalse(isProvisioned(options, yield* core.machine))
        })
      )
    )

    it.effect("removes a machine that was never made", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster()
          yield* world.run()
          yield* core.acceptCluster
          yield* core.createMachine
          yield* world.run()
          yield* tearDown(world, core)
        })
      )
    )

    it.effect("keeps the cluster's infrastructure while it has machines", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* provision(world, core)
          const before = yield* world.cloud
          yield* core.deleteCluster
          yield* world.run()
          assert.deepStrictEqual(yield* world.cloud, before)
          assert.isTrue(hasFinalizer(yield* core.cluster, finalizers.cluster))
        })
      )
    )

    it.effect("does nothing while paused, not even a deletion", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster({ paused: true })
          yield* world.run()
          assert.deepStrictEqual(yield* world.cloud, [])
          assert.strictEqual(conditionOf(yield* core.cluster, "Paused")?.status, "True")
          yield* core.unpause
          yield* world.run()
          assert.strictEqual(conditionOf(yield* core.cluster, "Paused")?.status, "False")
          const before = yield* world.cloud
          assert.isAbove(before.length, 0)
          yield* core.pause
          yield* core.deleteCluster
          yield* world.run()
          assert.deepStrictEqual(yield* world.cloud, before)
        })
      )
    )

    it.effect("leaves a cluster alone that somebody else manages", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster({ annotations: { [Annotations.ManagedBy]: "somebody" } })
          const before = yield* core.cluster
          yield* world.run()
          assert.deepStrictEqual(yield* world.cloud, [])
          assert.deepStrictEqual(yield* core.cluster, before)
        })
      )
    )

    it.effect("stores its finalizers before anything is made, and converges after a crash behind any call", () =>
      Effect.gen(function* () {
        const whole = yield* inWorld((world, core) => Effect.andThen(provision(world, core), world.cloud))
        for (let calls = 1; calls <= crashCallsMax; calls++) {
          const crashed = yield* inWorld(
            Effect.fnUntraced(function* (world, core) {
              yield* core.createCluster()
              const inCluster = yield* world.run({ stopAfterCalls: calls })
              if ((yield* world.cloud).length > 0) assert.isTrue(hasFinalizer(yield* core.cluster, finalizers.cluster))
              yield* world.run()
              yield* core.acceptCluster
              yield* core.createMachine
              yield* core.bootstrapMachine
              const before = (yield* world.cloud).length
              const inMachine = yield* world.run({ stopAfterCalls: calls })
              if ((yield* world.cloud).length > before)
                assert.isTrue(hasFinalizer(yield* core.machine, finalizers.machine))
              yield* world.run()
              assert.deepStrictEqual(census(yield* world.cloud), census(whole), `after a crash behind call ${calls}`)
              yield* core.deleteMachine
              const inRemoval = yield* world.run({ stopAfterCalls: calls })
              yield* world.run()
              assert.isUndefined(yield* core.machine)
              yield* core.deleteCluster
              const inTearDown = yield* world.run({ stopAfterCalls: calls })
              yield* world.run()
              assert.isUndefined(yield* core.cluster)
              assert.deepStrictEqual(yield* world.cloud, [], `after a crash behind call ${calls}`)
              return inCluster || inMachine || inRemoval || inTearDown
            })
          )
          if (!crashed) return
        }
      })
    )
  })
}
