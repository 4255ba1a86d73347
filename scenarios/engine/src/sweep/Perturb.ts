/**
 * Makes one perturbation happen in a simulated world.
 *
 * Calls are struck at the kernel's door, after the scenario's own faults have been asked: where one of those strikes already,
 * the perturbation does not. Events are struck between the API server's log and the manager's watches.
 */
import { type InterceptedCall, Intervention } from "@capstan/kernel"
import type { WatchEvent } from "@capstan/kubernetes"
import type { CourierParcel } from "@capstan/simulator-kubernetes"
import { kindOf } from "../report/WriteEvent.ts"
import { managerName, type SimulatedWorld } from "../simulated/SimulatedWorld.ts"
import { type CallPlace, type EventPlace, formatPerturbation, type Perturbation } from "./Perturbation.ts"

/** How long a client waits for an answer that never comes. */
const patienceMillis = 10_000
/** How late a delayed event is. */
export const delayMillis = 10_000
/** How long an event waits for another of the same object. */
export const coalesceMillis = 10_000
/** How long a manager does not notice that it has missed an event. */
export const relistMillis = 5 * 60_000
/** How long a cache stays behind. */
export const staleMillis = 60_000
/** Lease duration of managers by default: so long two of them can both believe that they lead. */
export const leaseMillis = 15_000

/** `ec2.RunInstances` */
export const operationOf = ({ operation, service }: Pick<InterceptedCall, "service" | "operation">): string =>
  `${service}.${operation}`

/** Counts the manager's calls of each operation as they are sent. */
export class CallCounter {
  private readonly counts = new Map<string, number>()
  private readonly places = new Map<number, CallPlace>()

  /** The place of a call that is being sent; `undefined` when it is not the manager's. */
  sent(call: InterceptedCall): CallPlace | undefined {
    if (call.process !== managerName) return undefined
    const operation = operationOf(call)
    const place = { operation, n: (this.counts.get(operation) ?? 0) + 1 }
    this.counts.set(operation, place.n)
    this.places.set(call.seq, place)
    return place
  }

  /** The place of a call that was sent before and has now taken effect. */
  performed(call: InterceptedCall): CallPlace | undefined {
    const place = this.places.get(call.seq)
    this.places.delete(call.seq)
    return place
  }

  /** How many calls of an operation were sent. */
  count(operation: string): number {
    return this.counts.get(operation) ?? 0
  }
}

/** Counts the events of each kind on their way to the manager. */
export class EventCounter {
  private readonly counts = new Map<string, number>()

  /** `undefined` for an event that goes to somebody else, and for bookmarks. */
  sent({ event, groupKind, process }: CourierParcel): EventPlace | undefined {
    if (process !== managerName || event.type === "BOOKMARK") return undefined
    const kind = kindOf(groupKind)
    const n = (this.counts.get(kind) ?? 0) + 1
    this.counts.set(kind, n)
    return { kind, n }
  }
}

/** Prepares the world, before the run begins. Gives whether the place has been reached, to be asked when it is over. */
export const perturb = (world: SimulatedWorld, perturbation: Perturbation): (() => boolean) => {
  let struck = false
  const strike = (): void => {
    struck = true
    // A crash tells of itself.
    if (perturbation._tag !== "crash")
      world.kernel.trace.emit("perturbation", { perturbation: formatPerturbation(perturbation) })
  }
  switch (perturbation._tag) {
    case "crash":
    case "lost":
      strikeCall(world, perturbation, strike)
      break
    case "leaders":
      startSuccessor(world, perturbation, strike)
      break
    default:
      strikeEvent(world, perturbation, strike)
  }
  return () => struck
}

const isPlace = (place: CallPlace | undefined, wanted: CallPlace): boolean =>
  place?.operation === wanted.operation && place.n === wanted.n

const strikeCall = (
  world: SimulatedWorld,
  perturbation: Extract<Perturbation, CallPlace>,
  strike: () => void
): void => {
  const { kernel } = world
  const faults = kernel.intervene
  const counter = new CallCounter()
  kernel.intervene = (call) => {
    const decision = faults?.(call) ?? Intervention.None()
    if (!isPlace(counter.sent(call), perturbation) || decision._tag !== "None") return decision
    strike()
    if (perturbation._tag === "crash") return Intervention.Crash({ when: perturbation.when })
    return Intervention.LoseAnswer({ error: world.refusalOf(call, "RequestTimeout"), afterMillis: patienceMillis })
  }
}

