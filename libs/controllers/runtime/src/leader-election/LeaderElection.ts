/**
 * Leader election over a Lease: wait for it, work while it is renewed, stop when it is not, give it back at the end.
 *
 * The leader counts from the moment at which it sent its last renewal, everybody else from when they saw it: so the leader
 * gives up first, however slow the answers are. A leader that cannot renew by its deadline fails with `LeadershipLost`, and its work is interrupted first: whoever runs it
 * lets the process end, as upstream's managers do. Several Leases are taken one after the other, in the same order by everybody.
 * The gauge `leader_election_master_status` says for each Lease whether this process holds it.
 * Left out: coordinated election, health checks that watch the elector itself.
 *
 * @source https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
 */
import { formatKey, type ObjectKey } from "@capstan/api"
import { type ApiError, apiError, KubernetesApi, Lease } from "@capstan/kubernetes"
import { Clock, Effect, Exit, Metric, Random, Ref, Result, Schema } from "effect"
import { claimLease, type LeaseObservation, type LeaseTerms, observeLease, releasedLease } from "./LeaseClaim.ts"

export interface LeaderElectionOptions extends LeaseTerms {
  /** Where the Leases are. Leading means to hold all of them. */
  readonly leases: ReadonlyArray<ObjectKey>
  /** A leader that has not renewed for so long stops. Shorter than the duration. */
  readonly renewDeadlineMillis: number
  /** Between two attempts, and between two renewals. */
  readonly retryPeriodMillis: number
}

/** Upstream's defaults: 15 s, 10 s, 2 s. */
export const leaderElectionDefaults = {
  durationMillis: 15_000,
  renewDeadlineMillis: 10_000,
  retryPeriodMillis: 2_000
} as const

/** A Lease could not be renewed in time, or is somebody else's. */
export class LeadershipLost extends Schema.TaggedError<LeadershipLost>()("LeadershipLost", {
  lease: Schema.String,
  message: Schema.String
}) {}

/** Why terms cannot work; `undefined` when they can. */
export const leaderElectionProblem = (options: LeaderElectionOptions): string | undefined => {
  const { durationMillis, renewDeadlineMillis, retryPeriodMillis } = options
  if (durationMillis < 1000) return "the lease duration must be at least one second"
  if (renewDeadlineMillis >= durationMillis) return "the renew deadline must be shorter than the lease duration"
  if (retryPeriodMillis <= 0) return "the retry period must be above zero"
  if (renewDeadlineMillis <= retryPeriodMillis * jitterFactor)
    return `the renew deadline must be longer than ${jitterFactor} retry periods`
  return undefined
}

const jitterFactor = 1.2

