/**
 * A world outside as runs see it: a management cluster, an account and the clusters inside, as they were when somebody last looked.
 *
 * A run asks at once, a real world is asked over the network. So somebody looks again and again and shows what was seen, and acts
 * are handed to somebody who does them one after the other. The kernel keeps the time of steps and expectations and nothing else;
 * `RealTime` drives it. An account must be looked at after the objects that are shown with it, so that what an object's end promises
 * to be gone has been looked for since.
 * Left out: who wrote what. A Machine that has a controller of its own counts as made by the manager, all else as anybody's.
 *
 * @source scenarios/engine/src/simulated/SimulatedWorld.ts
 */
import {
  type AnyKind,
  Cluster,
  controllerOf,
  formatKey,
  KubeadmControlPlane,
  type KubernetesObject,
  keyOf,
  Machine,
  MachineDeployment,
  MachineSet,
  type MachineBody,
  type ObjectOf
} from "@capstan/api"
import { AWSCluster, AWSMachine } from "@capstan/infrastructure-aws"
import { Kernel } from "@capstan/kernel"
import type { CloudInstance, CloudResource, EtcdView, WorldView } from "../invariants/Invariant.ts"
import type { InstanceScene, Victim } from "../language/Expression.ts"
import type { Binding } from "../language/ScenarioDocument.ts"
import { allSteps, type Plan, type PlannedObject, type PlannedReference } from "../plan/Plan.ts"
import {
  etcdSummaryOf,
  faultEvent,
  homeNamespaceOf,
  InstanceScenes,
  instancesMeant,
  kindNamed,
  machinesByProviderId,
  objectsMeant,
  unready,
  victimOf
} from "../run/Reading.ts"
import type { RunStatistics } from "../run/RunResult.ts"
import type { Change, Quiet, Simulation } from "../run/Simulation.ts"
import type { FaultAction, Outcome, PatchAction, Refusal, Stage, Underway } from "../run/Stage.ts"

/** Something that a step wants done outside. */
export type LiveAct =
  | { readonly _tag: "Apply"; readonly planned: PlannedObject }
  | {
      readonly _tag: "Patch"
      readonly action: PatchAction
      readonly kind: AnyKind
      readonly name: string
      readonly namespace: string
    }
  | { readonly _tag: "Delete"; readonly kind: AnyKind; readonly name: string; readonly namespace: string }
  | {
      readonly _tag: "Fault"
      readonly step: string
      readonly action: FaultAction
      /** The picked instances. */
      readonly targets: ReadonlyArray<InstanceScene>
    }
  | { readonly _tag: "Heal"; readonly step: string }

/** What came of an act: why it was not done, or the ids of the instances that it hit. */
export interface LiveOutcome {
  readonly refusal: Refusal
  readonly hit?: ReadonlyArray<string>
}

/** A change of an object of the management cluster. */
export interface SeenChange {
  readonly before: KubernetesObject | undefined
  readonly after: KubernetesObject | undefined
  /** It was there when it was first looked for: nothing has happened. */
  readonly initial: boolean
}

/** What was seen of an account. */
export interface SeenAccount {
  readonly instances: ReadonlyArray<CloudInstance>
  /** All that clusters own, instances included. */
  readonly resources: ReadonlyArray<CloudResource>
}

/** What was seen of a cluster's inside; what could not be asked for keeps what was seen before. */
export interface SeenWorkload {
  readonly cluster: string
  readonly objects: ReadonlyMap<AnyKind, ReadonlyArray<KubernetesObject>>
  readonly etcd: EtcdView | undefined
}

export interface LiveWorldOptions {
  readonly plan: Plan
  /** What time it is there, epoch milliseconds. */
  readonly epochMillis: number
  /** A number below `n`: by which targets are picked. */
  readonly draw: (n: number) => number
  /** Does an act, after those that were handed over before, and says what came of it between two steps of the kernel. */
  readonly perform: (act: LiveAct, done: (outcome: LiveOutcome) => void) => void
  /** Whether there is a management cluster to look at. */
  readonly objects: boolean
}

