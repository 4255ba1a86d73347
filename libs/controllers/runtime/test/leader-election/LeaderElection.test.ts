/** Candidates over one fake API: who leads when, what ends it, and that never two lead at once. */
import { type ApiError, apiError, KubernetesApi, Lease } from "@capstan/kubernetes"
import { MemoryApi } from "@capstan/kubernetes/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import {
  leaderElectionDefaults,
  type LeaderElectionOptions,
  leaderElectionProblem,
  LeadershipLost,
  whileLeading
} from "../../src/leader-election/LeaderElection.ts"
import { settle } from "../TestManager.ts"

const key = { namespace: "capi-system", name: "controller-leader-election-capi" }
const options = (identity: string, more: Partial<LeaderElectionOptions> = {}): LeaderElectionOptions => ({
  ...leaderElectionDefaults,
  leases: [key],
  identity,
  ...more
})

type Door = <A>(call: Effect.Effect<A, ApiError>) => Effect.Effect<A, ApiError>

/** A candidate. Its terms of office are written down in seconds of the test's clock. */
const candidate = Effect.fnUntraced(function* (
  api: MemoryApi,
  terms: LeaderElectionOptions,
  offices: Array<{ readonly who: string; from: number; to: number }>,
  door: Door = (call) => call
) {
  const now = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1000)
  const office = Effect.gen(function* () {
    const entry = { who: terms.identity, from: yield* now, to: Number.POSITIVE_INFINITY }
    offices.push(entry)
    return yield* Effect.onExit(Effect.never, () => Effect.map(now, (at) => void (entry.to = at)))
  })
  // Every call of a client may fail with an ApiError: the door's own are nothing new.
  const client = api.clientThrough(door as <A, E>(call: Effect.Effect<A, E>) => Effect.Effect<A, E>)
  return yield* Effect.provideService(whileLeading(terms, office), KubernetesApi, client)
})

/** A candidate in the background. */
const startCandidate = (...args: Parameters<typeof candidate>) =>
  Effect.tap(Effect.forkChild(candidate(...args)), () => settle)

/** Moves the clock in steps that are finer than every period. */
const pass = (seconds: number) =>
  Effect.repeat(Effect.andThen(TestClock.adjust("500 millis"), settle), { times: seconds * 2 - 1 })

const holderOf = (api: MemoryApi) => (api.find(Lease, key) as Lease | undefined)?.spec

describe("whileLeading", () => {
  it.effect("leads at once when nobody does, and renews for as long as it lives", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const offices: Array<{ who: string; from: number; to: number }> = []
      yield* startCandidate(api, options("a"), offices)
      yield* pass(120)
      assert.deepStrictEqual(offices, [{ who: "a", from: 0, to: Number.POSITIVE_INFINITY }])
      assert.strictEqual(holderOf(api)?.holderIdentity, "a")
      assert.strictEqual(holderOf(api)?.leaseTransitions, 0)
    })
  )

  it.effect("lets the second wait, and hands over at once when the first stops by its own will", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const offices: Array<{ who: string; from: number; to: number }> = []
      const first = yield* startCandidate(api, options("a"), offices)
      yield* startCandidate(api, options("b"), offices)
      yield* pass(60)
      assert.strictEqual(offices.length, 1)
      yield* Fiber.interrupt(first)
      assert.strictEqual(holderOf(api)?.holderIdentity, "")
      yield* pass(3)
      assert.deepStrictEqual(
        offices.map(({ who }) => who),
        ["a", "b"]
      )
      assert.strictEqual(holderOf(api)?.leaseTransitions, 1)
    })
  )

  it.effect("takes over from one that was killed, but only after the whole duration", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const offices: Array<{ who: string; from: number; to: number }> = []
      let killed = false
      yield* startCandidate(api, options("a"), offices, (call) => (killed ? Effect.never : call))
      yield* startCandidate(api, options("b"), offices)
      yield* pass(30)
      killed = true
      const killedAt = (yield* Clock.currentTimeMillis) / 1000
      yield* pass(30)
      const [, second] = offices
      assert.strictEqual(second?.who, "b")
      assert.isAtLeast(second?.from ?? 0, killedAt + 15 - 2 * 2)
      assert.isAtMost(second?.from ?? 0, killedAt + 15 + 2 * 2.4)
    })
  )

  it.effect("stops its work when it cannot renew by the deadline, and says why", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const offices: Array<{ who: string; from: number; to: number }> = []
      const fiber = yield* startCandidate(api, options("a"), offices)
      yield* pass(10)
      api.intervene = () => apiError("Unreachable", "connection refused")
      yield* pass(14)
      const exit = fiber.pollUnsafe()
      assert.isTrue(exit !== undefined && Exit.isFailure(exit))
      assert.isAtMost(offices[0]?.to ?? Number.POSITIVE_INFINITY, 22)
      const error = yield* Effect.flip(Fiber.join(fiber))
      assert.instanceOf(error, LeadershipLost)
      assert.include(error.message, "connection refused")
    })
  )

  it.effect("stops at once when another one holds what it thought to be its own", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const offices: Array<{ who: string; from: number; to: number }> = []
      const fiber = yield* startCandidate(api, options("a"), offices)
      const lease = api.find(Lease, key)
      if (lease === undefined) throw new Error("there is no Lease")
      api.put(Lease, { ...lease, spec: { ...holderOf(api), holderIdentity: "b" } } as never)
      yield* pass(3)
      const error = yield* Effect.flip(Fiber.join(fiber))
      assert.include(error.message, "b holds it")
      assert.strictEqual(holderOf(api)?.holderIdentity, "b")
    })
  )

  it.effect("leads only with all Leases, and gives all of them back", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const offices: Array<{ who: string; from: number; to: number }> = []
      const other = { namespace: "capa-system", name: "controller-leader-elect-capa" }
      const both = yield* startCandidate(api, options("a", { leases: [key, other] }), offices)
      yield* startCandidate(api, options("b", { leases: [other] }), offices)
      yield* pass(20)
      assert.deepStrictEqual(
        offices.map(({ who }) => who),
        ["a"]
      )
      yield* Fiber.interrupt(both)
      yield* pass(3)
      assert.strictEqual(offices.at(-1)?.who, "b")
      assert.strictEqual(holderOf(api)?.holderIdentity, "")
    })
  )

  it.effect("takes over all Leases of one that was killed after one duration, not after one for each", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const offices: Array<{ who: string; from: number; to: number }> = []
      const leases = ["a", "b", "c", "d"].map((name) => ({ namespace: "default", name }))
      let killed = false
      yield* startCandidate(api, options("a", { leases }), offices, (call) => (killed ? Effect.never : call))
      yield* startCandidate(api, options("b", { leases }), offices)
      yield* pass(30)
      killed = true
      const killedAt = (yield* Clock.currentTimeMillis) / 1000
      yield* pass(30)
      assert.strictEqual(offices.at(-1)?.who, "b")
      assert.isAtMost(offices.at(-1)?.from ?? 0, killedAt + 15 + 2 * 2.4)
    })
  )

  it.effect("ends with its work, and frees the Lease", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const result = yield* Effect.provide(whileLeading(options("a"), Effect.succeed(42)), api.layer)
      assert.strictEqual(result, 42)
      assert.strictEqual(holderOf(api)?.holderIdentity, "")
    })
  )
})

