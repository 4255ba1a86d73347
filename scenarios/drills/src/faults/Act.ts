/**
 * One act of a fault: what it is aimed at, how it is undone, and the calls that do it.
 *
 * A fault in an account is a list of acts. The runner writes each act's undo into the journal, marks the target with a tag, and
 * only then performs it; so an act is the smallest thing that a crash can leave half done.
 *
 * @source docs/decisions/0006-undo-before-act.md
 */
import type { AwsError, Ec2, Elb } from "@capstan/aws"
import type { Effect } from "effect"
import type { Undo } from "../journal/JournalRecord.ts"

export interface Act {
  /** Id of what is hit. */
  readonly target: string
  readonly kind: "instance" | "subnet" | "network ACL"
  readonly cluster: string
  readonly zone: string
  /** In words, for plans and reports: `stop i-0123`. */
  readonly what: string
  /** The operations that it calls, for plans: `ec2.StopInstances`. */
  readonly calls: ReadonlyArray<string>
  readonly undo: Undo
  /** Ids of the instances that feel it: what limits count. */
  readonly instances: ReadonlyArray<string>
  /** Why the target may not be hit, looked up at the moment of the act; `undefined` when it may. */
  readonly objection: Effect.Effect<string | undefined, AwsError, Ec2>
  /** The tag from which alone it can be undone; `undefined` where the act itself sets it, or nothing can be undone. */
  readonly mark: { readonly resource: string; readonly key: string; readonly values: ReadonlyArray<string> } | undefined
  readonly perform: (context: ActContext) => Effect.Effect<void, AwsError, Ec2 | Elb>
}

export interface ActContext {
  readonly drill: string
  readonly expiresMillis: number
}

/** What takes part in no undo. */
export const nothingToUndo = (target: string, because: string): Undo => ({ _tag: "Nothing", target, because })
