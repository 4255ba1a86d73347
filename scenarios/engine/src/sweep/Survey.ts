/**
 * The undisturbed run of a plan, looked at for every place at which something could go wrong, and for those at which it would
 * change nothing.
 *
 * Left out, and counted, are
 * - crashes between which the world did not change: a manager has no memory, so to crash after a call, before the next one and
 *   around every read between the two is the same;
 * - lost answers of calls that were refused, and calls that a fault of the scenario strikes already;
 * - events of kinds that the manager does not watch, and Events and Leases, which are no part of the world's state;
 * - events that the next one of the same object follows before any reconcile has begun: nobody saw the state between;
 * - dropped events that the next one of the same object follows within ten seconds: that is `coalesce`;
 * - coalesced events that no other of the same object follows within ten seconds: that is `delay`;
 * - duplicates, beyond the first of each kind and type: an informer knows the version already;
 * - delays that begin less than a second after another of the same kind: what comes within that second comes late with it;
 * - stale caches that begin less than half their time after another of the same kind: all reads of a minute are served from it;
 *   and those at which no reconcile looks;
 * - second leaders less than a second after another.
 */
import type { TraceEvent } from "@capstan/kernel"
import { Result } from "effect"
import { kindOf } from "../report/WriteEvent.ts"
import type { SimulatedWorld } from "../simulated/SimulatedWorld.ts"
import { CallCounter, coalesceMillis, EventCounter, staleMillis } from "./Perturb.ts"
import { type CallPlace, type Perturbation, type SweepFamily, sweepFamilies } from "./Perturbation.ts"

/** What can be tried of a family, in the order of the run, and how much was left out. */
export interface SurveyedFamily {
  readonly family: SweepFamily
  readonly perturbations: ReadonlyArray<Perturbation>
  /** How many others there are that cannot matter. */
  readonly pruned: number
}

interface SeenCall {
  readonly place: CallPlace
  readonly mutating: boolean
  readonly service: string
  /** Whether no fault of the scenario strikes it. */
  readonly free: boolean
  /** The number of changes of the world before it was sent. */
  readonly revisionBefore: number
  readonly sentMillis: number
  sentOrder: number
  /** Undefined for a call that never took effect. */
  performed:
    | { readonly order: number; readonly millis: number; readonly revision: number; readonly succeeded: boolean }
    | undefined
}

interface SeenEvent {
  readonly kind: string
  readonly n: number
  readonly type: string
  readonly uid: string
  readonly atMillis: number
  /** How many reconciles had begun. */
  readonly reconciles: number
}

/** How far a cache is left behind. */
const revisionsTried = [1, 2]

/** What begins within this time of another of its sort is the same. */
const apartMillis = 1000

/** Kinds that are no part of the world's state. */
const passing = new Set(["Event", "Lease"])

export class Surveyor {
  private readonly world: SimulatedWorld
  private readonly calls: Array<SeenCall> = []
  private readonly events: Array<SeenEvent> = []
  private readonly underWay = new Map<number, SeenCall>()
  private unwatched = 0
  private watchedWrites = 0
  private revision = 0
  private order = 0
  private reconciles = 0

  /** To be made before the run begins. */
  constructor(world: SimulatedWorld) {
    this.world = world
    const { kernel, server } = world
    const counter = new CallCounter()
    const eventCounter = new EventCounter()
    const faults = kernel.intervene
    kernel.intervene = (call) => {
      const decision = faults?.(call)
      const place = counter.sent(call)
      if (place !== undefined) {
        const seen: SeenCall = {
          place,
          mutating: call.mutating,
          service: call.service,
          free: decision === undefined || decision._tag === "None",
          revisionBefore: this.revision,
          sentMillis: kernel.now(),
          sentOrder: ++this.order,
          performed: undefined
        }
        this.calls.push(seen)
        this.underWay.set(call.seq, seen)
      }
      return decision ?? { _tag: "None" }
    }
    kernel.performed = (call, answer) => {
      const seen = this.underWay.get(call.seq)
      if (seen === undefined) return
      this.underWay.delete(call.seq)
      seen.performed = {
        order: ++this.order,
        millis: kernel.now(),
        revision: this.revision,
        succeeded: Result.isSuccess(answer)
      }
    }
    server.watches.courier = (parcel) => {
      const place = eventCounter.sent(parcel)
      if (place !== undefined && parcel.event.type !== "BOOKMARK") {
        this.watchedWrites++
        this.events.push({
          ...place,
          type: parcel.event.type,
          uid: (parcel.event.object as { readonly metadata: { readonly uid: string } }).metadata.uid,
          atMillis: kernel.now(),
          reconciles: this.reconciles
        })
      }
      parcel.hand(parcel.event)
    }
    kernel.trace.subscribe((event) => this.observed(event))
  }

  /** What there is to try, family by family. */
  families(wanted: ReadonlyArray<SweepFamily>): ReadonlyArray<SurveyedFamily> {
    return sweepFamilies.filter((family) => wanted.includes(family)).map((family) => this.family(family))
  }

  private family(family: SweepFamily): SurveyedFamily {
    switch (family) {
      case "crash":
        return this.crashes()
      case "lost":
        return this.lostAnswers()
      case "unobserved":
        return this.unobserved()
      case "stale":
        return this.staleReads()
      case "leaders":
        return this.leaders()
    }
  }

  private observed(event: TraceEvent): void {
    if (event.kind === "reconcile") this.reconciles++
    if (changesWorld(event)) this.revision++
    if (event.kind === "write" && event["api"] === this.world.server.name) this.unwatched++
  }

