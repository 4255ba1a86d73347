/** A simulated world's network, open to a manager outside: proxy, name server and the clock put together. */
import { Cluster } from "@capstan/api"
import type { RealTime, SimulatedWorld } from "@capstan/engine"
import { EtcdMembers } from "@capstan/provider"
import type { ApiServer } from "@capstan/simulator-kubernetes"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { answerEtcd } from "./EtcdDoor.ts"
import { openNameServer } from "./NameServer.ts"
import { openWorldProxy, type Reached } from "./WorldProxy.ts"

const loopback = "127.0.0.1"

/** Opens the way to workload clusters for a manager outside; answers where its proxy and its name server listen. */
export const openNetwork = (world: SimulatedWorld, time: RealTime) =>
  Effect.gen(function* () {
    const enter = (act: () => void): void => time.enter(act)
    const etcd = Context.get(yield* Layer.build(world.world.layers.etcdMembers), EtcdMembers)
    const proxy = yield* openWorldProxy({
      host: loopback,
      enter,
      nowMillis: () => world.kernel.now(),
      reach: (host) => reach(world, host),
      askEtcd: (cluster, node, path, body) =>
        Effect.runPromise(
          time.within(answerEtcd(etcd, { cluster: { namespace: "", name: cluster }, node }, path, body))
        )
    })
    const names = yield* openNameServer({ host: loopback, enter, addressOf: (host) => world.world.addressOf(host) })
    return { proxy, names }
  })

/** How a manager outside is told the way: the world lives at this speed since the time at which its clock showed the wall's. */
export const managerRoute = (
  { names, proxy }: { readonly names: string; readonly proxy: string },
  { sinceMillis, speed }: { readonly sinceMillis: number; readonly speed: number }
): string =>
  `--workload-proxy ${proxy} --name-server ${names} --world-clock ${speed}x@${new Date(sinceMillis).toISOString()}`

const reach = (world: SimulatedWorld, host: string): Reached | string => {
  const server = world.world.apiServerAt(host)
  if (Result.isFailure(server)) return server.failure
  const authorities = world.world.authoritiesAt(host)
  return authorities === undefined
    ? `nobody at ${host} has a key to prove who it is`
    : { server: server.success, authorities }
}

/** The way of a request into a workload cluster: by the endpoint that its Cluster names. */
export const workloadServer = (
  world: SimulatedWorld,
  namespace: string,
  name: string
): Result.Result<ApiServer, string> | undefined => {
  const cluster = world.server.get(Cluster, { namespace, name })
  if (Result.isFailure(cluster)) return undefined
  const host = cluster.success.spec.controlPlaneEndpoint?.host ?? ""
  return host === "" ? undefined : world.world.apiServerAt(host)
}