/** Does the work while leading: waits until all Leases are held. Ends as the work ends, or with `LeadershipLost`. */
export const whileLeading = <A, E, R>(
  options: LeaderElectionOptions,
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E | LeadershipLost, R | KubernetesApi> =>
  Effect.gen(function* () {
    const candidates = yield* Effect.forEach(options.leases, (lease) => makeCandidate(options, lease))
    return yield* candidates.reduceRight<Effect.Effect<A, E | LeadershipLost, R>>(
      (inner, candidate, index) => whileHolding(candidate, candidates.slice(index + 1), inner),
      work
    )
  })

type Candidate = Effect.Success<ReturnType<typeof makeCandidate>>

/** `later`: what is asked for after this one, and looked at all the while, so that its time runs together with this one's. */
const whileHolding = <A, E, R>(
  candidate: Candidate,
  later: ReadonlyArray<Candidate>,
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E | LeadershipLost, R> =>
  Effect.andThen(
    candidate.acquire(Effect.forEach(later, ({ look }) => look, { discard: true })),
    Effect.onExit(Effect.andThen(candidate.leads(true), Effect.raceFirst(work, candidate.renew)), (exit) =>
      // Who has lost a Lease has nothing to give back.
      Effect.andThen(candidate.leads(false), Exit.isFailure(exit) && isLost(exit) ? Effect.void : candidate.release)
    )
  )

const isLost = (exit: Exit.Failure<unknown, unknown>): boolean =>
  exit.cause.reasons.some((reason) => reason._tag === "Fail" && reason.error instanceof LeadershipLost)

const monotonicMillis = Clock.clockWith((clock) =>
  Effect.sync(() => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n))
)

const makeCandidate = Effect.fnUntraced(function* (options: LeaderElectionOptions, key: ObjectKey) {
  const { identity, renewDeadlineMillis, retryPeriodMillis } = options
  const api = yield* KubernetesApi
  const name = formatKey(key)
  const observed = yield* Ref.make<LeaseObservation | undefined>(undefined)
  const told = yield* Ref.make("")

  const see = Effect.fnUntraced(function* (lease: Lease) {
    const now = yield* monotonicMillis
    const observation = yield* Ref.updateAndGet(observed, (before) => observeLease(before, lease.spec ?? {}, now))
    const holder = lease.spec?.holderIdentity ?? ""
    if (holder !== "" && (yield* Ref.getAndSet(told, holder)) !== holder) {
      yield* holder === identity
        ? Effect.logInfo(`leading: ${name} is held`)
        : Effect.logInfo(`${name} is held by ${holder}`)
    }
    return observation
  })

  const read: Effect.Effect<Lease | undefined, ApiError> = Effect.catchIf(
    api.get(Lease, key),
    (error) => error.reason === "NotFound",
    () => Effect.succeed(undefined)
  )

  const lost = (why: string): LeadershipLost => new LeadershipLost({ lease: name, message: `${name} is lost: ${why}` })

  const tooSlow = {
    duration: renewDeadlineMillis,
    orElse: () => Effect.fail(apiError("Unreachable", `no answer for ${renewDeadlineMillis / 1000} s`))
  }

  /** One attempt to take or to renew. Gives whether the Lease is ours. */
  const attempt: Effect.Effect<boolean, ApiError> = Effect.gen(function* () {
    const lease = yield* read
    const observation = lease === undefined ? undefined : yield* see(lease)
    const claim = claimLease(options, observation, {
      monotonicMillis: yield* monotonicMillis,
      epochMillis: yield* Clock.currentTimeMillis
    })
    if (claim._tag === "Wait") return false
    const written =
      lease === undefined
        ? yield* api.create(Lease, { metadata: { ...key }, spec: claim.spec })
        : yield* api.update(Lease, { ...lease, spec: claim.spec })
    yield* see(written)
    return true
  }).pipe(
    // Somebody else was quicker.
    Effect.catchIf(
      (error) => error.reason === "Conflict" || error.reason === "AlreadyExists",
      () => Effect.succeed(false)
    )
  )

  const patience = Effect.flatMap(Random.next, (share) =>
    Effect.sleep(Math.round(retryPeriodMillis * (1 + (jitterFactor - 1) * share)))
  )

  /** When the last attempt that succeeded was sent: others may count the Lease's time from then on. */
  let heldSinceMillis = 0

  /** Takes note of the Lease as it is; who cannot read it has seen nothing. */
  const look = Effect.flatMap(Effect.timeoutOrElse(read, tooSlow), (lease) =>
    lease === undefined ? Effect.void : Effect.asVoid(see(lease))
  ).pipe(Effect.catch(() => Effect.void))

  const acquire = Effect.fnUntraced(function* (meanwhile: Effect.Effect<void>) {
    yield* Effect.logInfo(`waiting for ${name}`)
    let problem = ""
    for (;;) {
      heldSinceMillis = yield* monotonicMillis
      const attempted = yield* Effect.result(Effect.timeoutOrElse(attempt, tooSlow))
      if (Result.isSuccess(attempted) && attempted.success) return
      const failure = Result.isFailure(attempted) ? attempted.failure.message : ""
      if (failure !== "" && failure !== problem) yield* Effect.logError(`cannot ask for ${name}: ${failure}`)
      problem = failure
      yield* meanwhile
      yield* patience
    }
  })

  /** Renews for ever. An attempt that hangs is no renewal. */
  const renew: Effect.Effect<never, LeadershipLost> = Effect.gen(function* () {
    let why = "no answer"
    for (;;) {
      const left = heldSinceMillis + renewDeadlineMillis - (yield* monotonicMillis)
      if (left <= 0) return yield* lost(`it could not be renewed within ${renewDeadlineMillis / 1000} s: ${why}`)
      yield* Effect.sleep(Math.min(retryPeriodMillis, left))
      const beganMillis = yield* monotonicMillis
      const patienceMillis = heldSinceMillis + renewDeadlineMillis - beganMillis
      if (patienceMillis <= 0) continue
      const attempted = yield* Effect.result(Effect.timeoutOption(attempt, patienceMillis))
      if (Result.isFailure(attempted)) why = attempted.failure.message
      else if (attempted.success._tag === "None") why = "no answer"
      else if (attempted.success.value) heldSinceMillis = beganMillis
      else {
        const holder = (yield* Ref.get(observed))?.spec.holderIdentity ?? ""
        if (holder !== "" && holder !== identity) return yield* lost(`${holder} holds it`)
        why = "it has been written by somebody else"
      }
    }
  })

  /** Leaves the Lease to whoever asks next. Best effort: without it the next one waits for the duration. */
  const release = Effect.gen(function* () {
    const lease = yield* read
    if (lease?.spec?.holderIdentity !== identity) return
    yield* api.update(Lease, { ...lease, spec: releasedLease(lease.spec, yield* Clock.currentTimeMillis) })
    yield* Effect.logInfo(`${name} is free again`)
  }).pipe(
    Effect.timeoutOption(renewDeadlineMillis),
    Effect.catch((error) => Effect.logWarning(`cannot give ${name} back: ${error.message}`)),
    Effect.asVoid
  )

  const status = Metric.gauge("leader_election_master_status", { attributes: { name: key.name } })
  const leads = (leading: boolean) => Metric.update(status, leading ? 1 : 0)

  return { acquire, leads, look, renew, release }
})
