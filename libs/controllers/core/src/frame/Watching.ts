/**
 * Which changes wake which objects. Every part of an object that a controller reads has a name here; a change of
 * anything else does not wake it.
 */
import { type Condition, groupOf, type KubernetesObject, Labels, sameJson } from "@capstan/api"
import { type ObjectChange, type Request } from "@capstan/runtime"
import { valueAt } from "../contract/ValueAt.ts"

/** A part of an object, as a value that can be compared. */
export type Part = (object: KubernetesObject) => unknown

export const at =
  (...path: ReadonlyArray<string>): Part =>
  (object) =>
    valueAt(object, path)

/** Labels, annotations, owners, finalizers and the mark of deletion: not the version, not the generation. */
export const metadata: Part = ({ metadata }) => [
  metadata.labels,
  metadata.annotations,
  metadata.ownerReferences,
  metadata.finalizers,
  metadata.deletionTimestamp
]

export const labels: Part = ({ metadata }) => metadata.labels
export const annotations: Part = ({ metadata }) => metadata.annotations
export const owners: Part = ({ metadata }) => metadata.ownerReferences
export const deletion: Part = ({ metadata }) => metadata.deletionTimestamp
export const spec: Part = at("spec")
export const status: Part = at("status")
export const nodeRef: Part = at("status", "nodeRef")

const conditionsOf = (object: KubernetesObject): ReadonlyArray<Condition> => {
  const conditions = valueAt(object, ["status", "conditions"])
  return Array.isArray(conditions) ? conditions : []
}

/** What one condition says; times do not count. */
export const condition =
  (type: string): Part =>
  (object) => {
    const found = conditionsOf(object).find((each) => each.type === type)
    return found === undefined ? undefined : [found.status, found.reason, found.message]
  }

/** All conditions but those that the controller writes itself: what others say. */
export const conditionsOfOthers =
  (owned: ReadonlyArray<string>): Part =>
  (object) =>
    conditionsOf(object).filter((each) => !owned.includes(each.type))

/** All conditions, times included. */
export const conditions: Part = conditionsOf

/** Objects that come and go always count; changed ones when one of the parts differs. */
export const changes =
  (...parts: ReadonlyArray<Part>) =>
  ({ after, before }: ObjectChange): boolean =>
    before === undefined || after === undefined || parts.some((part) => !sameJson(part(before), part(after)))

const request = (object: KubernetesObject, name: string): Request => ({
  namespace: object.metadata.namespace ?? "",
  name
})

/** The Cluster that an object's label names. */
export const clusterOf = (object: KubernetesObject): ReadonlyArray<Request> => {
  const name = object.metadata.labels?.[Labels.ClusterName]
  return name === undefined ? [] : [request(object, name)]
}

/** The owners of a kind of Cluster API, and the namesake when asked for. */
export const ownersOfKind =
  (kind: string) =>
  (object: KubernetesObject): ReadonlyArray<Request> =>
    (object.metadata.ownerReferences ?? [])
      .filter((owner) => owner.kind === kind && groupOf(owner.apiVersion) === "cluster.x-k8s.io")
      .map((owner) => request(object, owner.name))
