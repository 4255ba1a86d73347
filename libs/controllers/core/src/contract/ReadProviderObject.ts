/** Reads the object behind a reference without a version: kind by group and name, contract by the kind's labels. */
import type { ContractVersionedObjectReference } from "@capstan/api"
import { catchReason, KubernetesApi } from "@capstan/kubernetes"
import { Cache, Kinds } from "@capstan/runtime"
import { Effect, Option } from "effect"
import { contractVersionOf } from "./ProviderKind.ts"
import { noReference, type ProviderObject } from "./ProviderObject.ts"

/**
 * From the cache. With `confirmMissing` an object that the cache does not have is asked of the API server once more:
 * for deletions, where "missing" lets go of the finalizer.
 */
export const readProviderObject = Effect.fnUntraced(function* (
  reference: ContractVersionedObjectReference | undefined,
  namespace: string,
  options: { readonly confirmMissing: boolean }
): Effect.fn.Return<ProviderObject, never, Cache | Kinds | KubernetesApi> {
  if (reference === undefined) return noReference
  const kinds = yield* Kinds
  const kind = kinds.find({ group: reference.apiGroup, kind: reference.kind })
  if (kind === undefined) {
    return { _tag: "Unreadable", reference, message: `kind ${reference.kind}.${reference.apiGroup} is not installed` }
  }
  const contract = contractVersionOf(kind)
  if (contract === undefined) {
    return {
      _tag: "Unreadable",
      reference,
      message: `kind ${reference.kind}.${reference.apiGroup} follows no supported contract`
    }
  }
  const cache = yield* Cache
  const key = { namespace, name: reference.name }
  const cached = yield* cache.get(kind, key)
  if (Option.isSome(cached)) return { _tag: "Found", kind: { kind, contract }, object: cached.value }
  const missing: ProviderObject = { _tag: "Missing", reference, kind: { kind, contract } }
  if (!options.confirmMissing) return missing
  const api = yield* KubernetesApi
  return yield* api.get(kind, key).pipe(
    Effect.map((object): ProviderObject => ({ _tag: "Found", kind: { kind, contract }, object })),
    catchReason("NotFound", () => Effect.succeed(missing)),
    Effect.catch((error) => Effect.succeed<ProviderObject>({ _tag: "Unreadable", reference, message: error.message }))
  )
})