  /** Every place before and after a call, in the order in which they were reached; one for each state of the world. */
  private crashes(): SurveyedFamily {
    const candidates = this.calls
      .filter(({ free, mutating, service }) => free && (mutating || isCloud(service)))
      .flatMap(({ performed, place, revisionBefore, sentOrder }) => [
        { order: sentOrder, revision: revisionBefore, place, when: "before" as const },
        ...(performed === undefined
          ? []
          : [{ order: performed.order, revision: performed.revision, place, when: "after" as const }])
      ])
      .sort((a, b) => a.order - b.order)
    const states = new Set<number>()
    const chosen = candidates.filter(({ revision }) => {
      if (states.has(revision)) return false
      states.add(revision)
      return true
    })
    return {
      family: "crash",
      perturbations: chosen.map(({ place, when }) => ({ _tag: "crash", when, ...place })),
      pruned: candidates.length - chosen.length
    }
  }

  private lostAnswers(): SurveyedFamily {
    const candidates = this.calls.filter(({ mutating, service }) => mutating && isCloud(service))
    const chosen = candidates.filter(({ free, performed }) => free && performed?.succeeded === true)
    return {
      family: "lost",
      perturbations: chosen.map(({ place }) => ({ _tag: "lost", ...place })),
      pruned: candidates.length - chosen.length
    }
  }

  private unobserved(): SurveyedFamily {
    const perturbations: Array<Perturbation> = []
    const duplicated = new Set<string>()
    const delayed = new Map<string, number>()
    const unwatched = Math.max(0, this.unwatched - this.watchedWrites)
    let candidates = 4 * unwatched
    const nextOf = followers(this.events)
    for (const event of this.events) {
      if (passing.has(event.kind)) continue
      candidates += 4
      const { kind, n } = event
      const next = nextOf.get(event)
      const unseen = next !== undefined && next.reconciles === event.reconciles
      if (!unseen) {
        if (next === undefined || next.atMillis - event.atMillis >= coalesceMillis)
          perturbations.push({ _tag: "drop", kind, n })
        if (event.atMillis - (delayed.get(kind) ?? Number.NEGATIVE_INFINITY) >= apartMillis) {
          delayed.set(kind, event.atMillis)
          perturbations.push({ _tag: "delay", kind, n })
        }
        if (next !== undefined && next.atMillis - event.atMillis < coalesceMillis)
          perturbations.push({ _tag: "coalesce", kind, n })
      }
      const sort = `${kind} ${event.type}`
      if (!duplicated.has(sort)) {
        duplicated.add(sort)
        perturbations.push({ _tag: "duplicate", kind, n })
      }
    }
    return { family: "unobserved", perturbations, pruned: candidates - perturbations.length }
  }

  private staleReads(): SurveyedFamily {
    const perturbations: Array<Perturbation> = []
    let candidates = 0
    const lasting = this.events.filter(({ kind }) => !passing.has(kind))
    for (const [kind, events] of Map.groupBy(lasting, (event) => event.kind)) {
      let begun = Number.NEGATIVE_INFINITY
      let behind = 0
      for (const event of events) {
        candidates += revisionsTried.length
        // To the first that comes once the cache has caught up.
        while ((events[behind]?.atMillis ?? Infinity) - event.atMillis <= staleMillis) behind++
        const last = events[behind - 1]
        const looked = last === event || (last?.reconciles ?? 0) > event.reconciles
        if (!looked || event.atMillis - begun < staleMillis / 2) continue
        begun = event.atMillis
        for (const revisions of revisionsTried) perturbations.push({ _tag: "stale", kind, n: event.n, revisions })
      }
    }
    return { family: "stale", perturbations, pruned: candidates - perturbations.length }
  }

  private leaders(): SurveyedFamily {
    const candidates = this.calls.filter(
      ({ free, mutating, performed }) => free && mutating && performed?.succeeded === true
    )
    const perturbations: Array<Perturbation> = []
    let last = Number.NEGATIVE_INFINITY
    const inOrder = [...candidates].sort((a, b) => (a.performed?.order ?? 0) - (b.performed?.order ?? 0))
    for (const { performed, place } of inOrder) {
      const millis = performed?.millis ?? 0
      if (millis - last < apartMillis) continue
      last = millis
      perturbations.push({ _tag: "leaders", ...place })
    }
    return { family: "leaders", perturbations, pruned: candidates.length - perturbations.length }
  }
}

/** The next event of the same object, by event. */
const followers = (events: ReadonlyArray<SeenEvent>): ReadonlyMap<SeenEvent, SeenEvent> => {
  const latest = new Map<string, SeenEvent>()
  const next = new Map<SeenEvent, SeenEvent>()
  for (const event of events) {
    const before = latest.get(event.uid)
    if (before !== undefined) next.set(before, event)
    latest.set(event.uid, event)
  }
  return next
}

/** Not the management API, nor names, nor connections to workload clusters, but what costs money or votes. */
const isCloud = (service: string): boolean => !["kubernetes", "workload", "dns"].includes(service)

const quietKinds = new Set(["reconcile", "reconcile.failed", "log", "expectation", "invariant", "perturbation"])

/** Whether an event of the trace means that the world is another one than before. */
const changesWorld = (event: TraceEvent): boolean => {
  if (quietKinds.has(event.kind)) return false
  if (event.kind === "write") return !passing.has(kindOf(event["resource"]))
  if (event.kind === "aws")
    return event["code"] === undefined && !/^(Describe|Get|List)/.test(String(event["operation"]))
  return event.kind !== "dev" || event["ids"] !== undefined
}
