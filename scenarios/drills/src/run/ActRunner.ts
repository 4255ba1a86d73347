/**
 * Doing an act and undoing it, so that a crash at any moment leaves either nothing or something that can be undone.
 *
 * The order is the whole point: switches and target are looked at, the undo is written and synced, the target is tagged, and then
 * the act is performed. Undone is written when nothing is left to undo.
 *
 * @source docs/decisions/0006-undo-before-act.md
 */
import { type AwsError, Ec2, type Elb } from "@capstan/aws"
import { Clock, Effect } from "effect"
import { patiently } from "../account/Patience.ts"
import { formatMark, timestamp } from "../DrillTags.ts"
import type { Act } from "../faults/Act.ts"
import { Journal, type JournalError } from "../journal/Journal.ts"
import type { Intent } from "../journal/JournalRecord.ts"
import { inFlightMillis, performUndo, type UndoOutcome } from "../undo/PerformUndo.ts"
import type { StopSwitch } from "../journal/StopSwitch.ts"
import { Refused, requireNotStopped } from "./Guard.ts"

/** What all acts of one step have in common. */
export interface ActOrder {
  readonly drill: string
  readonly step: string
  readonly fault: string
  readonly account: string
  readonly region: string
  readonly clusters: ReadonlyArray<string>
  readonly expiresMillis: number
}

/** The drill and the step, as marks and ACLs carry them: faults of one drill are undone one by one. */
export const ownerOf = ({ drill, step }: { readonly drill: string; readonly step: string }): string =>
  `${drill}/${step}`

/** Writes the undo down, tells of it, marks the target, performs. `id` is the intent's, unique in the journal. */
export const performAct = (
  act: Act,
  order: ActOrder,
  id: string,
  announce: (intent: Intent) => void
): Effect.Effect<void, AwsError | Refused | JournalError, Ec2 | Elb | Journal | StopSwitch> =>
  Effect.gen(function* () {
    const journal = yield* Journal
    yield* requireNotStopped(order.clusters)
    const objection = yield* act.objection
    if (objection !== undefined) return yield* new Refused({ message: objection })
    const now = yield* Clock.currentTimeMillis
    if (now >= order.expiresMillis) {
      return yield* new Refused({
        message: `the drill's longest duration was over at ${timestamp(order.expiresMillis)}`
      })
    }
    const intent: Intent = {
      _tag: "Intent",
      version: 1,
      id,
      drill: order.drill,
      at: timestamp(now),
      expires: timestamp(order.expiresMillis),
      account: order.account,
      region: order.region,
      cluster: act.cluster,
      step: order.step,
      fault: order.fault,
      undo: act.undo
    }
    yield* journal.append(intent)
    announce(intent)
    const drill = ownerOf(order)
    if (act.mark !== undefined) {
      const { key, resource, values } = act.mark
      const ec2 = yield* Ec2
      const Value = formatMark({ drill, expiresMillis: order.expiresMillis, values })
      yield* ec2.createTags({ Resources: [resource], Tags: [{ Key: key, Value }] })
    }
    yield* act.perform({ drill, expiresMillis: order.expiresMillis })
  })

/** Undoes what an intent announced, and writes that down. */
export const undoIntent = (intent: Intent): Effect.Effect<UndoOutcome, AwsError | JournalError, Ec2 | Elb | Journal> =>
  Effect.gen(function* () {
    const journal = yield* Journal
    // An undo may be repeated as a whole, so a throttled or unanswered call in the middle of it is no end.
    const outcome = yield* patiently(
      performUndo({
        undo: intent.undo,
        drill: ownerOf(intent),
        cluster: intent.cluster,
        settledMillis: Date.parse(intent.at) + inFlightMillis
      })
    )
    const at = timestamp(yield* Clock.currentTimeMillis)
    yield* journal.append({ _tag: "Undone", version: 1, id: intent.id, at, how: outcome.how })
    return outcome
  })
