/**
 * A whole simulated world for one run: API server, cloud, machines' inside and the manager, on one kernel.
 *
 * Only this folder knows what stands behind the two waists. The manager is a process group that can be killed at any call
 * and comes back with empty caches; everything else is the kernel's data.
 */
import { type AnyKind, type KubernetesObject, Machine, type MachineBody, type ObjectOf } from "@capstan/api"
import { kubeadmBootstrapProvider } from "@capstan/bootstrap-kubeadm"
import { kubeadmControlPlaneProvider } from "@capstan/control-plane-kubeadm"
import { coreControllers } from "@capstan/core"
import { Cause, type InterceptedCall, Kernel } from "@capstan/kernel"
import { type ApiError, KubernetesApi, Namespace } from "@capstan/kubernetes"
import type { CertificateAuthority } from "@capstan/provider"
import {
  bootstrapController,
  type Controller,
  controlPlaneController,
  isQuiet,
  Kinds,
  type ManagerSnapshot,
  ManagerProbe,
  ReconcileHook,
  type ManagerOptions,
  runManager,
  type Trigger
} from "@capstan/runtime"
import { ApiServer, client } from "@capstan/simulator-kubernetes"
import { World } from "@capstan/world"
import { Cause as Failure, Context, Effect, Exit, Layer, Result } from "effect"
import type { EtcdView, WorldEvent, WorldView } from "../invariants/Invariant.ts"
import type { InstanceScene } from "../language/Expression.ts"
import type { Binding } from "../language/ScenarioDocument.ts"
import type { Plan, PlannedObject } from "../plan/Plan.ts"
import { kindOf } from "../report/WriteEvent.ts"
import {
  etcdSummaryOf,
  homeNamespaceOf,
  InstanceScenes,
  instancesMeant,
  kindNamed,
  machinesByProviderId,
  namespacesOf,
  objectsMeant,
  unready,
  victimOf
} from "../run/Reading.ts"
import type { RunStatistics } from "../run/RunResult.ts"
import type { Change, Quiet, Simulation } from "../run/Simulation.ts"
import type { Refusal, Stage } from "../run/Stage.ts"
import { applyObject } from "./ApplyObject.ts"
import { makeAwsCloud } from "./AwsCloud.ts"
import { makeDevCloud } from "./DevCloudAdapter.ts"
import { FaultInjector } from "./FaultInjector.ts"
import { preconditionsOf } from "./Preconditions.ts"
import type { ManagerServices, SimulatedCloud } from "./SimulatedCloud.ts"
import { simulatedKinds } from "./SimulatedKinds.ts"

/** The process group of the manager, and of one that takes over from it. */
export const managerName = "manager"
const successorName = "manager-2"

/** Two resyncs and a little: a world that writes nothing for so long has settled. */
const quietMillis = 21 * 60_000

/** Writes that a broken watch may miss and still go on where it was: in a fleet of a thousand machines, some ten seconds of them. */
const watchWindow = 2000

export interface SimulatedWorldOptions {
  readonly plan: Plan
  readonly seed: number
  readonly keepTrace: "all" | "hash"
  /** When time begins there; the kernel's own beginning unless given. */
  readonly epochMillis?: number
  /** Kubernetes versions that there are images for, besides those that the plan names. */
  readonly imageVersions?: ReadonlyArray<string>
  /** Key pairs of the account, besides those that the plan names. */
  readonly keyPairs?: ReadonlyArray<string>
  /** Another cloud than the simulated one that the plan's world names. */
  readonly cloud?: (kernel: Kernel) => SimulatedCloud
  /** Where the controllers get keys and certificates; a deterministic one of the world's unless given. */
  readonly certificateAuthority?: Layer.Layer<CertificateAuthority>
  /** How long a reconcile may take, of the world's time; the manager's own default unless given. */
  readonly reconcileTimeoutMillis?: number
}

type WorldTimer = { readonly _tag: "Restart" }

interface SavedCounts {
  readonly lastChangeMillis: number
  readonly reconciles: number
  readonly writes: number
  readonly away: boolean
  readonly backMillis: number
}

interface LogEntryLike {
  readonly object: KubernetesObject
  readonly previous: KubernetesObject | undefined
  readonly type: string
  readonly seq: number
}

/** Kinds whose writes are no change of the world: what happened, and who leads. */
const commentary = new Set(["Event", "Lease.coordination.k8s.io"])

