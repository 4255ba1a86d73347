/**
 * The simulated resolver: a name resolves as soon as a cloud says so, to addresses that stand for its load balancer.
 *
 * @source https://www.rfc-editor.org/rfc/rfc5737
 * @fidelity assumed — One address a name, from the block for documentation; a lookup takes 10 ms.
 */
import { NameNotFound, NameResolver } from "@capstan/provider"
import { Layer, Result } from "effect"
import { createHash } from "node:crypto"
import type { WorldState } from "../WorldState.ts"

const isAddress = (host: string): boolean => /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) || host.includes(":")

const addressOf = (host: string): string => {
  const [last = 0] = createHash("sha256").update(host).digest()
  return `203.0.113.${1 + (last % 254)}`
}

export const nameResolverLayer = (state: WorldState): Layer.Layer<NameResolver> =>
  Layer.succeed(NameResolver, {
    resolve: (host) =>
      state.kernel.call(
        { service: "dns", operation: "resolve", mutating: false, target: host, latencyMillis: 10 },
        () => {
          if (isAddress(host)) return Result.succeed([host])
          return state.resolve(host) === "unresolved"
            ? Result.fail(new NameNotFound({ host }))
            : Result.succeed([addressOf(host)])
        }
      )
  })
