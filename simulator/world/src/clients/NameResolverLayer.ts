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

/** `undefined` while no cloud knows the name. */
export const addressOf = (state: WorldState, host: string): string | undefined => {
  if (isAddress(host)) return host
  if (state.resolve(host) === "unresolved") return undefined
  const [last = 0] = createHash("sha256").update(host).digest()
  return `203.0.113.${1 + (last % 254)}`
}

export const nameResolverLayer = (state: WorldState): Layer.Layer<NameResolver> =>
  Layer.succeed(NameResolver, {
    resolve: (host) =>
      state.kernel.call(
        { service: "dns", operation: "resolve", mutating: false, target: host, latencyMillis: 10 },
        () => {
          const address = addressOf(state, host)
          return address === undefined ? Result.fail(new NameNotFound({ host })) : Result.succeed([address])
        }
      )
  })