/** A living cluster writes now and then: it has settled when nothing of ours has changed for so long. */
const settledMillis = 2 * 60_000

/** What invariants ask for, whatever a scenario names. */
const alwaysWatched: ReadonlyArray<AnyKind> = [
  Cluster,
  KubeadmControlPlane,
  MachineDeployment,
  MachineSet,
  Machine,
  AWSCluster,
  AWSMachine
]

/** The kinds of the management cluster that a run of the plan has to look at. */
export const watchedKinds = (plan: Plan): ReadonlyArray<AnyKind> => [
  ...new Set([
    ...alwaysWatched,
    ...Object.values(plan.bindings).flatMap(({ kind, workload }) =>
      kind === undefined || workload !== undefined ? [] : (kindNamed(kind) ?? [])
    )
  ])
]

/** The kinds that a run has to look at inside of clusters, by cluster. */
export const watchedInside = (plan: Plan): ReadonlyMap<string, ReadonlyArray<AnyKind>> => {
  const inside = new Map<string, ReadonlyArray<AnyKind>>()
  for (const { kind, workload } of Object.values(plan.bindings)) {
    const known = kind === undefined ? undefined : kindNamed(kind)
    if (workload === undefined || known === undefined) continue
    inside.set(workload, [...new Set([...(inside.get(workload) ?? []), known])])
  }
  return inside
}

/** Whether any expression of the plan asks for this function. */
export const asksFor = (plan: Plan, name: string): boolean =>
  [
    ...plan.expectations.map(({ expression }) => expression),
    ...(plan.guardrails.aws?.stopWhen ?? []),
    ...allSteps(plan.steps).flatMap(({ action, when }) => [
      ...(when === undefined ? [] : [when]),
      ...(action._tag === "Wait" || action._tag === "Check" ? [action.expression] : [])
    ])
  ].some(({ dependencies }) => dependencies.functions.has(name))

export class LiveWorld implements Simulation {
  readonly kernel: Kernel
  readonly stage: Stage
  readonly view: WorldView
  readonly silenceMillis: number
  private readonly options: LiveWorldOptions
  private readonly scenes = new InstanceScenes()
  private readonly listeners: Array<(change: Change) => void> = []
  private readonly store = new Map<AnyKind, Map<string, KubernetesObject>>()
  /** In the order in which they were first seen. */
  private readonly instances = new Map<string, CloudInstance>()
  private resources: ReadonlyArray<CloudResource> = []
  private readonly inside = new Map<string, SeenWorkload>()
  private readonly active = new Set<string>()
  private readonly over = new Set<string>()
  private readonly hit = new Map<string, ReadonlyArray<Victim>>()
  private underway = 0
  private lastChangeMillis: number
  private lastFaultEndMillis = 0

  constructor(options: LiveWorldOptions) {
    this.options = options
    this.kernel = new Kernel({ seed: 0, keep: "hash", epochMillis: Math.floor(options.epochMillis) })
    this.silenceMillis = options.objects ? settledMillis : 0
    this.lastChangeMillis = this.kernel.now()
    this.stage = this.makeStage()
    this.view = this.makeView()
  }

  start(): void {}

  stop(): void {}

  subscribe(listener: (change: Change) => void): void {
    this.listeners.push(listener)
  }

  quiet(): Quiet {
    return {
      quiet: this.active.size === 0 && this.underway === 0,
      lastChangeMillis: this.lastChangeMillis,
      waitingFor: () => unready(this.machines())
    }
  }

  statistics(): RunStatistics {
    return {
      events: this.kernel.trace.seq,
      reconciles: 0,
      apiWrites: 0,
      cloudCalls: {},
      cloudErrors: {},
      workloads: []
    }
  }

  /** Whatever runs there is no code of ours. */
  defect(): undefined {
    return undefined
  }

  // ── What was seen. To be shown between two steps of the kernel ──────────────────────────────────────────────────────

