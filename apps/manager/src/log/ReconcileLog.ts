/**
 * What surrounds every reconcile in production: log lines that say whose it is, a span, a line for every failure.
 *
 * @source https://github.com/kubernetes-sigs/controller-runtime pkg/internal/controller
 */
import { formatKey } from "@capstan/api"
import { CallingController } from "@capstan/aws-live"
import type { ReconcileHook } from "@capstan/runtime"
import { Cause, Effect } from "effect"

const messageOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

export const reconcileLog: ReconcileHook = {
  around: (info, reconcile) => {
    const { controller, id, request, trigger } = info
    return reconcile.pipe(
      Effect.tapCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.void
          : Effect.annotateLogs(Effect.logError("Reconciler error"), { err: messageOf(cause) })
      ),
      Effect.tap(() => Effect.logTrace("reconciled")),
      Effect.annotateLogs({
        controller,
        namespace: request.namespace,
        name: request.name,
        reconcileID: id,
        trigger: trigger._tag
      }),
      Effect.provideService(CallingController, controller),
      Effect.withSpan(`${controller}.reconcile`, { attributes: { object: formatKey(request) } })
    )
  }
}
