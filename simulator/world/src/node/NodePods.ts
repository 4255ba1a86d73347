/**
 * The Pods of a Node as its kubelet and its controllers treat them: static ones, ready or not, started, ended, orphaned.
 *
 * @source https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
 * @fidelity documented https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions — Pods of an unreachable Node are deleted and stay Terminating until the kubelet is back or the Node is gone.
 * @fidelity documented https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection — Pods of a Node that is no more are removed.
 */
import { keyOf } from "@capstan/api"
import { Node, Pod } from "@capstan/kubernetes"
import type { ApiServer } from "@capstan/simulator-kubernetes"
import { Result } from "effect"
import type { Machine, NodeState } from "../machine/Machine.ts"
import type { WorldState } from "../WorldState.ts"
import { keepTransitions, unreachableTaintKey } from "./NodeObject.ts"
import { imageRepository, newStaticPod, runningStatus, staticComponents, staticPodName } from "./StaticPods.ts"

const kubelet = { actor: "kubelet" }
const nodeController = { actor: "node-controller" }

export interface NodePodsOptions {
  readonly state: WorldState
  /** A Pod waits for its kubelet to start it. */
  readonly startPod: (cluster: string, pod: Pod) => void
  /** A Pod waits for its kubelet to end it. */
  readonly stopPod: (cluster: string, pod: Pod) => void
}

export const nodeOf = (server: ApiServer, name: string): Node | undefined =>
  Result.getOrUndefined(server.get(Node, { namespace: "", name }))

export class NodePods {
  private readonly state: WorldState
  private readonly options: NodePodsOptions

  constructor(options: NodePodsOptions) {
    this.state = options.state
    this.options = options
  }

  /** Brings the mirror Pods of the machine's manifests about. */
  runStatic(machine: Machine, node: NodeState): void {
    const server = this.state.fleet.get(node.cluster)
    const cluster = this.state.cluster(node.cluster)
    const object = server === undefined ? undefined : nodeOf(server, node.name)
    if (server === undefined || cluster === undefined || object === undefined) return
    const { externalEtcd } = cluster.plan
    const repository = imageRepository(node.version, cluster.plan.imageRepository)
    for (const component of staticComponents(externalEtcd)) {
      const pod = newStaticPod({ component, node: object, version: node.version, repository })
      const created = server.create(Pod, pod, kubelet)
      if (Result.isSuccess(created)) this.setReady(server, machine, created.success, true)
    }
  }

  /** The machine's etcd member has been removed: etcd ends, and the API server that used it cannot go on. */
  etcdEnded(machine: Machine): void {
    const { node } = machine
    const server = node === undefined ? undefined : this.state.openServer(node.cluster)
    if (node === undefined || server === undefined) return
    for (const component of ["etcd", "kube-apiserver"]) {
      const key = { namespace: "kube-system", name: staticPodName(component, node.name) }
      const pod = Result.getOrUndefined(server.get(Pod, key))
      if (pod !== undefined) this.setReady(server, machine, pod, false)
    }
  }

  /** All Pods that are bound to a Node. */
  on(server: ApiServer, node: string): ReadonlyArray<Pod> {
    const found = server.list(Pod, { fields: { "spec.nodeName": node } })
    return Result.isSuccess(found) ? found.success.items : []
  }

  setReady(server: ApiServer, machine: Machine, pod: Pod, ready: boolean): void {
    const isReady = pod.status?.conditions?.find((condition) => condition.type === "Ready")?.status
    if (isReady === (ready ? "True" : "False")) return
    const now = this.state.kernel.timestamp()
    const status = runningStatus({ view: machine.view, ready, now, containers: pod.spec.containers })
    const kept = {
      ...status,
      startTime: pod.status?.startTime ?? now,
      conditions: keepTransitions(status.conditions, pod.status?.conditions)
    }
    server.patch(
      Pod,
      keyOf(pod),
      { type: "merge", body: { status: kept } },
      { subresource: "status", ...(ready ? kubelet : nodeController) }
    )
  }

  /** Deletes what does not tolerate an unreachable Node for ever. */
  evict(server: ApiServer, node: string): void {
    for (const pod of this.on(server, node)) {
      if (!toleratesForEver(pod)) server.delete(Pod, keyOf(pod), { actor: "taint-eviction-controller" })
    }
  }

  /** Removes what was on a Node that is no more. */
  collectOrphans(server: ApiServer, node: string): void {
    if (nodeOf(server, node) !== undefined) return
    for (const pod of this.on(server, node)) {
      server.delete(Pod, keyOf(pod), { gracePeriodSeconds: 0, actor: "pod-garbage-collector" })
    }
  }

  /** What should run runs, what should not ends. */
  lookAfter(server: ApiServer, machine: Machine, node: NodeState): void {
    for (const pod of this.on(server, node.name)) {
      if (pod.metadata.deletionTimestamp !== undefined) this.options.stopPod(node.cluster, pod)
      else if (pod.status?.phase === "Pending") this.options.startPod(node.cluster, pod)
      else if (node.lost && this.canRun(machine, node, pod)) this.setReady(server, machine, pod, true)
    }
  }

  /** A stacked control plane whose etcd member was removed does not come back. */
  private canRun(machine: Machine, node: NodeState, pod: Pod): boolean {
    const component = pod.metadata.labels?.["component"]
    const cluster = this.state.cluster(node.cluster)
    if (
      cluster === undefined ||
      cluster.plan.externalEtcd ||
      (component !== "etcd" && component !== "kube-apiserver")
    ) {
      return true
    }
    return cluster.etcd.members.some((member) => member.machine === machine.id)
  }
}

const toleratesForEver = (pod: Pod): boolean =>
  pod.spec.tolerations?.some(
    (toleration) =>
      toleration.operator === "Exists" &&
      (toleration.key === undefined || toleration.key === unreachableTaintKey) &&
      (toleration.effect === undefined || toleration.effect === "NoExecute") &&
      toleration.tolerationSeconds === undefined
  ) === true
