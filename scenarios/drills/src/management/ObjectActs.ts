/**
 * What steps do to objects of a live management cluster: apply, patch, delete.
 *
 * Objects of clusters that the guardrails do not name are left alone, and so is what belongs to no cluster unless it stands in the
 * scenario's own manifests: deleting one object can take a whole cluster's machines with it. Namespaces that manifests
 * name are made when they are missing. Left out: taking away what an earlier manifest had and this one has not.
 *
 * @source https://kubernetes.io/docs/reference/kubectl/generated/kubectl_apply/
 */
import { type AnyKind, Cluster, convertToStorage, type KubernetesObject, Labels, type NewObject } from "@capstan/api"
import { type ApiError, type KubernetesClient, Namespace } from "@capstan/kubernetes"
import { allSteps, kindNamed, type LiveAct, type Plan, type PlannedObject } from "@capstan/engine"
import { Effect } from "effect"
import type { ManagementCluster } from "./ManagementCluster.ts"

/** Whom the API server takes us for. */
const fieldManager = "capstan-drill"

interface Named {
  readonly kind?: string
  readonly metadata?: Partial<KubernetesObject["metadata"]>
  readonly spec?: unknown
}

/** The cluster that an object belongs to, as far as it says. */
export const clusterOf = ({ kind, metadata, spec }: Named): string | undefined =>
  kind === Cluster.kind
    ? metadata?.name
    : (metadata?.labels?.[Labels.ClusterName] ??
      (spec as { readonly clusterName?: string } | undefined)?.clusterName ??
      metadata?.ownerReferences?.find((owner) => owner.kind === Cluster.kind)?.name)

/** Every object that the plan's manifests and steps write. */
export const writtenObjects = (plan: Plan): ReadonlyArray<PlannedObject> => [
  ...plan.objects,
  ...allSteps(plan.steps).flatMap(({ action }) => (action._tag === "Apply" ? action.objects : []))
]

type ObjectAct = Extract<LiveAct, { readonly _tag: "Apply" | "Patch" | "Delete" }>

/** Does it; the API's own words when it is refused, or why it is not tried. */
export const performOnObjects = (
  act: ObjectAct,
  plan: Plan,
  { client }: ManagementCluster
): Effect.Effect<string | undefined> => {
  const clusters = plan.guardrails.aws?.clusters ?? []
  const doing = act._tag === "Apply" ? apply(act.planned, clusters, client) : change(act, plan, clusters, client)
  return Effect.match(doing, { onSuccess: (refusal) => refusal, onFailure: ({ message }) => message })
}

const forbidden = (what: string, object: Named, clusters: ReadonlyArray<string>): string | undefined => {
  const cluster = clusterOf(object)
  return cluster === undefined || clusters.includes(cluster)
    ? undefined
    : `${what} belongs to cluster '${cluster}', which is not among guardrails.aws.clusters`
}

const apply = (
  { object }: PlannedObject,
  clusters: ReadonlyArray<string>,
  client: KubernetesClient
): Effect.Effect<string | undefined, ApiError> =>
  Effect.gen(function* () {
    const kind = kindNamed(object.kind, object.apiVersion)
    if (kind === undefined) return `no matches for kind "${object.kind}"`
    // Manifests without metadata are refused when they are read.
    const stored = convertToStorage(kind, object) as unknown as Required<Pick<Named, "metadata">> & Named
    const name = stored.metadata.name ?? ""
    const namespace = kind.scope === "Cluster" ? "" : (stored.metadata.namespace ?? "default")
    const what = `${kind.kind} ${name}`
    const own = forbidden(what, stored, clusters)
    if (own !== undefined) return own
    const metadata = namespace === "" ? stored.metadata : { ...stored.metadata, namespace }
    if (namespace !== "" && namespace !== "default") yield* ensureNamespace(namespace, client)
    const sent = { ...stored, metadata } as unknown as NewObject<unknown>
    const made = yield* Effect.result(client.create(kind, sent, { fieldManager }))
    if (made._tag === "Success") return undefined
    if (made.failure.reason !== "AlreadyExists") return made.failure.message
    const there = (yield* client.get(kind, { namespace, name })) as KubernetesObject & Named
    const theirs = forbidden(what, there, clusters)
    if (theirs !== undefined) return theirs
    const { spec } = stored
    const body = spec === undefined ? { metadata } : { metadata, spec }
    yield* client.patch(kind, { namespace, name }, { type: "merge", body }, { fieldManager })
    return undefined
  })

const ensureNamespace = (name: string, client: KubernetesClient): Effect.Effect<void, ApiError> =>
  client.get(Namespace, { namespace: "", name }).pipe(
    Effect.asVoid,
    Effect.catchIf(
      ({ reason }) => reason === "NotFound",
      () => Effect.asVoid(client.create(Namespace, { metadata: { name } }, { fieldManager }))
    )
  )

const isWritten = (plan: Plan, kind: AnyKind, name: string): boolean =>
  writtenObjects(plan).some(
    ({ object }) => object.kind === kind.kind && (object["metadata"] as Named["metadata"])?.name === name
  )

const change = (
  act: Exclude<ObjectAct, { readonly _tag: "Apply" }>,
  plan: Plan,
  clusters: ReadonlyArray<string>,
  client: KubernetesClient
): Effect.Effect<string | undefined, ApiError> =>
  Effect.gen(function* () {
    const { kind, name, namespace } = act
    const key = { namespace, name }
    const there = (yield* client.get(kind, key)) as KubernetesObject & Named
    const what = `${kind.kind} ${name}`
    const objection = forbidden(what, there, clusters)
    if (objection !== undefined) return objection
    if (clusterOf(there) === undefined && !isWritten(plan, kind, name)) {
      return `${what} belongs to no cluster of guardrails.aws.clusters and is not in the scenario's manifests`
    }
    if (act._tag === "Delete") {
      yield* client.delete(kind, key)
      return undefined
    }
    const { subresource, type, value } = act.action
    const patch = type === "json" ? { type, body: value as never } : { type, body: value }
    yield* client.patch(kind, key, patch, { fieldManager, ...(subresource === undefined ? {} : { subresource }) })
    return undefined
  })
