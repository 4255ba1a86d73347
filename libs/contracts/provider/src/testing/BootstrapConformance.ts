/**
 * What every bootstrap provider must do, whatever installs Kubernetes: the contract's promises as tests.
 *
 * The suite plays Cluster API's core and the control plane (owners, provisioned flags, Nodes, deletions) against a world that
 * the caller supplies: an API, and the provider under its harness. Controllers are started anew each time, so that nothing
 * can hide in memory; and they are stopped after every single call they make.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/bootstrap-config
 */
import {
  Annotations,
  apiVersionOf,
  Cluster,
  ClusterCondition,
  controllerOf,
  type KubernetesObject,
  Labels,
  Machine,
  type NewObject,
  type ObjectKey,
  type ObjectOf,
  ownerReference
} from "@capstan/api"
import { type KubernetesClient, Secret } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { AnyBootstrapProvider } from "../BootstrapProvider.ts"
import { clusterKey, clusterName, conditionOf, find, mergeInto, namesOf, namespace } from "./ContractObjects.ts"

/** One fresh world: an empty API. */
export interface BootstrapWorld {
  /** Calls answer at once; nobody injects faults here. */
  readonly api: KubernetesClient
  /**
   * Starts the provider's controllers, lets virtual time pass until nothing more is to be expected (an hour at most), and stops them.
   * The cluster's own API answers whoever has the Secret `<cluster>-kubeconfig`.
   *
   * @param stopAfterCalls kill them right after that many calls have been carried out, whether or not the answer was received. Gives
   * back whether they were killed before they were done.
   */
  readonly run: (options?: { readonly stopAfterCalls: number }) => Effect.Effect<boolean>
  /** Everything in the API but Events, after garbage collection. */
  readonly objects: Effect.Effect<ReadonlyArray<KubernetesObject>>
}

export interface BootstrapConformanceOptions {
  /** What the suite needs to know of the provider under test. */
  readonly provider: Pick<AnyBootstrapProvider, "kinds">
  readonly open: Effect.Effect<BootstrapWorld, never, Scope.Scope>
  /** Specs as a user writes them: fit for the first machine of a control plane and for those that join it; for a worker. */
  readonly controlPlaneSpec: object
  readonly workerSpec: object
  /** Whether the data makes a new cluster, and does not join one. */
  readonly isInit: (data: string) => boolean
  /** The crash tests stop after each of the first so many calls. By default 80. */
  readonly crashCallsMax?: number
}

const keyOfName = (name: string): ObjectKey => ({ namespace, name })

const controlPlanes = ["control-plane-0", "control-plane-1", "control-plane-2"] as const
const [firstName] = controlPlanes
const workerName = "worker-0"

interface Body {
  readonly status?: {
    readonly dataSecretName?: string
    readonly initialization?: { readonly dataSecretCreated?: boolean }
  }
}

/** The contract's fields of an object whose kind is the provider's. */
const bodyOf = (object: ObjectOf<unknown> | undefined): Body | undefined => object as Body | undefined

const hasData = (object: ObjectOf<unknown> | undefined): boolean =>
  bodyOf(object)?.status?.initialization?.dataSecretCreated === true

const entry = (secret: Secret | undefined, key: string): string => atob(secret?.data?.[key] ?? "")

