/**
 * What the server says it serves: as one document for recent clients, and group by group for the others.
 *
 * @source https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 * @fidelity observed kube-apiserver-1.36 — Both forms, their content types, `ETag` and 304.
 */
import { createHash } from "node:crypto"
import type { AnyKind } from "@capstan/api"
import { acceptsAggregatedDiscovery } from "./Accepting.ts"
import { type HttpAnswer, json, plain, whole } from "./HttpExchange.ts"
import { reviewGroups, reviewKinds } from "./Reviews.ts"
import { groupVersion, type ServedGroup, type ServedKind, type ServedKinds } from "./ServedKinds.ts"

interface Subresource {
  readonly name: string
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: ReadonlyArray<string>
}

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

const subresourceVerbs = ["get", "patch", "update"]

/** Subresources that one of Kubernetes' own kinds has beside status and scale. */
const ownSubresources: { readonly [plural: string]: Subresource } = {
  pods: { name: "eviction", group: "policy", version: "v1", kind: "Eviction", verbs: ["create"] },
  serviceaccounts: {
    name: "token",
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenRequest",
    verbs: ["create"]
  }
}

export const subresourcesOf = ({ kind, version }: ServedKind): ReadonlyArray<Subresource> => {
  const own = kind.group === "" ? ownSubresources[kind.plural] : undefined
  const itself = { group: kind.group, version, kind: kind.kind, verbs: subresourceVerbs }
  return [
    ...(own === undefined ? [] : [own]),
    ...(kind.subresources.scale === undefined
      ? []
      : [{ name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: subresourceVerbs }]),
    ...(kind.subresources.status ? [{ name: "status", ...itself }] : [])
  ]
}

const namesOf = (kind: AnyKind) => ({
  ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
  ...(kind.categories.length === 0 ? {} : { categories: kind.categories })
})

/** `/api`, `/apis` and what is below them without naming a resource; `undefined` when that is not what is asked for. */
export const discovery = (
  segments: ReadonlyArray<string>,
  headers: { readonly [name: string]: string | undefined },
  served: ServedKinds
): HttpAnswer | undefined => {
  const [root, first, second, ...rest] = segments
  if ((root !== "api" && root !== "apis") || rest.length > 0) return undefined
  if (first === undefined) {
    const groups = withReviews(served.groups).filter(({ group }) => (group === "") === (root === "api"))
    if (acceptsAggregatedDiscovery(headers["accept"])) return aggregated(groups, headers["if-none-match"])
    return root === "api" ? json(200, { kind: "APIVersions", versions: ["v1"] }) : groupList(groups)
  }
  const groups = withReviews(served.groups)
  if (root === "api") return second === undefined ? resourceList(groups, "", first) : undefined
  if (second !== undefined) return resourceList(groups, first, second)
  const group = groups.find((each) => each.group === first && first !== "")
  return group === undefined
    ? plain(404, "404 page not found\n")
    : json(200, { kind: "APIGroup", apiVersion: "v1", ...describeGroup(group) })
}

const withReviews = (groups: ReadonlyArray<ServedGroup>): ReadonlyArray<ServedGroup> => [
  ...groups,
  ...reviewGroups
    .filter((group) => groups.every((each) => each.group !== group))
    .map((group): ServedGroup => ({ group, versions: [{ version: "v1", kinds: [] }] }))
]

const describeGroup = ({ group, versions }: ServedGroup): object => {
  const described = versions.map(({ version }) => ({ groupVersion: groupVersion(group, version), version }))
  return { name: group, versions: described, preferredVersion: described[0] }
}

const groupList = (groups: ReadonlyArray<ServedGroup>): HttpAnswer =>
  json(200, { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(describeGroup) })

const resourceList = (groups: ReadonlyArray<ServedGroup>, group: string, version: string): HttpAnswer => {
  const found = groups.find((each) => each.group === group)?.versions.find((each) => each.version === version)
  if (found === undefined) return plain(404, "404 page not found\n")
  return json(200, {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: groupVersion(group, version),
    resources: [
      ...found.kinds.flatMap(describeResource),
      ...reviewKinds.filter((each) => each.group === group).map(describeReview)
    ]
  })
}

const describeResource = (served: ServedKind): ReadonlyArray<object> => {
  const { kind } = served
  const namespaced = kind.scope === "Namespaced"
  return [
    { name: kind.plural, singularName: kind.singular, namespaced, kind: kind.kind, verbs, ...namesOf(kind) },
    ...subresourcesOf(served).map((sub) => ({
      name: `${kind.plural}/${sub.name}`,
      singularName: "",
      namespaced,
      ...(sub.group === kind.group ? {} : { group: sub.group, version: sub.version }),
      kind: sub.kind,
      verbs: sub.verbs
    }))
  ]
}

const describeReview = ({ kind, namespaced, plural }: (typeof reviewKinds)[number]): object => ({
  name: plural,
  singularName: kind.toLowerCase(),
  namespaced,
  kind,
  verbs: ["create"]
})

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

const aggregated = (groups: ReadonlyArray<ServedGroup>, known: string | undefined): HttpAnswer => {
  const body = `${JSON.stringify({
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.group === "" ? {} : { name: group.group },
      versions: group.versions.map(({ kinds, version }) => ({
        version,
        resources: [
          ...kinds.map(aggregateResource),
          ...reviewKinds.filter((each) => each.group === group.group).map(aggregateReview)
        ],
        freshness: "Current"
      }))
    }))
  })}\n`
  const etag = `"${createHash("sha256").update(body).digest("hex").toUpperCase()}"`
  const headers = { "content-type": aggregatedType, "cache-control": "public", etag, vary: "Accept" }
  return known === etag ? whole(304, "", headers) : whole(200, body, headers)
}

const aggregateResource = (served: ServedKind): object => {
  const { kind, version } = served
  const subresources = subresourcesOf(served).map((sub) => ({
    subresource: sub.name,
    responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
    verbs: sub.verbs
  }))
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version, kind: kind.kind },
    scope: kind.scope,
    singularResource: kind.singular,
    verbs,
    ...namesOf(kind),
    ...(subresources.length === 0 ? {} : { subresources })
  }
}

const aggregateReview = ({ group, kind, namespaced, plural }: (typeof reviewKinds)[number]): object => ({
  resource: plural,
  responseKind: { group, version: "v1", kind },
  scope: namespaced ? "Namespaced" : "Cluster",
  singularResource: kind.toLowerCase(),
  verbs: ["create"]
})
