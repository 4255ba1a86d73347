/**
 * What every implementation of `KubernetesApi` promises, as checks that run against any of them.
 *
 * The server must serve `conformanceKinds` besides the native kinds, with a garbage collector, a namespace controller and
 * a disruption controller. Left out: what goes over HTTP alone (encodings, discovery, tables), server-side apply, CEL.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import type { Layer } from "effect"
import { Effect, Result } from "effect"
import { ApiError } from "../ApiError.ts"
import type { KubernetesApi } from "../KubernetesApi.ts"
import { createChecks } from "./checks/CreateChecks.ts"
import { deletionChecks } from "./checks/DeletionChecks.ts"
import { garbageCollectionChecks } from "./checks/GarbageCollectionChecks.ts"
import { nativeKindChecks } from "./checks/NativeKindChecks.ts"
import { patchChecks } from "./checks/PatchChecks.ts"
import { readChecks } from "./checks/ReadChecks.ts"
import { schemaChecks } from "./checks/SchemaChecks.ts"
import { updateChecks } from "./checks/UpdateChecks.ts"
import { watchChecks } from "./checks/WatchChecks.ts"
import type { ConformanceCheck } from "./ConformanceCheck.ts"

export const kubernetesApiChecks: ReadonlyArray<ConformanceCheck> = [
  ...createChecks,
  ...updateChecks,
  ...patchChecks,
  ...schemaChecks,
  ...readChecks,
  ...watchChecks,
  ...deletionChecks,
  ...garbageCollectionChecks,
  ...nativeKindChecks
]

/** Runs every check on one implementation, one after the other. Answers with a sentence for each promise that is not kept. */
export const kubernetesApiConformance = <E, R>(
  layer: Layer.Layer<KubernetesApi, E, R>
): Effect.Effect<ReadonlyArray<string>, E, R> =>
  Effect.gen(function* () {
    const broken: Array<string> = []
    for (const { name, run, topic } of kubernetesApiChecks) {
      const result = yield* Effect.result(run)
      if (Result.isFailure(result)) broken.push(`${topic}: ${name}: ${explain(result.failure)}`)
    }
    return broken
  }).pipe(Effect.provide(layer))

const explain = (error: ApiError | { readonly message: string }): string =>
  error instanceof ApiError ? `${error.reason}: ${error.message}` : error.message
