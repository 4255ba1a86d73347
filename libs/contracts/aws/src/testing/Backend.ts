/**
 * What a conformance suite needs of the implementation that it is run against.
 *
 * A check is one Effect over the services; it makes all that it needs and takes it away again, and waits by polling on
 * whatever clock its runner has. So the same checks run in virtual time, against an emulator, and against AWS itself.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/query-api-troubleshooting.html#eventual-consistency
 */
import { it } from "@effect/vitest"
import { Effect, type Layer, type Scope } from "effect"
import type { Ec2 } from "../Ec2.ts"
import type { Elb } from "../Elb.ts"
import type { Iam } from "../Iam.ts"
import type { SecretsManager } from "../SecretsManager.ts"
import type { Sts } from "../Sts.ts"

export type AwsWaist = Ec2 | Elb | SecretsManager | Iam | Sts

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
  /** Names of checks that this backend is known to fail: they have to fail, and are to be struck off once they pass. */
  readonly lacks?: ReadonlyArray<string>
  /** Lets something on the instance answer, or stop answering, at a port; without it health is only checked from outside. */
  readonly answer?: (instanceId: string, port: number, answering: boolean) => Effect.Effect<void>
  /** Longest time for one check in real time; a minute unless given. */
  readonly timeoutMillis?: number
}

export type Check = (name: string, body: () => Effect.Effect<void, unknown, AwsWaist | Scope.Scope>) => void

/** The way to write checks against a backend. */
export const checksOf = (backend: ConformanceBackend): Check => {
  const run = backend.run ?? ((check: Effect.Effect<void, unknown>) => Effect.runPromise(check))
  const timeout = backend.timeoutMillis ?? 60_000
  return (name, body) => {
    const check = Effect.scoped(Effect.suspend(body)).pipe(Effect.provide(backend.layer))
    if (backend.lacks?.includes(name) === true) it.fails(`known to differ: ${name}`, () => run(check), timeout)
    else it(name, () => run(check), timeout)
  }
}
