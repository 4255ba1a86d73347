/**
 * Which objects a list or a watch is about: namespace, labels and fields as one quick test.
 *
 * @source https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 * @fidelity observed kube-apiserver-1.36 — Fields that can be selected by kind, and the refusal of others.
 */
import { type AnyKind, groupKindOf, isEmptySelector, type KubernetesObject, matches } from "@capstan/api"
import type { ApiError, ListOptions } from "@capstan/kubernetes"
import { Result } from "effect"
import { isObject } from "./FrozenValue.ts"
import { badRequest } from "./StatusErrors.ts"

export type Selection = (object: KubernetesObject) => boolean

/** What is selected; `matching` is for what the options have no words for. */
export interface Selecting extends Pick<ListOptions, "namespace" | "labels" | "fields"> {
  readonly matching?: Selection
}

const everyKind = ["metadata.name", "metadata.namespace"]

const byKind: { readonly [groupKind: string]: ReadonlyArray<string> } = {
  Pod: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP"
  ],
  Secret: ["type"],
  Namespace: ["status.phase"],
  Node: ["spec.unschedulable"],
  Event: [
    ...["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"].map(
      (name) => `involvedObject.${name}`
    ),
    "reason",
    "reportingComponent",
    "type"
  ]
}

/** Whether a kind belongs to Kubernetes itself rather than to a CustomResourceDefinition. */
export const isNative = (kind: AnyKind): boolean => !kind.group.includes(".") || kind.group.endsWith(".k8s.io")

/** The fields by which objects of a kind can be selected. */
export const selectableFields = (kind: AnyKind): ReadonlyArray<string> => [
  ...everyKind,
  ...(byKind[groupKindOf(kind)] ?? [])
]

/** What stands in a field, as text; empty when nothing does. */
export const readField = (object: KubernetesObject, path: ReadonlyArray<string>): string => {
  const value = path.reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), object)
  return value === undefined ? "" : String(value)
}

/** The refusal of a field that cannot be selected by. */
export const unsupportedField = (kind: AnyKind, path: string): ApiError =>
  badRequest(
    isNative(kind)
      ? `"${path}" is not a known field selector: only ${selectableFields(kind)
          .map((name) => `"${name}"`)
          .join(", ")}`
      : `field label not supported: ${path}`
  )

/** The test for some options; `undefined` when everything is meant. */
export const selection = (kind: AnyKind, options: Selecting): Result.Result<Selection | undefined, ApiError> => {
  const tests: Array<Selection> = []
  const { fields, labels, matching, namespace } = options
  if (matching !== undefined) tests.push(matching)
  if (namespace !== undefined && namespace !== "") tests.push((object) => object.metadata.namespace === namespace)
  if (labels !== undefined && !isEmptySelector(labels)) tests.push((object) => matches(labels, object.metadata.labels))
  const known = selectableFields(kind)
  for (const path in fields) {
    if (!known.includes(path)) return Result.fail(unsupportedField(kind, path))
    const steps = path.split(".")
    const wanted = fields[path]
    tests.push((object) => readField(object, steps) === wanted)
  }
  const [first, ...others] = tests
  if (first === undefined || others.length === 0) return Result.succeed(first)
  return Result.succeed((object) => tests.every((test) => test(object)))
}
