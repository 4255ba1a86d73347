/**
 * Says when the management cluster stops answering, and when it answers again: once each, however many calls fail.
 *
 * Informers and reconciles come back by themselves and stay silent about it.
 */
import type { ApiError, KubernetesClient } from "@capstan/kubernetes"
import { Effect, Stream } from "effect"

const isAway = ({ reason }: ApiError): boolean => reason === "Unreachable" || reason === "ServiceUnavailable"

/** The same client, whose outages are logged. */
export const withOutageLog = (client: KubernetesClient): KubernetesClient => {
  let away = false
  const failed = (error: ApiError): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (away || !isAway(error)) return Effect.void
      away = true
      return Effect.logWarning(`the management cluster does not answer: ${error.message}`)
    })
  const answered: Effect.Effect<void> = Effect.suspend(() => {
    if (!away) return Effect.void
    away = false
    return Effect.logInfo("the management cluster answers again")
  })
  const told = <A, R>(call: Effect.Effect<A, ApiError, R>): Effect.Effect<A, ApiError, R> =>
    Effect.tapError(
      Effect.tap(call, () => answered),
      failed
    )
  return {
    get: (kind, key) => told(client.get(kind, key)),
    list: (kind, options) => told(client.list(kind, options)),
    // A watch that ends says little: what comes after it does.
    watch: (kind, options) => Stream.tapError(client.watch(kind, options), failed),
    create: (kind, object, options) => told(client.create(kind, object, options)),
    update: (kind, object, options) => told(client.update(kind, object, options)),
    updateStatus: (kind, object, options) => told(client.updateStatus(kind, object, options)),
    patch: (kind, key, patch, options) => told(client.patch(kind, key, patch, options)),
    delete: (kind, key, options) => told(client.delete(kind, key, options)),
    evict: (pod, options) => told(client.evict(pod, options))
  }
}
