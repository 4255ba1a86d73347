/**
 * The operator's wish to stop: SIGTERM or SIGINT. A second one ends the process at once.
 *
 * @source https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
 */
import { ExitCode } from "@capstan/command-line"
import { Deferred, Effect, type Scope } from "effect"

const signals = ["SIGTERM", "SIGINT"] as const

/** Listens until the scope closes; gives an effect that ends with the first signal. */
export const stopSignal: Effect.Effect<Effect.Effect<void>, never, Scope.Scope> = Effect.gen(function* () {
  const asked = yield* Deferred.make<void>()
  let count = 0
  const onSignal = (): void => {
    count++
    if (count > 1) process.exit(ExitCode.interrupted)
    Deferred.doneUnsafe(asked, Effect.void)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => signals.forEach((signal) => process.on(signal, onSignal))),
    () => Effect.sync(() => signals.forEach((signal) => process.off(signal, onSignal)))
  )
  return Deferred.await(asked)
})