/** Core's part of the story, one step a method. */
const makeCore = ({ api }: BootstrapWorld, options: BootstrapConformanceOptions) => {
  const { config } = options.provider.kinds
  const merge = mergeInto(api)
  const labelsOf = (isControlPlane: boolean) => ({
    [Labels.ClusterName]: clusterName,
    ...(isControlPlane ? { [Labels.ControlPlane]: "" } : {})
  })
  const specOf = (name: string): object => (name === workerName ? options.workerSpec : options.controlPlaneSpec)

  const createConfig = (name: string) => {
    const object: NewObject<{ readonly spec: object }> = {
      metadata: { ...keyOfName(name), labels: labelsOf(name !== workerName) },
      spec: specOf(name)
    }
    return Effect.orDie(api.create(config, object))
  }

  const createMachine = Effect.fnUntraced(function* (name: string, dataSecretName?: string) {
    const { group, kind } = config
    const machine = yield* Effect.orDie(
      api.create(Machine, {
        metadata: { ...keyOfName(name), labels: labelsOf(name !== workerName) },
        spec: {
          clusterName,
          bootstrap: {
            configRef: { apiGroup: group, kind, name },
            ...(dataSecretName === undefined ? {} : { dataSecretName })
          },
          infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "AnyMachine", name },
          version: "v1.33.1"
        }
      })
    )
    yield* merge(config, keyOfName(name), {
      metadata: { ownerReferences: [{ ...ownerReference(machine), controller: true }] }
    })
  })

  const configOf = (name: string) => find(api, config, keyOfName(name))
  const secretOf = (name: string) => find(api, Secret, keyOfName(name))

  return {
    createCluster: (settings: { readonly paused?: boolean } = {}) =>
      Effect.orDie(
        api.create(Cluster, {
          metadata: clusterKey,
          spec: {
            controlPlaneEndpoint: { host: "api.conformance.example", port: 6443 },
            infrastructureRef: {
              apiGroup: "infrastructure.cluster.x-k8s.io",
              kind: "AnyCluster",
              name: clusterName
            },
            ...(settings.paused === undefined ? {} : { paused: settings.paused })
          }
        })
      ),
    pause: (paused: boolean) => merge(Cluster, clusterKey, { spec: { paused } }),
    annotate: (name: string, annotations: object) => merge(config, keyOfName(name), { metadata: { annotations } }),
    provisionInfrastructure: merge(
      Cluster,
      clusterKey,
      { status: { initialization: { infrastructureProvisioned: true } } },
      "status"
    ),
    /** The first machine has booted: the cluster's API answers. */
    initializeControlPlane: Effect.gen(function* () {
      const cluster = yield* Effect.orDie(api.get(Cluster, clusterKey))
      const owned = { labels: { [Labels.ClusterName]: clusterName }, ownerReferences: [ownerReference(cluster)] }
      yield* Effect.orDie(
        api.create(Secret, {
          metadata: { ...keyOfName(`${clusterName}-kubeconfig`), ...owned },
          type: "cluster.x-k8s.io/secret",
          data: { value: btoa("apiVersion: v1\nkind: Config\n") }
        })
      )
      const conditions = [
        {
          type: ClusterCondition.ControlPlaneInitialized,
          status: "True",
          reason: "Initialized",
          message: "",
          lastTransitionTime: cluster.metadata.creationTimestamp
        }
      ]
      const initialization = { controlPlaneInitialized: true }
      yield* merge(Cluster, clusterKey, { status: { conditions, initialization } }, "status")
    }),
    createConfig,
    createMachine,
    /** A config and the Machine that owns it. */
    create: (name: string) => Effect.andThen(createConfig(name), createMachine(name)),
    /** What core does with the data: the Machine refers to it, and becomes a Node. */
    join: (name: string) =>
      Effect.andThen(
        merge(Machine, keyOfName(name), { spec: { bootstrap: { dataSecretName: name } } }),
        merge(Machine, keyOfName(name), { status: { nodeRef: { name } } }, "status")
      ),
    deleteMachine: Effect.fnUntraced(function* (name: string) {
      yield* Effect.orDie(api.delete(config, keyOfName(name)))
      yield* Effect.orDie(api.delete(Machine, keyOfName(name)))
    }),
    deleteCluster: Effect.orDie(api.delete(Cluster, clusterKey)),
    deleteData: (name: string) => Effect.orDie(api.delete(Secret, keyOfName(name))),
    config: configOf,
    secret: secretOf,
    /** Of the names, those whose data makes a new cluster; told by the Secrets, whether or not a status speaks of them. */
    inits: Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
      const found: Array<string> = []
      for (const name of names) {
        const secret = yield* secretOf(name)
        if (secret !== undefined && options.isInit(entry(secret, "value"))) found.push(name)
      }
      return found
    }),
    /** Of the names, those that say that their data is there. */
    ready: Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
      const found: Array<string> = []
      for (const name of names) if (hasData(yield* configOf(name))) found.push(name)
      return found
    })
  }
}

type Core = ReturnType<typeof makeCore>

/** The data is where the contract wants it, and the config says so. */
const assertData = Effect.fnUntraced(function* (core: Core, name: string, options: BootstrapConformanceOptions) {
  const config = yield* core.config(name)
  const secret = yield* core.secret(name)
  assert.isTrue(hasData(config), `${name} has its data`)
  if (config === undefined || secret === undefined) return assert.fail(`${name} has no Secret`)
  assert.strictEqual(bodyOf(config)?.status?.dataSecretName, name)
  assert.strictEqual(conditionOf(config, "Ready")?.status, "True")
  assert.strictEqual(secret.type, "cluster.x-k8s.io/secret")
  assert.strictEqual(secret.metadata.labels?.[Labels.ClusterName], clusterName)
  assert.deepInclude(controllerOf(secret), {
    apiVersion: apiVersionOf(options.provider.kinds.config),
    kind: options.provider.kinds.config.kind,
    name,
    uid: config.metadata.uid
  })
  assert.isNotEmpty(entry(secret, "value"))
  assert.include(["cloud-config", "ignition"], entry(secret, "format"))
})

