/**
 * What every control-plane provider must do that keeps Machines: the contract's promises as tests.
 *
 * The suite plays Cluster API's core (owners, provisioned flags, Nodes, deletions) against a world that the caller supplies: an
 * API, the provider under its harness, and machines that can boot. Controllers are started anew each time, so that nothing
 * can hide in memory; and they are stopped after every single call they make.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/control-plane
 */
import {
  Annotations,
  type AnyKind,
  apiVersionOf,
  Cluster,
  controllerOf,
  isControlPlaneMachine,
  isDeleting,
  type KubernetesObject,
  Labels,
  Machine,
  MachineCondition,
  type NewObject,
  type ObjectOf,
  ownerReference,
  setCondition
} from "@capstan/api"
import { type KubernetesClient, Secret } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { AnyControlPlaneProvider } from "../ControlPlaneProvider.ts"
import {
  clusterKey,
  clusterName,
  conditionOf,
  find,
  hasFinalizer,
  mergeInto,
  namesOf,
  namespace
} from "./ContractObjects.ts"

/** One fresh world: an API that holds nothing but the templates that the spec refers to, and no machine that runs. */
export interface ControlPlaneWorld {
  /** Calls answer at once; nobody injects faults here. */
  readonly api: KubernetesClient
  /**
   * Starts the provider's controllers, lets virtual time pass until nothing more is to be expected (an hour at most), and stops them.
   *
   * @param stopAfterCalls kill them right after that many calls, to the API and the cluster's own together, have been carried out,
   * whether or not the answer was received. Gives back whether they were killed before they were done.
   */
  readonly run: (options?: { readonly stopAfterCalls: number }) => Effect.Effect<boolean>
  /** Everything in the API but Events, after garbage collection. */
  readonly objects: Effect.Effect<ReadonlyArray<KubernetesObject>>
  /**
   * The machine comes up, with its Node and all that the control plane runs on it, in perfect health; the first one makes the
   * cluster. Gives back the Node's name.
   */
  readonly boot: (machine: Machine) => Effect.Effect<string>
}

export interface ControlPlaneConformanceOptions {
  /** What the suite needs to know of the provider under test. */
  readonly provider: Pick<AnyControlPlaneProvider, "finalizer" | "kinds">
  readonly open: Effect.Effect<ControlPlaneWorld, never, Scope.Scope>
  /** The spec as a user writes it. */
  readonly controlPlaneSpec: (settings: { readonly replicas: number; readonly version: string }) => object
  /** Kinds of what is made along with a Machine: its bootstrap config, its infrastructure machine. */
  readonly children: ReadonlyArray<AnyKind>
  /** The crash tests stop after each of the first so many calls. By default 120. */
  readonly crashCallsMax?: number
}

const version = "v1.33.1"
const replicas = 3
const workerName = "worker-0"
const secretType = "cluster.x-k8s.io/secret"
/** Enough for one machine at a time to come up, or for all of them to go. */
const roundsMax = 6

/** Not fit for control planes is the one that comes before "b" in any order of names. */
const failureDomains = [
  { name: "a", controlPlane: true },
  { name: "a-for-workers", controlPlane: false },
  { name: "b", controlPlane: true },
  { name: "c", controlPlane: true }
]

interface Body {
  readonly status?: {
    readonly initialization?: { readonly controlPlaneInitialized?: boolean }
    readonly selector?: string
    readonly replicas?: number
    readonly readyReplicas?: number
    readonly availableReplicas?: number
    readonly upToDateReplicas?: number
    readonly versions?: ReadonlyArray<unknown>
    readonly observedGeneration?: number
    readonly conditions?: unknown
  }
}

/** The contract's fields of an object whose kind is the provider's. */
const bodyOf = (object: ObjectOf<unknown> | undefined): Body | undefined => object as Body | undefined

const isInitialized = (object: ObjectOf<unknown> | undefined): boolean =>
  bodyOf(object)?.status?.initialization?.controlPlaneInitialized === true

