import { describe, expect, it } from "vitest"
import {
  claimLease,
  isHeld,
  type LeaseObservation,
  type LeaseSpec,
  observeLease,
  releasedLease
} from "../../src/leader-election/LeaseClaim.ts"

const terms = { identity: "me", durationMillis: 15_000 }
const epochMillis = Date.parse("2030-01-01T00:00:00Z")
const at = "2030-01-01T00:00:00.000000Z"
const theirs: LeaseSpec = {
  holderIdentity: "other",
  leaseDurationSeconds: 15,
  acquireTime: "2029-12-31T23:00:00.000000Z",
  renewTime: "2029-12-31T23:59:00.000000Z",
  leaseTransitions: 4
}
const seen = (spec: LeaseSpec, sinceMillis = 0): LeaseObservation => ({ spec, sinceMillis })

describe("claimLease", () => {
  it.each([
    {
      rule: "makes the Lease that is not there",
      observed: undefined,
      monotonicMillis: 0,
      expected: {
        _tag: "Create",
        spec: {
          holderIdentity: "me",
          leaseDurationSeconds: 15,
          acquireTime: at,
          renewTime: at,
          leaseTransitions: 0
        }
      }
    },
    {
      rule: "waits while the holder has shown itself lately, whatever the times in the Lease say",
      observed: seen(theirs),
      monotonicMillis: 14_999,
      expected: { _tag: "Wait", holder: "other" }
    },
    {
      rule: "takes over from a holder that has been silent for as long as it said",
      observed: seen(theirs),
      monotonicMillis: 15_000,
      expected: {
        _tag: "Replace",
        spec: { holderIdentity: "me", leaseDurationSeconds: 15, acquireTime: at, renewTime: at, leaseTransitions: 5 }
      }
    },
    {
      rule: "takes a Lease at once that was given back",
      observed: seen({ ...theirs, holderIdentity: "" }),
      monotonicMillis: 0,
      expected: {
        _tag: "Replace",
        spec: { holderIdentity: "me", leaseDurationSeconds: 15, acquireTime: at, renewTime: at, leaseTransitions: 5 }
      }
    },
    {
      rule: "renews its own and keeps since when it has it",
      observed: seen({ ...theirs, holderIdentity: "me" }),
      monotonicMillis: 99_000,
      expected: {
        _tag: "Replace",
        spec: { ...theirs, holderIdentity: "me", renewTime: at, acquireTime: theirs.acquireTime }
      }
    }
  ])("$rule", ({ expected, monotonicMillis, observed }) => {
    expect(claimLease(terms, observed, { monotonicMillis, epochMillis })).toEqual(expected)
  })

  it("rounds the duration up to whole seconds, so that others wait long enough", () => {
    const claim = claimLease({ ...terms, durationMillis: 1500 }, undefined, { monotonicMillis: 0, epochMillis })
    expect(claim).toMatchObject({ spec: { leaseDurationSeconds: 2 } })
  })
})

describe("observeLease", () => {
  it("counts from the first sight of a version, and anew from every change", () => {
    const first = observeLease(undefined, theirs, 1000)
    expect(observeLease(first, { ...theirs }, 9000)).toBe(first)
    expect(observeLease(first, { ...theirs, renewTime: at }, 9000).sinceMillis).toBe(9000)
  })
})

describe("releasedLease", () => {
  it("is free for whoever sees it, and remembers how often it changed hands", () => {
    const released = releasedLease({ ...theirs, holderIdentity: "me" }, epochMillis)
    expect(isHeld(seen(released), 0)).toBe(false)
    expect(released).toEqual({ ...theirs, holderIdentity: "", leaseDurationSeconds: 1, acquireTime: at, renewTime: at })
  })
})