export class SimulatedWorld implements Simulation {
  readonly kernel: Kernel
  readonly stage: Stage
  readonly view: WorldView
  readonly server: ApiServer
  readonly world: World
  readonly cloud: SimulatedCloud
  readonly silenceMillis = quietMillis
  private readonly plan: Plan
  private readonly certificateAuthority: Layer.Layer<CertificateAuthority>
  private readonly managerOptions: ManagerOptions
  private readonly faults: FaultInjector
  private readonly timers: { readonly after: (millis: number, event: WorldTimer) => unknown }
  private readonly scenes = new InstanceScenes()
  private readonly listeners: Array<(change: Change) => void> = []
  private managerSnapshot: (() => ManagerSnapshot) | undefined
  private lastChangeMillis: number
  /** Whether a crashed manager has yet to come back, which is as good as a fault, and when the last one did. */
  private away = false
  private backMillis = 0
  private reconciles = 0
  private writes = 0
  private problem: string | undefined
  private stopped = false
  /** Which process group is the manager. */
  private current = managerName

  constructor(options: SimulatedWorldOptions) {
    const { plan, reconcileTimeoutMillis } = options
    this.plan = plan
    this.managerOptions = {
      name: "capstan-manager",
      ...(reconcileTimeoutMillis === undefined ? {} : { reconcileTimeoutMillis })
    }
    this.kernel = new Kernel({
      seed: options.seed,
      keep: options.keepTrace,
      ...(options.epochMillis === undefined ? {} : { epochMillis: options.epochMillis })
    })
    this.server = new ApiServer(this.kernel, {
      name: "management",
      kinds: simulatedKinds.all,
      service: "kubernetes",
      watchWindow
    })
    const preconditions = preconditionsOf(plan)
    this.cloud =
      options.cloud?.(this.kernel) ??
      (preconditions.provider === "dev"
        ? makeDevCloud(this.kernel, { zones: preconditions.devZones })
        : makeAwsCloud(this.kernel, {
            ...preconditions.aws,
            imageVersions: [...new Set([...preconditions.aws.imageVersions, ...(options.imageVersions ?? [])])],
            keyPairs: [...new Set([...preconditions.aws.keyPairs, ...(options.keyPairs ?? [])])]
          }))
    this.world = new World(this.kernel, {
      clouds: [this.cloud.ports],
      preconditions: { cni: plan.world.cni ?? true, cloudController: plan.world.cloudController ?? true }
    })
    for (const workload of plan.world.workloads ?? []) this.world.declareWorkload(workload)
    this.timers = this.kernel.component<WorldTimer>({
      name: "managers",
      handle: () => this.startManager(this.current),
      save: (): SavedCounts => ({
        lastChangeMillis: this.lastChangeMillis,
        reconciles: this.reconciles,
        writes: this.writes,
        away: this.away,
        backMillis: this.backMillis
      }),
      // The kernel hands back what `save` gave, and knows it as unknown.
      restore: (state) => {
        const saved = state as SavedCounts
        this.lastChangeMillis = saved.lastChangeMillis
        this.reconciles = saved.reconciles
        this.writes = saved.writes
        this.away = saved.away
        this.backMillis = saved.backMillis
      }
    })
    this.certificateAuthority = options.certificateAuthority ?? this.world.layers.certificateAuthority
    this.faults = new FaultInjector({
      kernel: this.kernel,
      cloud: this.cloud,
      crash: () => this.kernel.process(this.current).kill("fault controller.crash"),
      victimOf: (target) => victimOf(target, machinesByProviderId(this.machines()))
    })
    this.lastChangeMillis = this.kernel.now()
    this.kernel.trace.subscribe((event) => this.observed(event as unknown as ObservedEvent))
    this.stage = this.makeStage()
    this.view = this.makeView()
    this.createNamespaces()
  }

  start(): void {
    this.startManager(this.current)
  }

  stop(): void {
    this.stopped = true
    this.kernel.process(managerName).kill("the run is over")
    this.kernel.process(successorName).kill("the run is over")
  }

  /** Starts a second manager beside the first: both believe that they lead. */
  startSuccessor(): void {
    this.startManager(successorName)
  }

  /** Ends the first manager in favour of the second. */
  retirePredecessor(): void {
    this.current = successorName
    this.kernel.process(managerName).kill("has lost its lease")
  }

  /** What the called service answers when it fails with this code. Counts as a refusal. */
  refusalOf(call: InterceptedCall, code: string): unknown {
    return this.faults.errorFor(call, code)
  }

  /** Kills the manager without a successor: the world can be saved then, and goes on with `start`. */
  pause(): void {
    this.stopped = true
    this.kernel.process(this.current).kill("paused")
    this.kernel.step()
    this.stopped = false
  }

  subscribe(listener: (change: Change) => void): void {
    this.listeners.push(listener)
  }