const isHeldBack = (machine: Machine): boolean =>
  Object.keys(machine.metadata.annotations ?? {}).some((name) => name.startsWith(Annotations.PreTerminateHookPrefix))

/** Core's part of the story, one step a method. */
const makeCore = ({ api, boot }: ControlPlaneWorld, options: ControlPlaneConformanceOptions) => {
  const { controlPlane } = options.provider.kinds
  const merge = mergeInto(api)
  const labels = { [Labels.ClusterName]: clusterName }
  const allMachines = Effect.map(Effect.orDie(api.list(Machine, { namespace })), ({ items }) => items)
  const machines = Effect.map(allMachines, (items) => items.filter(isControlPlaneMachine))

  /** What was made along with a Machine is the Machine's from now on. */
  const ownChildren = Effect.fnUntraced(function* (machine: Machine) {
    const references = [machine.spec.bootstrap.configRef, machine.spec.infrastructureRef]
    for (const reference of references) {
      const kind = options.children.find(
        (child) => child.kind === reference?.kind && child.group === reference.apiGroup
      )
      if (kind === undefined || reference === undefined) return assert.fail(`unknown kind of ${reference?.kind}`)
      yield* merge(
        kind,
        { namespace, name: reference.name },
        { metadata: { ownerReferences: [{ ...ownerReference(machine), controller: true }] } }
      )
    }
  })

  const bringUp = Effect.fnUntraced(function* (machine: Machine) {
    yield* ownChildren(machine)
    const name = yield* boot(machine)
    const conditions = [MachineCondition.Ready, MachineCondition.Available].reduce(
      (list, type) =>
        setCondition(list, { type, status: "True", reason: type, message: "" }, machine.metadata.creationTimestamp),
      machine.status?.conditions ?? []
    )
    const key = { namespace, name: machine.metadata.name }
    yield* merge(Machine, key, { status: { nodeRef: { name }, conditions } }, "status")
  })

  return {
    /** A Cluster and its control plane. */
    create: Effect.fnUntraced(function* (settings: { readonly paused?: boolean } = {}) {
      const { group, kind } = controlPlane
      const cluster = yield* Effect.orDie(
        api.create(Cluster, {
          metadata: clusterKey,
          spec: {
            controlPlaneRef: { apiGroup: group, kind, name: clusterName },
            infrastructureRef: {
              apiGroup: "infrastructure.cluster.x-k8s.io",
              kind: "AnyCluster",
              name: clusterName
            },
            ...(settings.paused === undefined ? {} : { paused: settings.paused })
          }
        })
      )
      const object: NewObject<{ readonly spec: object }> = {
        metadata: { ...clusterKey, labels, ownerReferences: [{ ...ownerReference(cluster), controller: true }] },
        spec: options.controlPlaneSpec({ replicas, version })
      }
      yield* Effect.orDie(api.create(controlPlane, object))
    }),
    pause: (paused: boolean) => merge(Cluster, clusterKey, { spec: { paused } }),
    provisionInfrastructure: merge(
      Cluster,
      clusterKey,
      { status: { initialization: { infrastructureProvisioned: true }, failureDomains } },
      "status"
    ),
    setEndpoint: merge(Cluster, clusterKey, {
      spec: { controlPlaneEndpoint: { host: "api.conformance.example", port: 6443 } }
    }),
    createWorker: Effect.orDie(
      api.create(Machine, {
        metadata: { namespace, name: workerName, labels },
        spec: {
          clusterName,
          bootstrap: { dataSecretName: workerName },
          infrastructureRef: {
            apiGroup: "infrastructure.cluster.x-k8s.io",
            kind: "AnyMachine",
            name: workerName
          },
          version
        }
      })
    ),
    deleteWorker: Effect.orDie(api.delete(Machine, { namespace, name: workerName })),
    deleteControlPlane: Effect.orDie(api.delete(controlPlane, clusterKey)),
    deleteCluster: Effect.orDie(api.delete(Cluster, clusterKey)),
    /** New Machines become Nodes, Machines that nothing holds back go, and the Cluster tells what its control plane says. */
    play: Effect.gen(function* () {
      for (const machine of yield* machines) {
        if (!isDeleting(machine)) {
          if (machine.status?.nodeRef === undefined) yield* bringUp(machine)
        } else if (!isHeldBack(machine)) {
          yield* merge(Machine, { namespace, name: machine.metadata.name }, { metadata: { finalizers: null } })
        }
      }
      if (isInitialized(yield* find(api, controlPlane, clusterKey))) {
        yield* merge(Cluster, clusterKey, { status: { initialization: { controlPlaneInitialized: true } } }, "status")
      }
    }),
    machines,
    controlPlane: find(api, controlPlane, clusterKey),
    secret: (suffix: string) => find(api, Secret, { namespace, name: `${clusterName}-${suffix}` })
  }
}

