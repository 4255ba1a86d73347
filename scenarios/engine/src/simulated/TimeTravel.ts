/**
 * A run that stops wherever one likes: at a time, at the first moment at which an expression holds, after the next event.
 *
 * It is the same run, byte for byte: stopping, looking and going on leave no mark in it. What is asked about it is read from the world
 * itself and not through what the run remembers, so that no question changes an answer.
 */
import type { KubernetesObject } from "@capstan/api"
import type { TraceEvent } from "@capstan/kernel"
import { builtInInvariants } from "../invariants/BuiltInInvariants.ts"
import { makeCompiler, nameProblem, type Scene } from "../language/Expression.ts"
import type { Binding } from "../language/ScenarioDocument.ts"
import { allSteps, type Plan } from "../plan/Plan.ts"
import { describeClusters } from "../report/DescribeCluster.ts"
import type { RunResult } from "../run/RunResult.ts"
import { ScenarioRun } from "../run/ScenarioRun.ts"
import { perturb } from "../sweep/Perturb.ts"
import type { Perturbation } from "../sweep/Perturbation.ts"
import { simulatedKinds } from "./SimulatedKinds.ts"
import { SimulatedWorld } from "./SimulatedWorld.ts"

export interface TimeTravelOptions {
  readonly plan: Plan
  readonly seed: number
  /** What goes wrong in it. */
  readonly perturbation?: Perturbation
  readonly listen?: (event: TraceEvent) => void
}

/** Where to stop: whichever comes first. */
export interface Stops {
  /** Virtual milliseconds from the start; everything of that instant has happened then. */
  readonly untilMillis?: number
  /** Asked after every event. */
  readonly when?: () => boolean
  /** Asked between two steps: for those who have to see to other things now and then. */
  readonly pause?: () => boolean
}

export type Stopped =
  | "when"
  | "pause"
  | "time"
  /** The verdict is there: there is nothing after it. */
  | "over"

const remarks: ReadonlySet<string> = new Set(["expectation", "invariant", "step"])

export class TimeTravel {
  readonly world: SimulatedWorld
  readonly plan: Plan
  readonly startMillis: number
  private readonly run: ScenarioRun
  private readonly bindings: { readonly [name: string]: Binding }
  private over: boolean
  /** Whether a manifest was refused: there is no run then to be judged. */
  private readonly refused: boolean

  constructor(options: TimeTravelOptions) {
    const { listen, perturbation, plan, seed } = options
    this.plan = plan
    this.bindings = { ...ofKinds, ...plan.bindings }
    this.world = new SimulatedWorld({ plan, seed, keepTrace: "all" })
    if (listen !== undefined) this.world.kernel.trace.subscribe(listen)
    this.startMillis = this.world.kernel.now()
    this.run = new ScenarioRun({ plan, seed, simulation: this.world, invariants: builtInInvariants })
    if (perturbation !== undefined) perturb(this.world, perturbation)
    this.refused = !this.run.begin()
    this.over = this.refused
  }

  /** Virtual milliseconds from the start. */
  get millis(): number {
    return this.world.kernel.now() - this.startMillis
  }

  get isOver(): boolean {
    return this.over
  }

  get events(): ReadonlyArray<TraceEvent> {
    return this.world.kernel.trace.events
  }

  /** What happened last. What the scenario makes of an event follows it at once, and is left out. */
  get lastHappening(): TraceEvent | undefined {
    return this.events.findLast(({ kind }) => !remarks.has(kind))
  }

  /** Goes on. Nothing happens any more once it is over. */
  advance({ pause, untilMillis, when }: Stops = {}): Stopped {
    if (this.over) return "over"
    const { trace } = this.world.kernel
    let seen = trace.seq
    let stopped: Stopped = "time"
    const stop = (): boolean => {
      if (when !== undefined && trace.seq !== seen) {
        seen = trace.seq
        if (when()) {
          stopped = "when"
          return true
        }
      }
      if (pause === undefined || !pause()) return false
      stopped = "pause"
      return true
    }
    this.over = this.run.advance(untilMillis, stop)
    return this.over ? "over" : stopped
  }

  /** What expressions are looked at with, as it is now. */
  scene(): Scene {
    return {
      ...this.run.scene(),
      binding: (name) => {
        const binding = this.bindings[name]
        if (binding === undefined) return []
        const members = name === "nodes" && binding === ofKinds["nodes"] ? this.nodes() : this.members(binding)
        return binding.one === true ? (members[0] ?? {}) : members
      }
    }
  }

  /** The names that expressions may use: those of the scenario, and every kind by its plural. */
  get names(): Parameters<typeof makeCompiler>[0] {
    const { cell, steps, variables, world } = this.plan
    const all = allSteps(steps)
    return {
      bindings: Object.entries(this.bindings).map(([name, { one }]) => ({ name, one: one === true })),
      constants: { vars: variables, matrix: cell },
      known: {
        steps: all.map(({ id }) => id),
        faults: all.filter(({ action }) => action._tag === "Fault").map(({ id }) => id),
        workloads: (world.workloads ?? []).map(({ name }) => name)
      },
      place: "let, vars, matrix or the kinds of objects"
    }
  }

  /** The objects as they are now. */
  get objects(): ReadonlyArray<KubernetesObject> {
    return this.world.objectsAt(this.world.kernel.now())
  }

  tree(): string {
    return describeClusters(this.objects, this.world.kernel.now())
  }

  /** The verdict, the end judged; as it stands where it is not over. The managers are stopped. */
  finish(): RunResult {
    return this.over && !this.refused ? this.run.finish() : this.run.end()
  }

  private members(binding: Binding): ReadonlyArray<unknown> {
    return this.world.stage.members(binding)
  }

  private nodes(): ReadonlyArray<unknown> {
    const clusters = this.members({ kind: "Cluster" }) as ReadonlyArray<KubernetesObject>
    return clusters.flatMap(({ metadata }) => this.members({ kind: "Node", workload: metadata.name }))
  }
}

/** Every kind under the name that kubectl knows it by; Nodes are those of all workload clusters. */
export const ofKinds: { readonly [name: string]: Binding } = Object.fromEntries(
  simulatedKinds.all
    .filter(({ plural }) => nameProblem(plural) === undefined)
    .map(({ kind, plural }): readonly [string, Binding] => [plural, { kind }])
)
