/**
 * Roles and bindings (rbac.authorization.k8s.io/v1), as data: kubeadm writes them, tests compare them.
 *
 * Left out: enforcement, aggregation and the escalation check.
 *
 * @source https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
import { type FieldError, type KindObject, list, makeKind, type ObjectOf } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

export const PolicyRule = openStruct({
  apiGroups: Schema.optionalKey(list(Schema.String)),
  resources: Schema.optionalKey(list(Schema.String)),
  verbs: list(Schema.String),
  resourceNames: Schema.optionalKey(list(Schema.String)),
  nonResourceURLs: Schema.optionalKey(list(Schema.String))
})
export type PolicyRule = typeof PolicyRule.Type

export const Subject = openStruct({
  kind: Schema.String,
  name: Schema.String,
  apiGroup: Schema.optionalKey(Schema.String),
  namespace: Schema.optionalKey(Schema.String)
})
export type Subject = typeof Subject.Type

export const RoleRef = openStruct({ apiGroup: Schema.String, kind: Schema.String, name: Schema.String })
export type RoleRef = typeof RoleRef.Type

const RoleBody = openStruct({ rules: Schema.optionalKey(list(PolicyRule)) })

const BindingBody = openStruct({ subjects: Schema.optionalKey(list(Subject)), roleRef: RoleRef })
type BindingBody = typeof BindingBody.Type

const roleRefStays = (
  binding: ObjectOf<BindingBody>,
  old: ObjectOf<BindingBody> | undefined
): ReadonlyArray<FieldError> =>
  old === undefined || (old.roleRef.name === binding.roleRef.name && old.roleRef.kind === binding.roleRef.kind)
    ? []
    : [
        {
          field: "roleRef",
          reason: "FieldValueInvalid",
          message: "Invalid value: cannot change roleRef"
        }
      ]

const rbac = { group: "rbac.authorization.k8s.io", version: "v1", subresources: { status: false } } as const

export const Role = makeKind({ ...rbac, kind: "Role", schema: RoleBody })
export type Role = KindObject<typeof Role>

export const ClusterRole = makeKind({ ...rbac, kind: "ClusterRole", scope: "Cluster", schema: RoleBody })
export type ClusterRole = KindObject<typeof ClusterRole>

export const RoleBinding = makeKind({
  ...rbac,
  kind: "RoleBinding",
  schema: BindingBody,
  admission: { validate: roleRefStays }
})
export type RoleBinding = KindObject<typeof RoleBinding>

export const ClusterRoleBinding = makeKind({
  ...rbac,
  kind: "ClusterRoleBinding",
  scope: "Cluster",
  schema: BindingBody,
  admission: { validate: roleRefStays }
})
export type ClusterRoleBinding = KindObject<typeof ClusterRoleBinding>