type Core = ReturnType<typeof makeCore>

/** All Machines are there, as the contract wants them, and the status says so. */
const assertWhole = Effect.fnUntraced(function* (core: Core, options: ControlPlaneConformanceOptions, when: string) {
  const controlPlane = yield* core.controlPlane
  const machines = yield* core.machines
  if (controlPlane === undefined) return assert.fail(`there is no control plane ${when}`)
  assert.lengthOf(machines, replicas, when)
  for (const machine of machines) {
    const { labels } = machine.metadata
    assert.deepInclude(labels, { [Labels.ClusterName]: clusterName, [Labels.ControlPlane]: "" })
    assert.deepInclude(controllerOf(machine), {
      apiVersion: apiVersionOf(options.provider.kinds.controlPlane),
      kind: options.provider.kinds.controlPlane.kind,
      name: clusterName,
      uid: controlPlane.metadata.uid
    })
    assert.strictEqual(machine.spec.clusterName, clusterName)
    assert.strictEqual(machine.spec.version, version)
    const upToDate = machine.status?.conditions?.find(({ type }) => type === MachineCondition.UpToDate)
    assert.strictEqual(upToDate?.status, "True", when)
  }
  assert.deepStrictEqual(machines.map(({ spec }) => spec.failureDomain).sort(), ["a", "b", "c"], when)
  const { conditions: _, ...status } = bodyOf(controlPlane)?.status ?? {}
  assert.deepInclude(
    status,
    {
      initialization: { controlPlaneInitialized: true },
      replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      upToDateReplicas: replicas,
      versions: [{ version, replicas }],
      observedGeneration: controlPlane.metadata.generation ?? 0
    },
    when
  )
  assert.include(status.selector, `${Labels.ClusterName}=${clusterName}`)
  assert.include(status.selector, Labels.ControlPlane)
  for (const type of ["Available", "Initialized"])
    assert.strictEqual(conditionOf(controlPlane, type)?.status, "True", when)
  for (const type of ["RollingOut", "ScalingUp", "ScalingDown", "Paused"]) {
    assert.strictEqual(conditionOf(controlPlane, type)?.status, "False", when)
  }
})

const assertSecrets = Effect.fnUntraced(function* (core: Core, options: ControlPlaneConformanceOptions) {
  for (const suffix of ["kubeconfig", "ca", "etcd", "proxy", "sa"]) {
    const secret = yield* core.secret(suffix)
    if (secret === undefined) return assert.fail(`there is no Secret for ${suffix}`)
    assert.strictEqual(secret.type, secretType)
    assert.strictEqual(secret.metadata.labels?.[Labels.ClusterName], clusterName)
    assert.strictEqual(controllerOf(secret)?.kind, options.provider.kinds.controlPlane.kind)
    const entries = suffix === "kubeconfig" ? ["value"] : ["tls.crt", "tls.key"]
    for (const entry of entries) assert.isNotEmpty(secret.data?.[entry], `${suffix} has ${entry}`)
  }
})

/** Kinds of things and how many there are of each: names may differ from run to run. */
const census = (objects: ReadonlyArray<KubernetesObject>): ReadonlyArray<string> =>
  objects.map(({ kind }) => kind).sort()

