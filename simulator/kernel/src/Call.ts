/**
 * What a simulated call is, and what may be done to it on its way.
 *
 * Every request that leaves a controller (management API, AWS, etcd, name resolution) is described by a `CallInfo` and goes
 * through `Kernel.call`. There, and nowhere else, an engine may step in: slow it, refuse it, lose its answer, or stop the
 * calling process right before or right after it took effect.
 *
 * @source Sun et al., "Automatic Reliability Testing for Cluster Management Controllers" (Sieve), OSDI 2022
 */
import { Data } from "effect"

/** One request, as its service describes it. */
export interface CallInfo {
  /** Which service is called, such as `kubernetes`, `ec2`, `etcd`. */
  readonly service: string
  /** The service's own word for the operation, such as `update` or `RunInstances`. */
  readonly operation: string
  /** Whether the call may change the world. */
  readonly mutating: boolean
  /** What the call is about, such as `Machine/default/a`. */
  readonly target?: string
  /** The request itself, for interventions that look inside. Never changed. */
  readonly request?: unknown
  /** Whole virtual milliseconds there and back; the call takes effect in the middle. 0 (the default) is at once. */
  readonly latencyMillis?: number
}

/** A call as an engine sees it. */
export interface InterceptedCall extends CallInfo {
  /** Name of the calling process group, or `undefined` for a fiber outside of all. */
  readonly process: string | undefined
  /** Number of this call in this run, from 1: a stable name for "the i-th call" as long as nothing before it changes. */
  readonly seq: number
}

/**
 * What is done to a call.
 *
 * - `Delay`: `millis` more on the way there; then as usual.
 * - `Fail`: after the usual latency the caller gets `error`; nothing is performed. The error must be one that the called
 *   service can answer with: it arrives in the caller's typed error channel.
 * - `Crash`: the calling process group is killed, before the call is sent or right after it took effect; by `cause`, an event of
 *   the trace, or else by what caused the call.
 * - `LoseAnswer`: the call takes effect, but after `afterMillis` the caller gets `error` (a time-out, say).
 */
export type Intervention = Data.TaggedEnum<{
  None: {}
  Delay: { readonly millis: number }
  Fail: { readonly error: unknown }
  Crash: { readonly when: "before" | "after"; readonly cause?: number }
  LoseAnswer: { readonly error: unknown; readonly afterMillis: number }
}>
export const Intervention = Data.taggedEnum<Intervention>()

/** Decides about one call. Must be deterministic; it may emit into the trace and set timers. */
export type Intervene = (call: InterceptedCall) => Intervention
