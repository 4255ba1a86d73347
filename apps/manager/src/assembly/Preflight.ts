/**
 * Whether the management cluster can be worked with: it answers, it lets us in, it has our kinds at our versions.
 *
 * A server that is away is waited for: a manager often starts before the network does. Credentials that are refused and kinds
 * that are missing end the process with what to do about it.
 */
import type { AnyKind } from "@capstan/api"
import { cannotRun, type Stop } from "@capstan/command-line"
import { type ApiError, CustomResourceDefinition, KubernetesApi } from "@capstan/kubernetes"
import { Effect } from "effect"
import { installedKinds } from "./ManagedKinds.ts"

const pauseMillisMin = 1_000
const pauseMillisMax = 30_000

const crdName = (kind: AnyKind): string => `${kind.plural}.${kind.group}`

/** What stands in the way of a kind; `undefined` when nothing does. Fails when nobody answers. */
const problemOf = (
  kind: AnyKind,
  namespace: string | undefined
): Effect.Effect<string | undefined, ApiError, KubernetesApi> =>
  Effect.gen(function* () {
    const api = yield* KubernetesApi
    const listed = yield* Effect.result(
      api.list(kind, { limit: 1, ...(namespace === undefined || kind.scope === "Cluster" ? {} : { namespace }) })
    )
    if (listed._tag === "Success") return undefined
    const error = listed.failure
    if (error.reason !== "NotFound") return yield* error
    const crd = yield* Effect.result(api.get(CustomResourceDefinition, { namespace: "", name: crdName(kind) }))
    const served =
      crd._tag === "Success" ? crd.success.spec.versions.flatMap(({ name, served }) => (served ? [name] : [])) : []
    return served.length === 0
      ? `it has no ${crdName(kind)}`
      : `its ${crdName(kind)} serves ${served.join(", ")} but not ${kind.version}`
  })

const check = Effect.fnUntraced(function* (
  namespace: string | undefined
): Effect.fn.Return<void, ApiError | Stop, KubernetesApi> {
  const found = yield* Effect.forEach(installedKinds, (kind) => problemOf(kind, namespace), { concurrency: 4 })
  const problems = found.filter((problem) => problem !== undefined)
  const [first] = problems
  if (first === undefined) return
  const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`
  const isMissing = first.startsWith("it has no")
  return yield* cannotRun(
    `this is no management cluster for this manager: ${first}${more}. ${
      isMissing
        ? "If the kubeconfig leads to the right cluster, run `capstan manager install` first."
        : "Another release of Cluster API is installed there: upgrade it first, or name another cluster."
    }`
  )
})

/** Refusals that waiting does not mend. */
const refusal = (error: ApiError): Stop | undefined => {
  if (error.untrusted === true)
    return cannotRun(
      `the management cluster is not the one that the kubeconfig means, or has other certificates by now: ${error.message}. Fetch its kubeconfig anew.`
    )
  switch (error.reason) {
    case "Unauthorized":
      return cannotRun(
        `the management cluster does not know the credentials (${error.message}): they are wrong or have expired, or the kubeconfig is another cluster's.`
      )
    case "Forbidden":
      return cannotRun(
        `the management cluster lets the credentials in, but they may not do what controllers do (${error.message}): \`capstan manager install\` prints and applies the roles.`
      )
    default:
      return undefined
  }
}

/**
 * Waits until the management cluster can be worked with. Fails with a sentence when it never will.
 *
 * @param namespace the only one that is looked at; all unless given.
 */
export const preflight = Effect.fnUntraced(function* (namespace?: string): Effect.fn.Return<void, Stop, KubernetesApi> {
  let pauseMillis = pauseMillisMin
  let told = ""
  for (;;) {
    const failure = yield* Effect.catchTag(
      Effect.as(check(namespace), undefined),
      "ApiError",
      (error: ApiError): Effect.Effect<ApiError | undefined, Stop> => {
        const stop = refusal(error)
        return stop === undefined ? Effect.succeed(error) : Effect.fail(stop)
      }
    )
    if (failure === undefined) return
    if (failure.message !== told)
      yield* Effect.logWarning(`the management cluster does not answer yet: ${failure.message}`)
    told = failure.message
    yield* Effect.sleep(pauseMillis)
    pauseMillis = Math.min(pauseMillis * 2, pauseMillisMax)
  }
})
