/**
 * Names as this machine resolves them: hosts file, search domains, name servers and all.
 *
 * The system's resolver on purpose, not a DNS client: what counts is whether the connection that follows would find the host.
 *
 * @source https://nodejs.org/api/dns.html#dnspromiseslookuphostname-options
 */
import { NameNotFound, NameResolver } from "@capstan/provider"
import { Effect, Layer } from "effect"
import { lookup } from "node:dns/promises"

/** Fails with `NameNotFound` also when no name server answers: the name is asked for again later, as one that is not there yet. */
export const layer: Layer.Layer<NameResolver> = Layer.succeed(NameResolver, {
  resolve: (host) =>
    Effect.tryPromise({
      try: () => lookup(host, { all: true }),
      catch: () => new NameNotFound({ host })
    }).pipe(
      Effect.map((found) => found.map(({ address }) => address)),
      Effect.filterOrFail(
        (addresses) => addresses.length > 0,
        () => new NameNotFound({ host })
      )
    )
})
