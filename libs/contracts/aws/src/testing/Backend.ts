/**
 * What a conformance suite needs of the implementation that it is run against.
 *
 * A check is one Effect over the services; it makes all that it needs and takes it away again, and waits by polling on
 * whatever clock its runner has. So the same checks run in virtual time, against an emulator, and against AWS itself.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/query-api-troubleshooting.html#eventual-consistency
 */
import { assert, it } from "@effect/vitest"
import { Effect, type Layer, type Scope } from "effect"
import { AwsError } from "../AwsError.ts"
import type { Ec2 } from "../Ec2.ts"
import type { Elb } from "../Elb.ts"
import type { Iam } from "../Iam.ts"
import type { SecretsManager } from "../SecretsManager.ts"
import type { Sts } from "../Sts.ts"

export type AwsWaist = Ec2 | Elb | SecretsManager | Iam | Sts

/** How a backend differs from AWS in one check. */
export interface KnownDifference {
  /** What it does instead, in words. */
  readonly does: string
  /** What the failure of the check has to say, so that no other failure hides behind the difference. */
  readonly shows: string
}

export interface ConformanceBackend {
  readonly name: string
  readonly layer: Layer.Layer<AwsWaist, unknown>
  /** Runs one check to its end and throws when it fails. `Effect.runPromise` unless given; a simulation brings its own. */
  readonly run?: (check: Effect.Effect<void, unknown>) => void | Promise<void>
  /** What has to be in the account beforehand, because no operation of the waist makes it. */
  readonly given: {
    /** An image that boots on `instanceType`. */
    readonly imageId: string
    readonly instanceType: string
    readonly keyName: string
    readonly instanceProfile: string
  }
  /** The checks that this backend is known to fail, by name: each has to fail as it says, and is to be struck off once it passes. */
  readonly lacks?: { readonly [check: string]: KnownDifference }
  /** Lets something on the instance answer, or stop answering, at a port; without it health is only checked from outside. */
  readonly answer?: (instanceId: string, port: number, answering: boolean) => Effect.Effect<void>
  /** Longest time for one check in real time; a minute unless given. */
  readonly timeoutMillis?: number
}

export type Check = (name: string, body: () => Effect.Effect<void, unknown, AwsWaist | Scope.Scope>) => void

/** The names of the checks that have been declared for a backend. */
const declared = new WeakMap<ConformanceBackend, Set<string>>()

/** The way to write checks against a backend. */
export const checksOf = (backend: ConformanceBackend): Check => {
  const run = backend.run ?? ((check: Effect.Effect<void, unknown>) => Effect.runPromise(check))
  const timeout = backend.timeoutMillis ?? 60_000
  const names = declared.get(backend) ?? new Set<string>()
  declared.set(backend, names)
  return (name, body) => {
    names.add(name)
    const check = Effect.scoped(Effect.suspend(body)).pipe(Effect.provide(backend.layer))
    const difference = backend.lacks?.[name]
    if (difference === undefined) it(name, () => run(check), timeout)
    else it(`known to differ: ${name}`, () => differs(difference, () => run(check)), timeout)
  }
}

/** Every known difference has to be about a check that exists. Declare it after all others. */
export const checkDifferences = (backend: ConformanceBackend): void => {
  const { lacks, name } = backend
  if (lacks === undefined) return
  it(`known differences of ${name} are about checks that exist`, () => {
    assert.deepStrictEqual(
      Object.keys(lacks).filter((check) => declared.get(backend)?.has(check) !== true),
      []
    )
  })
}

const differs = async ({ does, shows }: KnownDifference, run: () => void | Promise<void>): Promise<void> => {
  try {
    await run()
  } catch (failure) {
    return assert.include(textOf(failure), shows, "fails otherwise than it is known to")
  }
  throw new Error(`this passes now, and was known to differ (${does}): strike it off the known differences`)
}

const textOf = (failure: unknown): string => {
  if (failure instanceof AwsError) return `${failure.operation}: ${failure.code}: ${failure.message}`
  return failure instanceof Error ? failure.message : String(failure)
}
