/**
 * Calls to API servers on the wall's time, whatever time the caller lives in: their deadlines and limits are those of sockets.
 *
 * @source apps/manager/src/assembly/WorldClock.ts
 */
import type { KubernetesClient } from "@capstan/kubernetes"
import { Clock, Effect, Stream } from "effect"

const wall: Clock.Clock = Clock.Clock.defaultValue()

export const onWallTime = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, Clock.Clock, wall)

export const clientOnWallTime = (client: KubernetesClient): KubernetesClient => ({
  get: (kind, key) => onWallTime(client.get(kind, key)),
  list: (kind, options) => onWallTime(client.list(kind, options)),
  watch: (kind, options) => Stream.provideService(client.watch(kind, options), Clock.Clock, wall),
  create: (kind, object, options) => onWallTime(client.create(kind, object, options)),
  update: (kind, object, options) => onWallTime(client.update(kind, object, options)),
  updateStatus: (kind, object, options) => onWallTime(client.updateStatus(kind, object, options)),
  patch: (kind, key, patch, options) => onWallTime(client.patch(kind, key, patch, options)),
  delete: (kind, key, options) => onWallTime(client.delete(kind, key, options)),
  evict: (pod, options) => onWallTime(client.evict(pod, options))
})
