/**
 * Who may do what: roles and bindings as they are stored, read anew for every question.
 *
 * Members of `system:masters` may do everything; every user may look at what is served and ask about themselves.
 * Left out: aggregated roles, the check that nobody grants more than they have.
 *
 * @source https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 * @fidelity documented https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings — What every user may do.
 * @fidelity observed kube-apiserver-1.36 — How a refusal is worded.
 */
import type { AnyKind } from "@capstan/api"
import {
  apiError,
  type ApiError,
  ClusterRole,
  ClusterRoleBinding,
  type PolicyRule,
  Role,
  RoleBinding,
  type Subject
} from "@capstan/kubernetes"
import { Result } from "effect"
import type { ApiServer } from "../ApiServer.ts"

/** Who sends a request. */
export interface User {
  readonly name: string
  readonly groups: ReadonlyArray<string>
}

/** What somebody wants to do: to objects, or to a path that is no object's. */
export type Wish =
  | {
      readonly _tag: "Resource"
      readonly verb: string
      readonly group: string
      /** With a subresource `pods/eviction`. */
      readonly resource: string
      /** Empty: all of them, or a kind without. */
      readonly namespace: string
      /** Empty: no single object. */
      readonly name: string
    }
  | { readonly _tag: "Path"; readonly verb: string; readonly path: string }

const openPaths = ["/api", "/apis", "/version", "/openapi", "/healthz", "/livez", "/readyz"]

const isOpen = (wish: Wish): boolean =>
  wish._tag === "Path"
    ? wish.verb === "get" && openPaths.some((path) => wish.path === path || wish.path.startsWith(`${path}/`))
    : wish.verb === "create" && wish.resource.startsWith("selfsubject")

export const isAllowed = (server: ApiServer, user: User, wish: Wish): boolean =>
  user.groups.includes("system:masters") ||
  isOpen(wish) ||
  rulesOf(server, user, wish).some((rule) => permits(rule, wish))

/** What a user may do in a namespace, as a SelfSubjectRulesReview says it. */
export const rulesFor = (
  server: ApiServer,
  user: User,
  namespace: string
): { readonly resourceRules: ReadonlyArray<object>; readonly nonResourceRules: ReadonlyArray<object> } => {
  const everything: PolicyRule = { verbs: ["*"], apiGroups: ["*"], resources: ["*"] }
  const wish: Wish = { _tag: "Resource", verb: "", group: "", resource: "", namespace, name: "" }
  const rules = user.groups.includes("system:masters")
    ? [everything, { verbs: ["*"], nonResourceURLs: ["*"] }]
    : rulesOf(server, user, wish)
  return {
    resourceRules: rules
      .filter(({ resources }) => resources !== undefined)
      .map(({ apiGroups, resourceNames, resources, verbs }) => ({ verbs, apiGroups, resources, resourceNames })),
    nonResourceRules: [
      { verbs: ["get"], nonResourceURLs: openPaths },
      ...rules
        .filter(({ nonResourceURLs }) => nonResourceURLs !== undefined)
        .map(({ nonResourceURLs, verbs }) => ({ verbs, nonResourceURLs }))
    ]
  }
}

const has = (list: ReadonlyArray<string> | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes("*") || list.includes(wanted))

const permits = (rule: PolicyRule, wish: Wish): boolean => {
  if (!has(rule.verbs, wish.verb)) return false
  if (wish._tag === "Path") {
    return (rule.nonResourceURLs ?? []).some(
      (url) => url === wish.path || (url.endsWith("*") && wish.path.startsWith(url.slice(0, -1)))
    )
  }
  const sub = wish.resource.indexOf("/")
  const isNamed =
    has(rule.resources, wish.resource) || (sub !== -1 && has(rule.resources, `*${wish.resource.slice(sub)}`))
  const names = rule.resourceNames ?? []
  return isNamed && has(rule.apiGroups, wish.group) && (names.length === 0 || names.includes(wish.name))
}

const isSubject = (subject: Subject, user: User, namespace: string): boolean => {
  if (subject.kind === "Group") return user.groups.includes(subject.name)
  if (subject.kind === "User") return subject.name === user.name
  return user.name === `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`
}

/** Every rule that speaks of this user where the wish is. */
const rulesOf = (server: ApiServer, user: User, wish: Wish): ReadonlyArray<PolicyRule> => {
  const speaksOf = (subjects: ReadonlyArray<Subject> | undefined, namespace: string): boolean =>
    (subjects ?? []).some((subject) => isSubject(subject, user, namespace))
  const everywhere = listed(server.list(ClusterRoleBinding))
    .filter(({ subjects }) => speaksOf(subjects, ""))
    .flatMap(({ roleRef }) => clusterRules(server, roleRef.name))
  const namespace = wish._tag === "Resource" ? wish.namespace : ""
  if (namespace === "") return everywhere
  const here = listed(server.list(RoleBinding, { namespace }))
    .filter(({ subjects }) => speaksOf(subjects, namespace))
    .flatMap(({ roleRef }) => {
      if (roleRef.kind === "ClusterRole") return clusterRules(server, roleRef.name)
      const role = server.get(Role, { namespace, name: roleRef.name })
      return Result.isSuccess(role) ? (role.success.rules ?? []) : []
    })
  return [...everywhere, ...here]
}

const listed = <A>(list: Result.Result<{ readonly items: ReadonlyArray<A> }, ApiError>): ReadonlyArray<A> =>
  Result.isSuccess(list) ? list.success.items : []

const clusterRules = (server: ApiServer, name: string): ReadonlyArray<PolicyRule> => {
  const role = server.get(ClusterRole, { namespace: "", name })
  return Result.isSuccess(role) ? (role.success.rules ?? []) : []
}

/** The refusal of what is not allowed. */
export const notAllowed = (user: User, wish: Wish, kind: AnyKind | undefined): ApiError => {
  if (wish._tag === "Path") {
    return apiError("Forbidden", `forbidden: User "${user.name}" cannot ${wish.verb} path "${wish.path}"`)
  }
  const { group, name, namespace, resource, verb } = wish
  const qualified = group === "" ? resource : `${resource}.${group}`
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`
  return apiError(
    "Forbidden",
    `${qualified}${name === "" ? "" : ` "${name}"`} is forbidden: User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
    {
      ...(name === "" ? {} : { name }),
      ...(group === "" ? {} : { group }),
      kind: kind?.plural ?? resource
    }
  )
}
