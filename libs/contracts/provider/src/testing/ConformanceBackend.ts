/**
 * What the suites of the small seams need of the implementation that they are run against.
 *
 * A check is one Effect over the service; it waits by polling on whatever clock its runner has, so the same checks run in
 * virtual time and against real clusters. What no operation of the service makes comes from the backend's `given`, anew for
 * each check.
 *
 * @source https://vitest.dev/api/
 */
import { it } from "@effect/vitest"
import { Effect, type Layer, Result, type Scope } from "effect"

export interface ConformanceBackend<Service, Given> {
  readonly name: string
  readonly layer: Layer.Layer<Service, unknown>
  /** What has to be there before a check begins. Asked for once a check; what it acquires goes when the check ends. */
  readonly given: Effect.Effect<Given, unknown, Service | Scope.Scope>
  /** Runs one check to its end and throws when it fails. `Effect.runPromise` unless given; a simulation brings its own. */
  readonly run?: (check: Effect.Effect<void, unknown>) => void | Promise<void>
  /** Names of checks that this backend is known to fail: they have to fail, and are to be struck off once they pass. */
  readonly lacks?: ReadonlyArray<string>
  /** Longest real time for one check; ten minutes unless given. */
  readonly timeoutMillis?: number
}

export type SeamCheck<Service, Given> = (
  name: string,
  body: (given: Given) => Effect.Effect<void, unknown, Service | Scope.Scope>
) => void

/** The way to write checks against a backend. */
export const seamChecksOf = <Service, Given>(
  backend: ConformanceBackend<Service, Given>
): SeamCheck<Service, Given> => {
  const run = backend.run ?? ((check: Effect.Effect<void, unknown>) => Effect.runPromise(check))
  const timeout = backend.timeoutMillis ?? 600_000
  return (name, body) => {
    const check = Effect.scoped(Effect.flatMap(backend.given, body)).pipe(Effect.provide(backend.layer))
    if (backend.lacks?.includes(name) === true) it.fails(`known to differ: ${name}`, () => run(check), timeout)
    else it(name, () => run(check), timeout)
  }
}

/** Asks every half second, failures notwithstanding, until the answer is there; fails the check after `seconds`. */
export const eventually = <A, E, R>(
  what: string,
  ask: Effect.Effect<A | undefined, E, R>,
  seconds = 300
): Effect.Effect<A, never, R> =>
  Effect.gen(function* () {
    let last: Result.Result<A | undefined, E> | undefined
    for (let asked = 0; asked <= seconds * 2; asked++) {
      last = yield* Effect.result(ask)
      if (Result.isSuccess(last) && last.success !== undefined) return last.success
      yield* Effect.sleep("500 millis")
    }
    const why = last !== undefined && Result.isFailure(last) ? `: ${String(last.failure)}` : ""
    return yield* Effect.die(new Error(`waited ${seconds} s in vain: ${what}${why}`))
  })

/** The failure that has to come; fails the check when the effect succeeds. */
export const failureOf = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>): Effect.Effect<E, never, R> =>
  Effect.flatMap(Effect.result(effect), (result) =>
    Result.isFailure(result)
      ? Effect.succeed(result.failure)
      : Effect.die(new Error(`it should have failed, but did not: ${what}`))
  )