/** Defines the suite. Call it at the top of a test file. */
export const controlPlaneProviderConformance = (name: string, options: ControlPlaneConformanceOptions): void => {
  const crashCallsMax = options.crashCallsMax ?? 120

  const inWorld = <A>(test: (world: ControlPlaneWorld, core: Core) => Effect.Effect<A>): Effect.Effect<A> =>
    Effect.scoped(Effect.flatMap(options.open, (world) => test(world, makeCore(world, options))))

  /** At most one machine exists before one has come up: whichever is first makes the cluster. */
  const assertOneInit = Effect.fnUntraced(function* (core: Core, when: string) {
    const machines = yield* core.machines
    if (machines.some(({ status }) => status?.nodeRef !== undefined)) return
    assert.isAtMost(machines.length, 1, `machines before one has come up ${when}`)
  })

  /** Lets the control plane come up; gives back whether the controllers were stopped before they were done in some round. */
  const bringUp = Effect.fnUntraced(function* (world: ControlPlaneWorld, core: Core, stop?: number) {
    const when = stop === undefined ? "" : `after a crash behind call ${stop} of a round`
    let crashed = false
    for (let round = 0; round < roundsMax; round++) {
      if (stop !== undefined && (yield* world.run({ stopAfterCalls: stop }))) crashed = true
      yield* assertOneInit(core, when)
      yield* world.run()
      yield* assertOneInit(core, when)
      const machines = yield* core.machines
      if (machines.length === replicas && machines.every(({ status }) => status?.nodeRef !== undefined)) break
      yield* core.play
    }
    return crashed
  })

  const start = Effect.fnUntraced(function* (world: ControlPlaneWorld, core: Core) {
    yield* core.create()
    yield* core.provisionInfrastructure
    yield* core.setEndpoint
    yield* bringUp(world, core)
  })

  const takeDown = Effect.fnUntraced(function* (world: ControlPlaneWorld, core: Core, stop?: number) {
    let crashed = false
    for (let round = 0; round < roundsMax && (yield* core.controlPlane) !== undefined; round++) {
      if (stop !== undefined && (yield* world.run({ stopAfterCalls: stop }))) crashed = true
      yield* world.run()
      yield* core.play
    }
    yield* world.objects
    yield* world.run()
    return crashed
  })

  describe(`control-plane provider: ${name}`, () => {
    it.effect("brings up a control plane, spreads its machines, and reports it", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* start(world, core)
          yield* assertWhole(core, options, "at the end")
          yield* assertSecrets(core, options)
        })
      )
    )

    it.effect("makes no machine before the cluster's infrastructure and endpoint are there", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.create()
          const before = namesOf(yield* world.objects)
          yield* world.run()
          assert.deepStrictEqual(namesOf(yield* world.objects), before)
          yield* core.provisionInfrastructure
          yield* world.run()
          assert.deepStrictEqual(yield* core.machines, [])
          assert.isUndefined(yield* core.secret("kubeconfig"))
          assert.strictEqual(conditionOf(yield* core.controlPlane, "Initialized")?.status, "False")
          assert.strictEqual(conditionOf(yield* core.controlPlane, "Available")?.status, "False")
          yield* core.setEndpoint
          yield* world.run()
          assert.lengthOf(yield* core.machines, 1)
        })
      )
    )

    it.effect("lets one machine make the cluster, however long it takes, before any other is made", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.create()
          yield* core.provisionInfrastructure
          yield* core.setEndpoint
          for (const _ of [1, 2, 3]) {
            yield* world.run()
            assert.lengthOf(yield* core.machines, 1)
            assert.isFalse(isInitialized(yield* core.controlPlane))
          }
          assert.strictEqual(conditionOf(yield* core.controlPlane, "ScalingUp")?.status, "True")
          assert.strictEqual(bodyOf(yield* core.controlPlane)?.status?.replicas, 1)
        })
      )
    )

    it.effect("leaves everything as it is when asked again", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* start(world, core)
          yield* world.run()
          const before = yield* world.objects
          yield* world.run()
          assert.deepStrictEqual(yield* world.objects, before)
        })
      )
    )

    it.effect("replaces a machine that somebody has deleted", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* start(world, core)
          const [lost] = yield* core.machines
          if (lost === undefined) return assert.fail("there is no machine")
          const key = { namespace, name: lost.metadata.name }
          yield* Effect.orDie(
            world.api.patch(Machine, key, {
              type: "merge",
              body: { metadata: { finalizers: null, annotations: null } }
            })
          )
          yield* Effect.orDie(world.api.delete(Machine, key))
          yield* bringUp(world, core)
          yield* assertWhole(core, options, "after a machine was lost")
        })
      )
    )

    it.effect("does nothing while paused, not even a deletion", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.create({ paused: true })
          yield* core.provisionInfrastructure
          yield* core.setEndpoint
          const empty = namesOf(yield* world.objects)
          yield* world.run()
          assert.deepStrictEqual(namesOf(yield* world.objects), empty)
          assert.strictEqual(conditionOf(yield* core.controlPlane, "Paused")?.status, "True")
          yield* core.pause(false)
          yield* bringUp(world, core)
          yield* assertWhole(core, options, "after the pause")
          yield* core.pause(true)
          yield* core.deleteControlPlane
          const before = namesOf(yield* world.objects)
          yield* world.run()
          assert.deepStrictEqual(namesOf(yield* world.objects), before)
          assert.isFalse((yield* core.machines).some(isDeleting))
        })
      )
    )

    it.effect("waits with its own deletion until there are no workers, then leaves nothing behind", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          const templates = namesOf(yield* world.objects)
          yield* start(world, core)
          yield* core.createWorker
          yield* core.deleteControlPlane
          yield* world.run()
          yield* core.play
          yield* world.run()
          assert.lengthOf(yield* core.machines, replicas)
          assert.isFalse((yield* core.machines).some(isDeleting))
          assert.isTrue(hasFinalizer(yield* core.controlPlane, options.provider.finalizer))
          yield* core.deleteWorker
          yield* takeDown(world, core)
          assert.isUndefined(yield* core.controlPlane, "the control plane is gone")
          yield* core.deleteCluster
          yield* world.run()
          assert.deepStrictEqual(
            namesOf(yield* world.objects).filter((each) => !templates.includes(each)),
            []
          )
        })
      )
    )

    it.effect("stores its finalizer before anything is made, and converges after a crash behind any call", () =>
      Effect.gen(function* () {
        /** Gives back what there is of a whole control plane, and whether the controllers were stopped before they were done. */
        const story = (stop?: number) =>
          inWorld(
            Effect.fnUntraced(function* (world, core) {
              const templates = namesOf(yield* world.objects)
              yield* core.create()
              yield* core.provisionInfrastructure
              yield* core.setEndpoint
              const before = (yield* world.objects).length
              const atFirst = stop === undefined ? false : yield* world.run({ stopAfterCalls: stop })
              if ((yield* world.objects).length > before) {
                assert.isTrue(hasFinalizer(yield* core.controlPlane, options.provider.finalizer))
              }
              const inRise = yield* bringUp(world, core, stop)
              yield* assertWhole(core, options, `after a crash behind call ${stop}`)
              yield* assertSecrets(core, options)
              const whole = census(yield* world.objects)
              yield* core.deleteControlPlane
              const inFall = yield* takeDown(world, core, stop)
              assert.isUndefined(yield* core.controlPlane, `after a crash behind call ${stop}`)
              yield* core.deleteCluster
              const left = namesOf(yield* world.objects).filter((each) => !templates.includes(each))
              assert.deepStrictEqual(left, [], `after a crash behind call ${stop}`)
              return { whole, crashed: atFirst || inRise || inFall }
            })
          )
        const { whole } = yield* story()
        for (let calls = 1; calls <= crashCallsMax; calls++) {
          const crash = yield* story(calls)
          assert.deepStrictEqual(crash.whole, whole, `after a crash behind call ${calls}`)
          if (!crash.crashed) return
        }
      })
    )
  })
}
