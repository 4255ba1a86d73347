/**
 * The dev cloud in plain memory, on whatever clock Effect has: for tests of providers and controllers.
 *
 * No fiber waits for anything: what is due is kept in a list, and catches up before the next call or look.
 */
import { NameNotFound, NameResolver } from "@capstan/provider"
import { Clock, Context, Effect, Layer, Result } from "effect"
import { type CarryCall, DevCloud, devCloudThrough } from "./DevCloud.ts"
import { type CloudEvent, type DevCloudState, emptyCloud, happen, type Step } from "./DevCloudState.ts"

interface Pending {
  readonly at: number
  readonly event: CloudEvent
}

export interface MemoryCloud {
  /** Carries a call; `devCloudThrough(carry)` is the service. */
  readonly carry: CarryCall
  /** The state now. */
  readonly state: Effect.Effect<DevCloudState>
  /** Another hand changes the cloud: a fault, or the test itself. */
  readonly change: (change: (state: DevCloudState, now: number) => Step<unknown>) => Effect.Effect<void>
  readonly resolver: NameResolver["Service"]
}

export const makeMemoryCloud = (zones: ReadonlyArray<string>): MemoryCloud => {
  let state = emptyCloud(zones)
  /** In the order of time; of two for the same instant, the one set first. */
  let pending: ReadonlyArray<Pending> = []
  const take = <A>(step: Step<A>, now: number): A => {
    state = step.state
    const added = step.due.map(({ afterMillis, event }) => ({ at: now + afterMillis, event }))
    if (added.length > 0) pending = [...pending, ...added].sort((a, b) => a.at - b.at)
    return step.answer
  }
  const catchUp = (now: number): void => {
    for (let first = pending[0]; first !== undefined && first.at <= now; first = pending[0]) {
      pending = pending.slice(1)
      take(happen(state, first.event, first.at), first.at)
    }
  }
  const now = Effect.tap(Clock.currentTimeMillis, (millis) => Effect.sync(() => catchUp(millis)))
  return {
    carry: (call) =>
      Effect.flatMap(now, (millis) =>
        Effect.fromResult(Result.map(call.perform(state, millis), (step) => take(step, millis)))
      ),
    state: Effect.map(now, () => state),
    change: (change) => Effect.map(now, (millis) => void take(change(state, millis), millis)),
    resolver: {
      resolve: (host) =>
        Effect.flatMap(now, () => {
          const found = state.balancers.some((balancer) => balancer.host === host && balancer.resolvable)
          return found ? Effect.succeed(["10.255.255.1"]) : new NameNotFound({ host })
        })
    }
  }
}

/** A cloud of its own, and a resolver that knows its load balancers. */
export const layerMemory = (zones: ReadonlyArray<string>): Layer.Layer<DevCloud | NameResolver> =>
  Layer.effectContext(
    Effect.sync(() => {
      const memory = makeMemoryCloud(zones)
      return Context.add(Context.make(DevCloud, devCloudThrough(memory.carry)), NameResolver, memory.resolver)
    })
  )
