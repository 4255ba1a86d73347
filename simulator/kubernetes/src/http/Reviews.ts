/**
 * Reviews: objects that are only sent and answered, never stored, by which callers ask what they or others may do.
 *
 * @source https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 * @fidelity documented https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/ — What is asked and what is answered.
 */
import { isObject, type JsonObject } from "../FrozenValue.ts"
import type { ApiServer } from "../ApiServer.ts"
import { isAllowed, rulesFor, type User, type Wish } from "./Authorization.ts"

const authorization = "authorization.k8s.io"
const authentication = "authentication.k8s.io"

export const reviewGroups: ReadonlyArray<string> = [authentication, authorization]

export const reviewKinds = [
  { group: authentication, kind: "SelfSubjectReview", plural: "selfsubjectreviews", namespaced: false },
  { group: authorization, kind: "LocalSubjectAccessReview", plural: "localsubjectaccessreviews", namespaced: true },
  { group: authorization, kind: "SelfSubjectAccessReview", plural: "selfsubjectaccessreviews", namespaced: false },
  { group: authorization, kind: "SelfSubjectRulesReview", plural: "selfsubjectrulesreviews", namespaced: false },
  { group: authorization, kind: "SubjectAccessReview", plural: "subjectaccessreviews", namespaced: false }
] as const

export type ReviewKind = (typeof reviewKinds)[number]

/** The review that a path creates: `/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`. */
export const reviewAt = (segments: ReadonlyArray<string>): ReviewKind | undefined => {
  const [root, group, version, ...rest] = segments
  const place = rest.length === 3 && rest[0] === "namespaces" ? rest.slice(2) : rest
  if (root !== "apis" || version !== "v1" || place.length !== 1) return undefined
  return reviewKinds.find(
    (each) => each.group === group && each.plural === place[0] && each.namespaced === (rest.length === 3)
  )
}

const textAt = (value: unknown, key: string): string =>
  isObject(value) && typeof value[key] === "string" ? value[key] : ""

const listAt = (value: unknown, key: string): ReadonlyArray<string> =>
  isObject(value) && Array.isArray(value[key]) ? value[key].map(String) : []

const wishIn = (spec: JsonObject): Wish => {
  const { nonResourceAttributes, resourceAttributes } = spec
  if (isObject(nonResourceAttributes)) {
    return { _tag: "Path", verb: textAt(nonResourceAttributes, "verb"), path: textAt(nonResourceAttributes, "path") }
  }
  const resource = textAt(resourceAttributes, "resource")
  const subresource = textAt(resourceAttributes, "subresource")
  return {
    _tag: "Resource",
    verb: textAt(resourceAttributes, "verb"),
    group: textAt(resourceAttributes, "group"),
    resource: subresource === "" ? resource : `${resource}/${subresource}`,
    namespace: textAt(resourceAttributes, "namespace"),
    name: textAt(resourceAttributes, "name")
  }
}

/** The review with its answer in `status`. */
export const reviewed = (server: ApiServer, kind: ReviewKind, sent: JsonObject, user: User): JsonObject => {
  const spec = isObject(sent.spec) ? sent.spec : {}
  const about: User =
    kind.kind === "SubjectAccessReview" || kind.kind === "LocalSubjectAccessReview"
      ? { name: textAt(spec, "user"), groups: listAt(spec, "groups") }
      : user
  return {
    kind: kind.kind,
    apiVersion: `${kind.group}/v1`,
    metadata: {},
    ...(kind.kind === "SelfSubjectReview" ? {} : { spec }),
    status: statusOf(server, kind, spec, about)
  }
}

const statusOf = (server: ApiServer, kind: ReviewKind, spec: JsonObject, user: User): object => {
  switch (kind.kind) {
    case "SelfSubjectReview":
      return { userInfo: { username: user.name, groups: user.groups } }
    case "SelfSubjectRulesReview":
      return { ...rulesFor(server, user, textAt(spec, "namespace")), incomplete: false }
    default:
      return { allowed: isAllowed(server, user, wishIn(spec)) }
  }
}
