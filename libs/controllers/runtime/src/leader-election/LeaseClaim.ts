/**
 * What a candidate does next about a Lease. Pure.
 *
 * Clocks of two machines need not agree: a candidate never reads the times in the Lease, it waits until it has seen no
 * change of it for as long as the Lease says, by its own clock. So two lead at once only if one of them goes on past its
 * own renew deadline, and that is shorter than the duration.
 *
 * @source https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
 */
import type { Lease } from "@capstan/kubernetes"
import { Data } from "effect"

export type LeaseSpec = NonNullable<Lease["spec"]>

export interface LeaseTerms {
  /** Who the candidate is: another one for every process. */
  readonly identity: string
  /** Milliseconds without a sign of life after which others may take the Lease. */
  readonly durationMillis: number
}

/** What a candidate has seen of the Lease so far. `sinceMillis`: of its own monotonic clock, when this version first came in. */
export interface LeaseObservation {
  readonly spec: LeaseSpec
  readonly sinceMillis: number
}

export type LeaseClaim = Data.TaggedEnum<{
  /** Nobody has ever held it. */
  Create: { readonly spec: LeaseSpec }
  Replace: { readonly spec: LeaseSpec }
  /** Somebody else holds it. */
  Wait: { readonly holder: string }
}>
export const LeaseClaim = Data.taggedEnum<LeaseClaim>()

/** RFC 3339 with microseconds, as recorders of Leases write it. */
const microTime = (epochMillis: number): string => new Date(epochMillis).toISOString().replace("Z", "000Z")

const sameSpec = (a: LeaseSpec, b: LeaseSpec): boolean =>
  a.holderIdentity === b.holderIdentity &&
  a.leaseDurationSeconds === b.leaseDurationSeconds &&
  a.acquireTime === b.acquireTime &&
  a.renewTime === b.renewTime &&
  a.leaseTransitions === b.leaseTransitions

/** Takes note of the Lease as it is now: a version that differs from the last one has been seen from now on. */
export const observeLease = (
  before: LeaseObservation | undefined,
  spec: LeaseSpec,
  nowMillis: number
): LeaseObservation => (before !== undefined && sameSpec(before.spec, spec) ? before : { spec, sinceMillis: nowMillis })

/** Whether the holder, whoever it is, must still be believed to lead. */
export const isHeld = ({ sinceMillis, spec }: LeaseObservation, nowMillis: number): boolean =>
  (spec.holderIdentity ?? "") !== "" && sinceMillis + (spec.leaseDurationSeconds ?? 0) * 1000 > nowMillis

/**
 * The next step of a candidate or of the leader. `observed` is absent when there is no Lease; `epochMillis` is only written,
 * for people to read.
 */
export const claimLease = (
  terms: LeaseTerms,
  observed: LeaseObservation | undefined,
  now: { readonly monotonicMillis: number; readonly epochMillis: number }
): LeaseClaim => {
  const at = microTime(now.epochMillis)
  const mine: LeaseSpec = {
    holderIdentity: terms.identity,
    leaseDurationSeconds: Math.ceil(terms.durationMillis / 1000),
    acquireTime: at,
    renewTime: at,
    leaseTransitions: 0
  }
  if (observed === undefined) return LeaseClaim.Create({ spec: mine })
  const { spec } = observed
  if (spec.holderIdentity === terms.identity) {
    return LeaseClaim.Replace({
      spec: {
        ...spec,
        ...mine,
        acquireTime: spec.acquireTime ?? at,
        leaseTransitions: spec.leaseTransitions ?? 0
      }
    })
  }
  if (isHeld(observed, now.monotonicMillis)) return LeaseClaim.Wait({ holder: spec.holderIdentity ?? "" })
  return LeaseClaim.Replace({ spec: { ...spec, ...mine, leaseTransitions: (spec.leaseTransitions ?? 0) + 1 } })
}

/** The Lease as a leader leaves it that stops by its own will: free at once, and still saying how often it has changed hands. */
export const releasedLease = (spec: LeaseSpec, epochMillis: number): LeaseSpec => ({
  ...spec,
  holderIdentity: "",
  leaseDurationSeconds: 1,
  acquireTime: microTime(epochMillis),
  renewTime: microTime(epochMillis)
})
