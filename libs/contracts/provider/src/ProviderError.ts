/** What a provider's step may fail with: the next reconcile tries again, with backoff. */
import { Schema } from "effect"

export class ProviderError extends Schema.TaggedError<ProviderError>()("ProviderError", {
  /** CamelCase, fit for a condition's reason. */
  reason: Schema.String,
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}