const startSuccessor = (world: SimulatedWorld, place: CallPlace, strike: () => void): void => {
  const { kernel } = world
  const faults = kernel.intervene
  const counter = new CallCounter()
  const timers = kernel.component<"Retire">({
    name: "perturbation",
    handle: () => world.retirePredecessor(),
    save: () => undefined,
    restore: () => {}
  })
  kernel.intervene = (call) => {
    counter.sent(call)
    return faults?.(call) ?? Intervention.None()
  }
  kernel.performed = (call) => {
    if (!isPlace(counter.performed(call), place)) return
    strike()
    world.startSuccessor()
    timers.after(leaseMillis, "Retire")
  }
}

type EventPerturbation = Extract<Perturbation, EventPlace>

const strikeEvent = (world: SimulatedWorld, perturbation: EventPerturbation, strike: () => void): void => {
  const counter = new EventCounter()
  const tampering = new Tampering(world, perturbation)
  world.server.watches.courier = (parcel) => {
    const place = counter.sent(parcel)
    if (place === undefined || place.kind !== perturbation.kind || place.n < perturbation.n) {
      return parcel.hand(parcel.event)
    }
    if (place.n > perturbation.n) return tampering.follow(parcel)
    strike()
    tampering.strike(parcel)
  }
}

/** What becomes of the event that was struck, and of those that follow it. Nothing overtakes anything: a watch keeps its order. */
class Tampering {
  private readonly world: SimulatedWorld
  private readonly perturbation: EventPerturbation
  private readonly timers: { readonly after: (millis: number, groupKind: string) => unknown }
  /** Held back, oldest first; undefined while nothing is. */
  private held: ReadonlyArray<CourierParcel> | undefined

  constructor(world: SimulatedWorld, perturbation: EventPerturbation) {
    this.world = world
    this.perturbation = perturbation
    this.timers = world.kernel.component<string>({
      name: "perturbation",
      handle: (groupKind) => this.end(groupKind),
      save: () => undefined,
      restore: () => {}
    })
  }

  strike(parcel: CourierParcel): void {
    const { event, groupKind, hand } = parcel
    switch (this.perturbation._tag) {
      case "drop":
        this.timers.after(relistMillis, groupKind)
        return
      case "delay":
        return hand(event, delayMillis)
      case "duplicate":
        hand(event)
        return hand(event)
      case "coalesce":
        this.held = [parcel]
        this.timers.after(coalesceMillis, groupKind)
        return
      case "stale":
        this.held = [parcel]
        this.timers.after(staleMillis, groupKind)
    }
  }

  /** An event of the same kind that comes later. */
  follow(parcel: CourierParcel): void {
    if (this.held === undefined) return parcel.hand(parcel.event)
    const held = [...this.held, parcel]
    if (this.perturbation._tag === "stale") {
      const ready = held.splice(0, held.length - this.perturbation.revisions)
      this.held = held
      return handOn(ready)
    }
    this.held = held
    const [first] = held
    if (first !== undefined && isSameObject(first, parcel)) this.merge(first, parcel)
  }

  /** Hands on what was held, the two events of the one object as one. */
  private merge(first: CourierParcel, second: CourierParcel): void {
    const between = (this.held ?? []).filter((parcel) => parcel !== first && parcel !== second)
    this.held = undefined
    handOn(between)
    const merged = mergedEvent(first.event, second.event)
    if (merged !== undefined) second.hand(merged)
  }

  private end(groupKind: string): void {
    if (this.perturbation._tag === "drop") this.world.server.watches.expire(groupKind, managerName)
    const held = this.held ?? []
    this.held = undefined
    handOn(held)
  }
}

const handOn = (parcels: ReadonlyArray<CourierParcel>): void => {
  for (const { event, hand } of parcels) hand(event)
}

type Objects = WatchEvent<unknown> & { readonly type: "ADDED" | "MODIFIED" | "DELETED" }

const uidOf = (event: WatchEvent<unknown>): string | undefined =>
  event.type === "BOOKMARK" ? undefined : (event.object as { metadata: { uid: string } }).metadata.uid

const isSameObject = (one: CourierParcel, other: CourierParcel): boolean => uidOf(one.event) === uidOf(other.event)

/** Two events of one object as one; nothing when it came and went. */
const mergedEvent = (first: WatchEvent<unknown>, second: WatchEvent<unknown>): WatchEvent<unknown> | undefined => {
  if (first.type !== "ADDED") return second
  return second.type === "DELETED" ? undefined : ({ ...(second as Objects), type: "ADDED" } as WatchEvent<unknown>)
}