  quiet(): Quiet {
    const snapshot = this.managerSnapshot?.()
    return {
      quiet: snapshot !== undefined && isQuiet(snapshot) && !this.faults.anyActive,
      // What a fault did, or its end undid, may show only later: a machine that reboots changes nothing at first.
      lastChangeMillis: Math.max(this.lastChangeMillis, this.faults.lastEndMillis),
      waitingFor: () => [...managerWaitsFor(snapshot), ...unready(this.machines())]
    }
  }

  statistics(): RunStatistics {
    const calls = this.calls()
    const errors = new Map<string, number>()
    for (const call of calls) {
      for (const [code, count] of Object.entries(call.errors)) errors.set(code, (errors.get(code) ?? 0) + count)
    }
    return {
      events: this.kernel.trace.seq,
      reconciles: this.reconciles,
      apiWrites: this.writes,
      cloudCalls: Object.fromEntries(calls.map((call) => [call.id, call.calls])),
      cloudErrors: Object.fromEntries(errors),
      workloads: this.world.workloads().map(({ belowBudgetSeconds, name }) => ({ name, belowBudgetSeconds }))
    }
  }

  hourlyDollars(): number | undefined {
    return this.cloud.hourlyDollars?.()
  }

  defect(): string | undefined {
    return this.problem
  }

  /** The management cluster's objects as they were at this time. */
  objectsAt(epochMillis: number): ReadonlyArray<KubernetesObject> {
    return this.server.objectsAt(epochMillis)
  }

  // ── The manager ────────────────────────────────────────────────────────────────────────────────────────────────────

  private startManager(name: string): void {
    if (this.stopped) return
    if (this.away) this.backMillis = this.kernel.now()
    this.away = false
    const { kernel, world } = this
    const services = Context.empty().pipe(
      Context.add(KubernetesApi, client(this.server, { userAgent: managerName })),
      Context.add(Kinds, simulatedKinds),
      Context.add(ManagerProbe, {
        register: (snapshot: () => ManagerSnapshot) => void (this.managerSnapshot = snapshot)
      }),
      Context.add(ReconcileHook, this.reconcileHook())
    )
    const controllers: Effect.Effect<ReadonlyArray<Controller<ManagerServices>>, never, ManagerServices> = Effect.all([
      coreControllers,
      Effect.map(kubeadmBootstrapProvider, (provider) => [bootstrapController(provider)]),
      Effect.map(kubeadmControlPlaneProvider, (provider) => [controlPlaneController(provider)]),
      this.cloud.controllers
    ]).pipe(Effect.map((lists) => lists.flat()))
    const manager = runManager(this.managerOptions, controllers).pipe(
      Effect.provide(
        Layer.mergeAll(
          world.layers.workloadClusters,
          world.layers.etcdMembers,
          world.layers.nameResolver,
          this.certificateAuthority
        )
      ),
      Effect.provide(services)
    )
    kernel.process(name).start(manager)
  }

  /** Every reconcile is an event, caused by the write that woke it, and the cause of what it does. */
  private reconcileHook(): (typeof ReconcileHook)["Service"] {
    const { kernel } = this
    /** The last reconcile of each controller's object: it asked for the next one, by a time or by failing. */
    const last = new Map<string, number>()
    return {
      around: (info, reconcile) =>
        Effect.suspend(() => {
          this.reconciles++
          const { trigger } = info
          const object = `${info.request.namespace}/${info.request.name}`
          const key = `${info.controller} ${object}`
          const cause =
            trigger._tag === "Change"
              ? this.seqOfChange(trigger)
              : trigger._tag === "Requeue" || trigger._tag === "Backoff"
                ? (last.get(key) ?? 0)
                : 0
          const seq = kernel.trace.emit(
            "reconcile",
            {
              controller: info.controller,
              object,
              trigger: trigger._tag
            },
            cause
          )
          last.set(key, seq)
          return Effect.provideService(
            Effect.tapError(reconcile, (error) =>
              Effect.sync(
                () =>
                  void kernel.trace.emit(
                    "reconcile.failed",
                    {
                      controller: info.controller,
                      object,
                      message: String((error as { readonly message?: unknown }).message ?? error)
                    },
                    seq
                  )
              )
            ),
            Cause,
            seq
          )
        })
    }
  }

  /** The write that a controller was woken by, in the management cluster or in a workload cluster; 0 when it is not known. */
  private seqOfChange({ cluster, resourceVersion }: Extract<Trigger, { readonly _tag: "Change" }>): number {
    const server = cluster === undefined ? this.server : this.world.apiServerOf(cluster)
    return server?.seqOfVersion(resourceVersion) ?? 0
  }

  // ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  private observed(event: ObservedEvent): void {
    switch (event.kind) {
      case "write":
        return this.written(event)
      case "process.killed":
        if (this.stopped || event["process"] !== this.current) return
        this.away = true
        this.timers.after(this.faults.restartAfterMillis, { _tag: "Restart" })
        return
      case "process.exited": {
        const { exit } = this.kernel.process(String(event["process"]))
        if (!this.stopped && exit !== undefined && Exit.isFailure(exit))
          this.problem = `the manager died: ${Failure.pretty(exit.cause)}`
        return
      }
      case "etcd": {
        const step = event["step"] === "removed" ? "removed" : event["step"] === "added" ? "added" : undefined
        this.publish(
          "etcd",
          step === undefined ? { kind: "time" } : { kind: "etcd", etcd: { cluster: String(event["cluster"]), step } }
        )
        return
      }
      default:
        if (!this.cloud.changeEvents.includes(event.kind)) return
        if (isCall(event) ? changesCloud(event) : event["to"] !== "forgotten") {
          this.lastChangeMillis = this.kernel.now()
          this.publish("cloud", { kind: "cloud" })
        }
        this.publish("calls", { kind: "time" })
    }
  }

  private written(event: ObservedEvent): void {
    const resource = String(event["resource"])
    const kind = kindOf(resource)
    if (event["api"] !== this.server.name) {
      this.publish(`workload:${kind}`, { kind: "time" })
      return
    }
    this.writes++
    const entry = this.server.history.at(-1) as LogEntryLike | undefined
    if (!commentary.has(resource)) this.lastChangeMillis = this.kernel.now()
    if (entry === undefined || this.listeners.length === 0) return
    this.publish(`kind:${kind}`, {
      kind: "write",
      write: {
        verb: String(event["verb"]),
        actor: event["actor"] === managerName ? "manager" : "other",
        kind,
        before: entry.type === "ADDED" ? undefined : entry.previous,
        after: entry.type === "DELETED" ? undefined : entry.object
      }
    })
  }

  private publish(topic: string, event: WorldEvent): void {
    for (const listener of this.listeners) listener({ topic, event })
  }

  // ── The stage ──────────────────────────────────────────────────────────────────────────────────────────────────────

  private createNamespaces(): void {
    for (const name of namespacesOf(this.plan))
      this.server.create(Namespace, { metadata: { name } }, { actor: "scenario" })
  }

  private makeStage(): Stage {
    const { kernel, server } = this
    const refused = (result: Result.Result<unknown, ApiError>): Refusal =>
      Result.isFailure(result) ? result.failure.message : undefined
    const act = (name: string): { readonly actor: string } => ({ actor: name })
    const namespaceOf = (namespace: string | undefined): string => namespace ?? homeNamespaceOf(this.plan)
    return {
      now: () => kernel.now(),
      wakeAt: () => {},
      members: (binding) => this.members(binding),
      apply: (planned) => refused(this.apply(planned)),
      patch: (action, name, namespace) => {
        const kind = kindNamed(action.reference.kind, action.reference.apiVersion)
        if (kind === undefined) return `no matches for kind "${action.reference.kind}"`
        const key = { namespace: kind.scope === "Cluster" ? "" : namespaceOf(namespace), name }
        const patch =
          action.type === "json"
            ? { type: "json" as const, body: action.value as never }
            : { type: "merge" as const, body: action.value }
        return refused(
          server.patch(kind, key, patch, {
            ...act("scenario"),
            ...(action.subresource === undefined ? {} : { subresource: action.subresource })
          })
        )
      },
      delete: (reference, name, namespace) => {
        const kind = kindNamed(reference.kind, reference.apiVersion)
        if (kind === undefined) return `no matches for kind "${reference.kind}"`
        return refused(
          server.delete(
            kind,
            { namespace: kind.scope === "Cluster" ? "" : namespaceOf(namespace), name },
            act("scenario")
          )
        )
      },
      inject: (step, action, targets) => this.faults.inject(step, action, targets),
      heal: (step) => this.faults.heal(step),
      faultEnded: (step) => this.faults.hasEnded(step),
      victims: (step) => this.faults.victims(step),
      observe: {
        etcd: (controlPlane) => etcdSummaryOf(this.etcdViews(), controlPlane),
        instancesOf: (machine) => this.instancesOf(machine),
        workload: (name) => this.world.workloads().find((workload) => workload.name === name),
        calls: (pattern) => this.countCalls(pattern)
      },
      note: (kind, data) => kernel.trace.emit(kind, data),
      causedBy: (cause, act) => kernel.causedBy(cause, act),
      draw: (n) => (kernel.seed === 0 ? 0 : kernel.random("engine/targets").below(n))
    }
  }

  private apply({ object }: PlannedObject): Result.Result<unknown, ApiError> {
    return applyObject(this.server, object)
  }

  private members(binding: Binding): ReadonlyArray<unknown> {
    if (binding.resource !== undefined) return this.instanceScenes(binding)
    const kind = simulatedKinds.all.find((candidate) => candidate.kind === binding.kind)
    if (kind === undefined) return []
    const server = binding.workload === undefined ? this.server : this.world.apiServerOf(binding.workload)
    const listed = server?.list(kind, binding.namespace === undefined ? {} : { namespace: binding.namespace })
    if (listed === undefined || Result.isFailure(listed)) return []
    return objectsMeant(binding, listed.success.items as ReadonlyArray<KubernetesObject>)
  }

  private instanceScenes(binding: Binding): ReadonlyArray<InstanceScene> {
    const machines = machinesByProviderId(this.machines())
    return instancesMeant(binding, this.cloud.instances()).map((instance) => this.scenes.of(instance, machines))
  }

  private machines(): ReadonlyArray<ObjectOf<MachineBody>> {
    const listed = this.server.list(Machine)
    return Result.isFailure(listed) ? [] : listed.success.items
  }

  private instancesOf(object: KubernetesObject): ReadonlyArray<InstanceScene> {
    const { name } = object.metadata
    return this.instanceScenes({}).filter((instance) => instance.machine === name && instance.state !== "terminated")
  }

  private etcdViews(): ReadonlyArray<EtcdView> {
    return this.world.etcd()
  }

  /** Calls by operation: those that the cloud answered, and those that a fault answered in its place. */
  private calls(): ReturnType<SimulatedCloud["calls"]> {
    const all = new Map(this.cloud.calls().map((call) => [call.id, call]))
    for (const { calls, errors, id } of this.faults.refusals()) {
      const known = all.get(id)
      all.set(id, { id, calls: calls + (known?.calls ?? 0), errors: { ...known?.errors, ...errors } })
    }
    return [...all.values()]
  }

  private countCalls(pattern: string): number {
    const [operation = "", code] = pattern.split(":")
    const matches = (id: string) =>
      operation.endsWith(".*") ? id.startsWith(operation.slice(0, -1)) : id === operation
    return this.calls()
      .filter((call) => matches(call.id))
      .reduce((sum, call) => sum + (code === undefined ? call.calls : (call.errors[code] ?? 0)), 0)
  }

  private makeView(): WorldView {
    const { kernel, server } = this
    const list = (kind: AnyKind): ReadonlyArray<KubernetesObject> => {
      const listed = server.list(kind)
      return Result.isFailure(listed) ? [] : listed.success.items
    }
    const { cloud, faults } = this
    const isAway = (): boolean => this.away
    const backSince = (): number => this.backMillis
    return {
      get nowMillis() {
        return kernel.now()
      },
      objects: list,
      infrastructureMachines: () => list(cloud.machineKind),
      infrastructureClusters: () => list(cloud.clusterKind),
      instances: () => cloud.instances(),
      resources: () => cloud.resources(),
      etcd: () => this.etcdViews(),
      get faultsActive() {
        return faults.anyActive || isAway()
      },
      get lastFaultEndMillis() {
        return Math.max(faults.lastEndMillis, backSince())
      }
    }
  }
}

/** What a manager has yet to do, in words. */
const managerWaitsFor = (snapshot: ManagerSnapshot | undefined): ReadonlyArray<string> =>
  snapshot === undefined
    ? ["the manager to start"]
    : [
        ...snapshot.starting.map((kind) => `the informer of ${kind}`),
        ...snapshot.controllers.flatMap((controller) => [
          ...controller.processing.map((key) => `${controller.name} ${key} (in flight)`),
          ...controller.delayed
            .filter(({ why }) => why === "Backoff")
            .map(({ key }) => `${controller.name} ${key} (failing, backing off)`)
        ])
      ]

interface ObservedEvent {
  readonly kind: string
  readonly [key: string]: unknown
}

const isCall = (event: ObservedEvent): boolean => event.kind === "aws" || event.kind === "dev"

/** A call that succeeded and may have made, changed or removed something. Providers write only where something differs. */
const changesCloud = (event: ObservedEvent): boolean =>
  event["code"] === undefined &&
  (event.kind === "aws" ? !/^(Describe|Get|List)/.test(String(event["operation"])) : event["ids"] !== undefined)
