/**
 * What a Machine writes to its Node: who it belongs to, labels and annotations of a few domains, taints.
 *
 * Tracking annotations say what came from the Machine; only that may be taken away again. Everything else on the
 * Node is left as it is. Pure. Left out: taints of the Machine (gate MachineTaintPropagation, off upstream).
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machine/machine_controller_noderef.go
 */
import {
  type Cluster,
  controllerOf,
  Labels,
  type Machine,
  NodeAnnotations,
  outdatedRevisionTaint,
  type StringMap,
  TaintKeys
} from "@capstan/api"
import type { Node } from "@capstan/kubernetes"

export interface NodeSyncOptions {
  readonly node: Node
  readonly machine: Machine
  readonly cluster: Cluster
  /** The infrastructure may take the machine away at any time. */
  readonly interruptible: boolean
  /** The Machine's set is not its deployment's latest. */
  readonly outdated: boolean
}

/** The Node as it should be; the same reference when nothing has to change. */
export const syncNode = (options: NodeSyncOptions): Node => {
  const { node } = options
  const labels = syncLabels(options)
  const annotations = syncAnnotations(options)
  const taints = syncTaints(options)
  if (labels === node.metadata.labels && annotations === node.metadata.annotations && taints === node.spec?.taints)
    return node
  return {
    ...node,
    metadata: {
      ...node.metadata,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations })
    },
    ...(taints === node.spec?.taints ? {} : { spec: { ...node.spec, taints: taints ?? [] } })
  }
}

const domainOf = (key: string): string => (key.includes("/") ? key.slice(0, key.indexOf("/")) : "")

const isWithin = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`)

/** Whether a Machine's label passes to its Node. */
export const isNodeLabel = (key: string): boolean => {
  const domain = domainOf(key)
  return (
    domain === "node-role.kubernetes.io" ||
    isWithin(domain, "node-restriction.kubernetes.io") ||
    isWithin(domain, "node.cluster.x-k8s.io")
  )
}

const isNodeAnnotation = (key: string): boolean => isWithin(domainOf(key), "node.cluster.x-k8s.io")

const pick = (map: StringMap | undefined, test: (key: string) => boolean): StringMap =>
  Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => test(key)))

const keysIn = (map: StringMap): string => Object.keys(map).sort().join(",")

/** `before` with `wanted` laid over it, without what is tracked and no longer wanted; `before` itself when equal. */
const merge = (
  before: StringMap | undefined,
  wanted: StringMap,
  tracked: string | undefined
): StringMap | undefined => {
  const stale = (tracked ?? "").split(",").filter((key) => key !== "" && wanted[key] === undefined)
  const after = { ...pick(before, (key) => !stale.includes(key)), ...wanted }
  const keys = Object.keys(after)
  const same = keys.length === Object.keys(before ?? {}).length && keys.every((key) => before?.[key] === after[key])
  return same ? before : after
}

const syncLabels = ({ interruptible, machine, node }: NodeSyncOptions): StringMap | undefined => {
  const wanted = pick(machine.metadata.labels, isNodeLabel)
  const tracked = node.metadata.annotations?.[NodeAnnotations.LabelsFromMachine]
  return merge(node.metadata.labels, interruptible ? { ...wanted, [Labels.Interruptible]: "" } : wanted, tracked)
}

const syncAnnotations = ({ cluster, machine, node }: NodeSyncOptions): StringMap | undefined => {
  const owner = controllerOf(machine)
  const passed = pick(machine.metadata.annotations, isNodeAnnotation)
  const wanted = {
    ...passed,
    [NodeAnnotations.ClusterName]: cluster.metadata.name,
    [NodeAnnotations.ClusterNamespace]: cluster.metadata.namespace ?? "",
    [NodeAnnotations.Machine]: machine.metadata.name,
    ...(owner === undefined
      ? {}
      : { [NodeAnnotations.OwnerKind]: owner.kind, [NodeAnnotations.OwnerName]: owner.name }),
    [NodeAnnotations.LabelsFromMachine]: keysIn(pick(machine.metadata.labels, isNodeLabel)),
    [NodeAnnotations.AnnotationsFromMachine]: keysIn(passed)
  }
  return merge(node.metadata.annotations, wanted, node.metadata.annotations?.[NodeAnnotations.AnnotationsFromMachine])
}

type Taints = NonNullable<Node["spec"]>["taints"]

const syncTaints = ({ node, outdated }: NodeSyncOptions): Taints => {
  const before = node.spec?.taints
  const taints = before ?? []
  const isOutdated = (taint: (typeof taints)[number]): boolean =>
    taint.key === outdatedRevisionTaint.key && taint.effect === outdatedRevisionTaint.effect
  const kept = taints.filter((taint) => taint.key !== TaintKeys.Uninitialized && (outdated || !isOutdated(taint)))
  const added =
    outdated && !taints.some(isOutdated)
      ? [{ key: outdatedRevisionTaint.key, effect: outdatedRevisionTaint.effect }]
      : []
  return kept.length === taints.length && added.length === 0 ? before : [...kept, ...added]
}
