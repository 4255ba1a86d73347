/**
 * The kill switch on this machine: while it is pulled, no drill begins an act. Undoing goes on.
 *
 * @source https://docs.aws.amazon.com/fis/latest/userguide/safety-lever.html
 */
import { Context, Effect, Layer } from "effect"
import type { JournalError } from "./Journal.ts"

export class StopSwitch extends Context.Service<
  StopSwitch,
  {
    readonly isPulled: Effect.Effect<boolean, JournalError>
    readonly pull: Effect.Effect<void, JournalError>
    readonly lift: Effect.Effect<void, JournalError>
    /** Where it is kept, for messages. */
    readonly place: string
  }
>()("@capstan/drills/StopSwitch") {}

/** A switch in memory, not pulled. */
export const layerMemory: Layer.Layer<StopSwitch> = Layer.sync(StopSwitch, () => {
  let pulled = false
  return StopSwitch.of({
    place: "memory",
    isPulled: Effect.sync(() => pulled),
    pull: Effect.sync(() => {
      pulled = true
    }),
    lift: Effect.sync(() => {
      pulled = false
    })
  })
})
