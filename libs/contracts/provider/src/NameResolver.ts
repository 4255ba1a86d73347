/** Whether a name resolves yet: a load balancer's endpoint counts only once it does. */
import { Context, type Effect, Schema } from "effect"

export class NameNotFound extends Schema.TaggedError<NameNotFound>()("NameNotFound", { host: Schema.String }) {}

export class NameResolver extends Context.Service<
  NameResolver,
  {
    /** Addresses behind a host name, at least one. */
    readonly resolve: (host: string) => Effect.Effect<ReadonlyArray<string>, NameNotFound>
  }
>()("@capstan/provider/NameResolver") {}