  showAccount({ instances, resources }: SeenAccount): void {
    this.resources = resources
    const seen = new Set(instances.map(({ id }) => id))
    let changed = false
    for (const [id, known] of this.instances) {
      // EC2 forgets what is terminated; for us it stays so.
      if (seen.has(id) || known.state === "terminated") continue
      this.instances.set(id, { ...known, state: "terminated" })
      changed = true
    }
    for (const instance of instances) {
      const known = this.instances.get(instance.id)
      if (known !== undefined && JSON.stringify(known) === JSON.stringify(instance)) continue
      this.instances.set(instance.id, instance)
      changed = true
    }
    if (changed) this.lastChangeMillis = this.kernel.now()
    this.publish({ topic: "cloud", event: { kind: changed ? "cloud" : "time" } })
  }

  /** Changes in the order in which they happened. */
  showObjects(kind: AnyKind, changes: ReadonlyArray<SeenChange>): void {
    const objects = this.store.get(kind) ?? new Map<string, KubernetesObject>()
    this.store.set(kind, objects)
    for (const { after, before, initial } of changes) {
      const key = formatKey(keyOf((after ?? before) as KubernetesObject))
      if (after === undefined) objects.delete(key)
      else objects.set(key, after)
      if (!initial) this.lastChangeMillis = this.kernel.now()
      const made = before === undefined && !initial && after !== undefined && controllerOf(after) !== undefined
      this.publish({
        topic: `kind:${kind.kind}`,
        event: {
          kind: "write",
          write: {
            verb: after === undefined ? "delete" : before === undefined ? "create" : "update",
            actor: made || isUnforced(before, after) ? "manager" : "other",
            kind: kind.kind,
            before,
            after
          }
        }
      })
    }
  }

  showWorkload(seen: SeenWorkload): void {
    const known = this.inside.get(seen.cluster)
    this.inside.set(seen.cluster, {
      cluster: seen.cluster,
      objects: new Map([...(known?.objects ?? []), ...seen.objects]),
      etcd: seen.etcd ?? known?.etcd
    })
    for (const kind of seen.objects.keys()) this.publish({ topic: `workload:${kind.kind}`, event: { kind: "time" } })
    if (seen.etcd !== undefined) this.publish({ topic: "etcd", event: { kind: "time" } })
  }

  private publish(change: Change): void {
    for (const listener of this.listeners) listener(change)
  }

  // ── The stage ──────────────────────────────────────────────────────────────────────────────────────────────────────

  private makeStage(): Stage {
    const { kernel, options } = this
    const { plan } = options
    const home = homeNamespaceOf(plan)
    const placed = (reference: PlannedReference, namespace: string | undefined) => {
      const kind = kindNamed(reference.kind, reference.apiVersion)
      return kind === undefined ? undefined : { kind, namespace: kind.scope === "Cluster" ? "" : (namespace ?? home) }
    }
    return {
      now: () => kernel.now(),
      wakeAt: () => {},
      members: (binding) => this.members(binding),
      apply: (planned) => this.perform({ _tag: "Apply", planned }),
      patch: (action, name, namespace) => {
        const place = placed(action.reference, namespace)
        if (place === undefined) return `no matches for kind "${action.reference.kind}"`
        return this.perform({ _tag: "Patch", action, name, ...place })
      },
      delete: (reference, name, namespace) => {
        const place = placed(reference, namespace)
        if (place === undefined) return `no matches for kind "${reference.kind}"`
        return this.perform({ _tag: "Delete", name, ...place })
      },
      inject: (step, action, targets) => this.inject(step, action, targets as ReadonlyArray<InstanceScene>),
      heal: (step) => {
        if (!this.active.has(step)) return
        this.perform({ _tag: "Heal", step }, ({ refusal }) => {
          if (refusal !== undefined) return
          this.end(step)
          kernel.trace.emit("fault.healed", { step })
        })
      },
      faultEnded: (step) => this.over.has(step),
      victims: (step) => this.hit.get(step) ?? [],
      observe: {
        etcd: (controlPlane) => etcdSummaryOf(this.etcd(), controlPlane),
        instancesOf: ({ metadata }) =>
          this.instanceScenes({}).filter(({ machine, state }) => machine === metadata.name && state !== "terminated"),
        workload: () => undefined,
        calls: () => 0
      },
      note: (kind, data) => kernel.trace.emit(kind, data),
      draw: options.draw
    }
  }

