/** One run in a simulated world, and what can be read from it afterwards. */
import type { KubernetesObject } from "@capstan/api"
import type { TraceEvent } from "@capstan/kernel"
import { Kernel } from "@capstan/kernel"
import { Namespace } from "@capstan/kubernetes"
import { ApiServer } from "@capstan/simulator-kubernetes"
import { Result } from "effect"
import { builtInInvariants } from "../invariants/BuiltInInvariants.ts"
import type { Diagnostic } from "../language/Diagnostic.ts"
import type { Plan } from "../plan/Plan.ts"
import type { RunResult } from "../run/RunResult.ts"
import { runScenario } from "../run/ScenarioRun.ts"
import { applyObject } from "./ApplyObject.ts"
import { assumptionsOf, impossibleWorld } from "./Preconditions.ts"
import { simulatedKinds } from "./SimulatedKinds.ts"
import { SimulatedWorld } from "./SimulatedWorld.ts"

export interface SimulateOptions {
  readonly plan: Plan
  readonly seed: number
  /** Virtual milliseconds after which to stop and look. */
  readonly untilMillis?: number
  /** `hash` keeps no events: for many runs. `all` unless given. */
  readonly keepTrace?: "all" | "hash"
  /** Told of every event as it happens: for telling the story while it is being lived. */
  readonly listen?: (event: TraceEvent) => void
  /** Ends at the first violation; without it the run goes on to its verdict. */
  readonly failFast?: boolean
}

export interface SimulatedRun {
  readonly result: RunResult
  /** Empty when only the hash was kept. */
  readonly events: ReadonlyArray<TraceEvent>
  /** Epoch milliseconds at which virtual time began. */
  readonly startMillis: number
  /** The management cluster's objects at a time. */
  readonly objectsAt: (epochMillis: number) => ReadonlyArray<KubernetesObject>
  readonly assumptions: ReadonlyArray<string>
}

/** Runs a plan with a seed. Same plan, same seed, same trace. Throws only for defects. */
export const simulate = ({
  failFast = false,
  keepTrace = "all",
  listen,
  plan,
  seed,
  untilMillis
}: SimulateOptions): SimulatedRun => {
  const world = new SimulatedWorld({ plan, seed, keepTrace })
  if (listen !== undefined) world.kernel.trace.subscribe(listen)
  const startMillis = world.kernel.now()
  const result = runScenario({
    plan,
    seed,
    simulation: world,
    invariants: builtInInvariants,
    failFast,
    ...(untilMillis === undefined ? {} : { untilMillis })
  })
  return {
    result,
    events: world.kernel.trace.events,
    startMillis,
    objectsAt: (epochMillis) => world.objectsAt(epochMillis),
    assumptions: assumptionsOf(plan)
  }
}

/** Whether the world can be at all, and what an API server of its own says to the plan's manifests, in its own words, with their place. */
export const validateManifests = (plan: Plan): ReadonlyArray<Diagnostic> => {
  const kernel = new Kernel({ seed: 0, keep: "hash" })
  const server = new ApiServer(kernel, { name: "management", kinds: simulatedKinds.all, service: "kubernetes" })
  const impossible = impossibleWorld(plan)
  const world: ReadonlyArray<Diagnostic> =
    impossible === undefined ? [] : [{ file: plan.file, line: 0, column: 0, code: "WLD001", message: impossible }]
  return [
    ...world,
    ...plan.objects.flatMap((planned): ReadonlyArray<Diagnostic> => {
      const { namespace } = planned.object["metadata"] as { readonly namespace?: string }
      if (namespace !== undefined && namespace !== "default")
        server.create(Namespace, { metadata: { name: namespace } })
      const said: Array<string> = []
      const unsubscribe = kernel.trace.subscribe(({ warnings }) => {
        if (Array.isArray(warnings)) said.push(...warnings.map(String))
      })
      const applied = applyObject(server, planned.object)
      unsubscribe()
      const place = { file: planned.file, line: planned.position.line, column: planned.position.column }
      // The API drops what it does not know and warns; who writes a scenario means what stands there.
      const unknown = said.map((warning) => ({ ...place, code: "MAN006", message: `${warning.replace(/\.$/, "")}.` }))
      return Result.isSuccess(applied)
        ? unknown
        : [...unknown, { ...place, code: "MAN005", message: `${applied.failure.message.replace(/\.$/, "")}.` }]
    })
  ]
}
