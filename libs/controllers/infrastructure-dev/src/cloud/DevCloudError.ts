/** What the dev cloud answers instead of a result. */
import { Schema } from "effect"

export class DevCloudError extends Schema.TaggedError<DevCloudError>()("DevCloudError", {
  /** CamelCase: `NoCapacity`, `NotFound`, `HostTaken`, or whatever code a scenario puts in the answer's place. */
  reason: Schema.String,
  message: Schema.String
}) {}