/** A status never speaks of a Secret that is not there. */
const assertTruthful = Effect.fnUntraced(function* (core: Core, names: ReadonlyArray<string>, when: string) {
  for (const name of names) {
    const status = bodyOf(yield* core.config(name))?.status
    if (status?.dataSecretName === undefined && status?.initialization?.dataSecretCreated !== true) continue
    assert.isDefined(yield* core.secret(name), `the Secret of ${name} exists ${when}`)
  }
})

/** Defines the suite. Call it at the top of a test file. */
export const bootstrapProviderConformance = (name: string, options: BootstrapConformanceOptions): void => {
  const crashCallsMax = options.crashCallsMax ?? 80

  const inWorld = <A>(test: (world: BootstrapWorld, core: Core) => Effect.Effect<A>): Effect.Effect<A> =>
    Effect.scoped(Effect.flatMap(options.open, (world) => test(world, makeCore(world, options))))

  /** A provisioned cluster whose first machine has its data. */
  const bootFirst = Effect.fnUntraced(function* (world: BootstrapWorld, core: Core) {
    yield* core.createCluster()
    yield* core.provisionInfrastructure
    yield* core.create(firstName)
    yield* world.run()
  })

  describe(`bootstrap provider: ${name}`, () => {
    it.effect("gives the first machine of a control plane the data that makes a cluster", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* bootFirst(world, core)
          yield* assertData(core, firstName, options)
          assert.deepStrictEqual(yield* core.inits([firstName]), [firstName])
          assert.strictEqual(conditionOf(yield* core.config(firstName), "Paused")?.status, "False")
        })
      )
    )

    it.effect("makes nothing before the cluster's infrastructure is provisioned", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster()
          yield* core.create(firstName)
          const before = namesOf(yield* world.objects)
          yield* world.run()
          assert.deepStrictEqual(namesOf(yield* world.objects), before)
          assert.strictEqual(conditionOf(yield* core.config(firstName), "Ready")?.status, "False")
          assert.deepStrictEqual(yield* core.ready([firstName]), [])
          yield* core.provisionInfrastructure
          yield* world.run()
          yield* assertData(core, firstName, options)
        })
      )
    )

    it.effect("does not touch a config before a Machine owns it", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster()
          yield* core.provisionInfrastructure
          yield* core.createConfig(firstName)
          const before = yield* world.objects
          yield* world.run()
          assert.deepStrictEqual(yield* world.objects, before)
          yield* core.createMachine(firstName)
          yield* world.run()
          yield* assertData(core, firstName, options)
        })
      )
    )

    it.effect("lets exactly one of several control-plane machines make the cluster, and the others join it", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster()
          yield* core.provisionInfrastructure
          for (const each of controlPlanes) yield* core.create(each)
          yield* world.run()
          const inits = yield* core.inits(controlPlanes)
          assert.lengthOf(inits, 1)
          assert.deepStrictEqual(yield* core.ready(controlPlanes), inits)
          yield* core.initializeControlPlane
          yield* world.run()
          for (const each of controlPlanes) yield* assertData(core, each, options)
          assert.deepStrictEqual(yield* core.inits(controlPlanes), inits)
        })
      )
    )

    it.effect("lets another machine make the cluster when the one that was to is gone", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster()
          yield* core.provisionInfrastructure
          for (const each of controlPlanes) yield* core.create(each)
          yield* world.run()
          for (const gone of yield* core.inits(controlPlanes)) yield* core.deleteMachine(gone)
          yield* world.objects
          yield* world.run()
          assert.lengthOf(yield* core.inits(controlPlanes), 1)
        })
      )
    )

    it.effect("lets a worker wait until the control plane is initialized", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster()
          yield* core.provisionInfrastructure
          yield* core.create(workerName)
          yield* world.run()
          assert.isUndefined(yield* core.secret(workerName))
          yield* core.create(firstName)
          yield* world.run()
          yield* assertData(core, firstName, options)
          assert.isUndefined(yield* core.secret(workerName))
          assert.strictEqual(conditionOf(yield* core.config(workerName), "Ready")?.status, "False")
          yield* core.initializeControlPlane
          yield* world.run()
          yield* assertData(core, workerName, options)
          assert.deepStrictEqual(yield* core.inits([workerName]), [])
        })
      )
    )

    it.effect("does nothing while the cluster or the config is paused", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster({ paused: true })
          yield* core.provisionInfrastructure
          yield* core.create(firstName)
          yield* core.annotate(firstName, { [Annotations.Paused]: "" })
          const before = namesOf(yield* world.objects)
          yield* world.run()
          assert.deepStrictEqual(namesOf(yield* world.objects), before)
          assert.strictEqual(conditionOf(yield* core.config(firstName), "Paused")?.status, "True")
          yield* core.pause(false)
          yield* world.run()
          assert.deepStrictEqual(namesOf(yield* world.objects), before)
          yield* core.annotate(firstName, { [Annotations.Paused]: null })
          yield* world.run()
          yield* assertData(core, firstName, options)
          assert.strictEqual(conditionOf(yield* core.config(firstName), "Paused")?.status, "False")
        })
      )
    )

    it.effect("never makes data twice, nor changes what it has made", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          const names = [firstName, workerName]
          const secrets = Effect.forEach(names, core.secret)
          yield* bootFirst(world, core)
          const first = yield* core.secret(firstName)
          yield* core.initializeControlPlane
          yield* core.create(workerName)
          yield* world.run()
          const before = [first, yield* core.secret(workerName)]
          assert.deepStrictEqual(yield* secrets, before)
          yield* world.run()
          assert.deepStrictEqual(yield* secrets, before)
          for (const each of names) yield* core.deleteData(each)
          yield* world.run()
          assert.deepStrictEqual(yield* secrets, [undefined, undefined])
          for (const each of names) yield* core.join(each)
          yield* world.run()
          assert.deepStrictEqual(yield* secrets, [undefined, undefined])
          assert.deepStrictEqual(yield* core.ready(names), names)
        })
      )
    )

    it.effect("keeps the data that a Machine has already", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* core.createCluster()
          yield* core.provisionInfrastructure
          yield* core.createConfig(firstName)
          yield* core.createMachine(firstName, "restored")
          const before = namesOf(yield* world.objects)
          yield* world.run()
          assert.deepStrictEqual(namesOf(yield* world.objects), before)
          assert.strictEqual(bodyOf(yield* core.config(firstName))?.status?.dataSecretName, "restored")
          assert.deepStrictEqual(yield* core.ready([firstName]), [firstName])
        })
      )
    )

    it.effect("leaves nothing behind", () =>
      inWorld(
        Effect.fnUntraced(function* (world, core) {
          yield* bootFirst(world, core)
          yield* core.initializeControlPlane
          yield* core.create(workerName)
          yield* world.run()
          yield* core.deleteMachine(workerName)
          yield* world.run()
          const left = namesOf(yield* world.objects)
          assert.deepStrictEqual(
            left.filter((each) => each.endsWith(`/${workerName}`)),
            []
          )
          yield* core.deleteMachine(firstName)
          yield* world.run()
          yield* core.deleteCluster
          yield* world.run()
          assert.deepStrictEqual(yield* world.objects, [])
        })
      )
    )

    it.effect("converges after a crash behind any call, and never tells of data before it is there", () =>
      Effect.gen(function* () {
        const names = [...controlPlanes, workerName]
        /** Gives back what there is at the end, and whether the controllers were stopped before they were done. */
        const story = (stop?: number) =>
          inWorld(
            Effect.fnUntraced(function* (world, core) {
              const when = `after a crash behind call ${stop}`
              const runCrashing = Effect.fnUntraced(function* () {
                const crashed = stop === undefined ? false : yield* world.run({ stopAfterCalls: stop })
                yield* assertTruthful(core, names, when)
                assert.isAtMost((yield* core.inits(names)).length, 1, when)
                yield* world.run()
                return crashed
              })
              yield* core.createCluster()
              yield* core.provisionInfrastructure
              for (const each of names) yield* core.create(each)
              const inInit = yield* runCrashing()
              assert.lengthOf(yield* core.inits(names), 1, when)
              yield* core.initializeControlPlane
              const inJoin = yield* runCrashing()
              assert.lengthOf(yield* core.inits(names), 1, when)
              for (const each of names) yield* assertData(core, each, options)
              return { objects: namesOf(yield* world.objects), crashed: inInit || inJoin }
            })
          )
        const whole = yield* story()
        for (let calls = 1; calls <= crashCallsMax; calls++) {
          const { crashed, objects } = yield* story(calls)
          assert.deepStrictEqual(objects, whole.objects, `after a crash behind call ${calls}`)
          if (!crashed) return
        }
      })
    )
  })
}
