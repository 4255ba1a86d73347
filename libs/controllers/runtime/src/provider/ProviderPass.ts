/**
 * The frame of one reconcile of a provider's object: pause, failure, and the write at the end.
 *
 * Whatever a pass came to, what it changed on the copy is written before its result or its failure is given on.
 */
import { type Cluster, isPaused } from "@capstan/api"
import type { ApiError } from "@capstan/kubernetes"
import { ProviderError, type Waiting, type WorkingCopy } from "@capstan/provider"
import { Effect, Result as EffectResult } from "effect"
import { done, fromMillis, type Result } from "../Result.ts"
import { nowTimestamp } from "../Timestamp.ts"
import { type ProviderContract, type Statement, withCondition } from "./ProviderObject.ts"

export type PassError = ApiError | ProviderError
export type Copy = WorkingCopy<unknown>

export const state = (copy: Copy, contract: ProviderContract, statement: Statement): Effect.Effect<void> =>
  Effect.map(nowTimestamp, (now) => copy.change((object) => withCondition(object, contract, statement, now)))

export const stateReady = (copy: Copy, contract: ProviderContract): Effect.Effect<void> =>
  state(copy, contract, { type: "Ready", status: "True", reason: "Ready", message: "" })

export const stateNotReady = (
  copy: Copy,
  contract: ProviderContract,
  why: { readonly reason: string; readonly message: string; readonly severity?: "Info" | "Warning" | "Error" }
): Effect.Effect<void> =>
  state(copy, contract, {
    type: "Ready",
    status: "False",
    reason: why.reason,
    message: why.message,
    ...(why.severity === undefined ? {} : { severity: why.severity })
  })

/** What a wait means for the queue. */
export const afterWaiting = (waiting: Pick<Waiting, "requeueAfterMillis">): Result =>
  fromMillis(waiting.requeueAfterMillis)

/**
 * Runs a pass unless the object is paused, states `Paused` either way, and writes the copy.
 *
 * A `ProviderError` becomes `Ready` False. The write's own failure counts only when the pass had none.
 */
export const runPass = <R>(
  options: {
    readonly copy: Copy
    readonly contract: ProviderContract
    readonly cluster: Cluster
    /** Whether a `ProviderError` is stated in `Ready`; so unless said otherwise. */
    readonly readyFromErrors?: boolean
  },
  pass: Effect.Effect<Result, PassError, R>
): Effect.Effect<Result, PassError, R> =>
  Effect.gen(function* () {
    const { cluster, contract, copy } = options
    const paused = isPaused(cluster, copy.get())
    yield* state(copy, contract, {
      type: "Paused",
      status: paused ? "True" : "False",
      reason: paused ? "Paused" : "NotPaused",
      message: paused ? pauseMessage(cluster) : ""
    })
    if (paused) {
      yield* copy.persist
      return done
    }
    const result = yield* Effect.result(pass)
    if (EffectResult.isFailure(result)) {
      const error = result.failure
      if (error instanceof ProviderError && options.readyFromErrors !== false) {
        yield* stateNotReady(copy, contract, { reason: error.reason, message: error.message, severity: "Error" })
      }
      yield* Effect.ignore(copy.persist)
      return yield* error
    }
    yield* copy.persist
    return result.success
  })

const pauseMessage = (cluster: Cluster): string =>
  cluster.spec.paused === true
    ? "Cluster spec.paused is set to true"
    : "Object has the cluster.x-k8s.io/paused annotation"