  /** Hands an act over. */
  private perform(act: LiveAct, done: (outcome: LiveOutcome) => void = () => {}): Outcome {
    const underway: Underway = { done: false, refusal: undefined }
    this.underway++
    this.options.perform(act, (outcome) => {
      this.underway--
      underway.done = true
      underway.refusal = outcome.refusal
      done(outcome)
      this.lastChangeMillis = this.kernel.now()
      this.publish({ topic: "acts", event: { kind: "time" } })
    })
    return underway
  }

  private inject(step: string, action: FaultAction, targets: ReadonlyArray<InstanceScene>): Outcome {
    const { kernel } = this
    const machines = machinesByProviderId(this.machines())
    // A fault may hit more than was picked, and what it hits may be gone when it is done.
    const victims = this.instanceScenes({}).map((scene) => victimOf(scene, machines))
    this.hit.set(
      step,
      targets.map((target) => victimOf(target, machines))
    )
    this.active.add(step)
    return this.perform({ _tag: "Fault", step, action, targets }, ({ hit = [], refusal }) => {
      if (refusal !== undefined) return void this.active.delete(step)
      this.hit.set(
        step,
        victims.filter(({ instance }) => hit.includes(instance))
      )
      kernel.trace.emit("fault", faultEvent(step, action, this.stage.victims(step)))
      if (action.fault.undo !== "heals") this.end(step)
    })
  }

  private end(step: string): void {
    this.active.delete(step)
    this.over.add(step)
    this.lastFaultEndMillis = this.kernel.now()
  }

  private members(binding: Binding): ReadonlyArray<unknown> {
    if (binding.resource !== undefined) return this.instanceScenes(binding)
    const kind = kindNamed(binding.kind ?? "")
    if (kind === undefined) return []
    const objects =
      binding.workload === undefined ? this.objects(kind) : (this.inside.get(binding.workload)?.objects.get(kind) ?? [])
    return objectsMeant(binding, objects)
  }

  /** In the order of namespaces and names. */
  private objects(kind: AnyKind): ReadonlyArray<KubernetesObject> {
    const objects = this.store.get(kind) ?? new Map<string, KubernetesObject>()
    return [...objects].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, object]) => object)
  }

  private machines(): ReadonlyArray<ObjectOf<MachineBody>> {
    // Objects under this kind's name are of this kind.
    return this.objects(Machine) as ReadonlyArray<ObjectOf<MachineBody>>
  }

  /** In the order of their ids. */
  private instanceScenes(binding: Binding): ReadonlyArray<InstanceScene> {
    const machines = machinesByProviderId(this.machines())
    return instancesMeant(binding, [...this.instances.values()])
      .map((instance) => this.scenes.of(instance, machines))
      .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  }

  private etcd(): ReadonlyArray<EtcdView> {
    return [...this.inside.values()].flatMap(({ etcd }) => etcd ?? [])
  }

  private makeView(): WorldView {
    const { kernel } = this
    const isFaulty = (): boolean => this.active.size > 0
    const lastEnd = (): number => this.lastFaultEndMillis
    return {
      get nowMillis() {
        return kernel.now()
      },
      objects: (kind) => this.objects(kind),
      infrastructureMachines: () => this.objects(AWSMachine),
      infrastructureClusters: () => this.objects(AWSCluster),
      instances: () => [...this.instances.values()],
      resources: () => this.resources,
      etcd: () => this.etcd(),
      get faultsActive() {
        return isFaulty()
      },
      get lastFaultEndMillis() {
        return lastEnd()
      }
    }
  }
}

/** An object that went when its last finalizer had left: its controller saw to it. */
const isUnforced = (before: KubernetesObject | undefined, after: KubernetesObject | undefined): boolean =>
  after === undefined && (before?.metadata.finalizers?.length ?? 0) === 0