/**
 * The connection of one candidate: cut now and then for longer than any deadline, slow at times. What was asked may have been
 * done although no answer came.
 */
const badConnection = (): Door => {
  let cutUntil = 0
  return (call) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (now >= cutUntil && (yield* Random.next) < 0.08) cutUntil = now + 5_000 + (yield* Random.next) * 20_000
      if (now < cutUntil) {
        yield* Effect.sleep(Math.min(cutUntil - now, 3_000))
        return yield* apiError("Unreachable", "connection reset")
      }
      yield* Effect.sleep((yield* Random.next) * 1_000)
      const answer = yield* call
      const luck = yield* Random.next
      yield* Effect.sleep(luck > 0.8 ? (yield* Random.next) * 12_000 : 50)
      if (luck > 0.95) return yield* apiError("Unreachable", "the answer was lost")
      return answer
    })
}

describe("three candidates on bad connections", () => {
  it.effect.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])("never lead at once: seed %i", (seed) =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const offices: Array<{ who: string; from: number; to: number }> = []
      // Whoever loses comes back, as a process that is started again.
      const run = (who: string) =>
        Effect.forkChild(Effect.forever(Effect.exit(candidate(api, options(who), offices, badConnection()))))
      const fibers = [yield* run("a"), yield* run("b"), yield* run("c")]
      yield* pass(600)
      // Their farewell takes time, too.
      yield* Effect.forkChild(Fiber.interruptAll(fibers))
      yield* pass(60)
      assert.isAbove(new Set(offices.map(({ who }) => who)).size, 1)
      const inOrder = offices.toSorted((a, b) => a.from - b.from)
      for (const [index, { from, who }] of inOrder.entries()) {
        const before = inOrder[index - 1]
        assert.isTrue(
          before === undefined || before.to <= from,
          `${who} leads from ${from}, while ${before?.who} leads until ${before?.to}`
        )
      }
    }).pipe(Random.withSeed(seed))
  )
})

describe("leaderElectionProblem", () => {
  it("takes upstream's defaults", () => assert.isUndefined(leaderElectionProblem(options("a"))))
  it.each([
    [{ renewDeadlineMillis: 15_000 }, "shorter than the lease duration"],
    [{ retryPeriodMillis: 9_000 }, "longer than 1.2 retry periods"],
    [{ retryPeriodMillis: 0 }, "above zero"],
    [{ durationMillis: 500, renewDeadlineMillis: 100 }, "at least one second"]
  ])("refuses %o", (more, why) => assert.include(leaderElectionProblem(options("a", more)), why))
})
