/**
 * Nodes over time: registered, ready, unheard of, back again, gone; and the Pods that stand or fall with them.
 *
 * Heartbeats are not written. A kubelet is heard of as long as its machine is up; when that ends, one timer stands for
 * the missed heartbeats, and another for the time that Pods tolerate an unreachable Node. Only changes are writes.
 * Left out: slower evictions when many Nodes of a zone are lost at once; Leases; kubelets that lose the way to the API alone.
 *
 * @source https://kubernetes.io/docs/concepts/architecture/nodes/
 * @fidelity documented https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller — Unknown after the grace period; unreachable Nodes are tainted.
 * @fidelity documented https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions — 300 s of toleration.
 * @fidelity documented https://kubernetes.io/docs/concepts/architecture/cloud-controller/#node-controller — A cloud controller deletes Nodes whose instances are gone, and taints those that are shut down.
 * @fidelity documented https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/ — `--node-monitor-grace-period` of 40 s.
 * @fidelity assumed — When the API comes back every kubelet gets the whole grace period again.
 * @fidelity assumed — A kubelet whose Node was deleted registers again only when it restarts.
 */
import { type NativeCondition, Node, type Taint } from "@capstan/kubernetes"
import type { ApiServer } from "@capstan/simulator-kubernetes"
import { Result } from "effect"
import { evictionMillis, nodeMonitorGraceMillis, podGarbageMillis } from "../Latencies.ts"
import { isUp, type Machine, type NodeState } from "../machine/Machine.ts"
import type { NodePlan } from "../user-data/BootPlan.ts"
import type { WorldState } from "../WorldState.ts"
import {
  cloudUninitialisedTaint,
  controlPlaneLabels,
  controlPlaneTaints,
  initialisedByCloud,
  keepTransitions,
  kubeletConditions,
  newNode,
  nodeInfo,
  notReadyTaintKey,
  shutdownTaintKey,
  unknownConditions,
  unreachableTaintKey
} from "./NodeObject.ts"
import { nodeOf, type NodePods } from "./NodePods.ts"

const kubelet = { actor: "kubelet" }
const nodeController = { actor: "node-controller" }
const cloudController = { actor: "cloud-controller-manager" }

export interface NodesOptions {
  readonly state: WorldState
  /** Something changed that decides where Pods can run. */
  readonly onChange: (cluster: string) => void
  readonly pods: NodePods
}

export class Nodes {
  private readonly state: WorldState
  private readonly onChange: (cluster: string) => void
  private readonly pods: NodePods

  constructor(options: NodesOptions) {
    this.state = options.state
    this.onChange = options.onChange
    this.pods = options.pods
  }

  /** Creates the machine's Node, or takes over one of that name. Needs the API. */
  register(machine: Machine, node: NodeState, marked: boolean): void {
    const { state } = this
    const server = state.fleet.get(node.cluster)
    if (server === undefined) return
    const now = state.kernel.timestamp()
    const plan = planOf(machine)
    const { controlPlane, name, version } = node
    const created = server.create(
      Node,
      newNode({ view: machine.view, name, plan, version, marked, controlPlane, now }),
      kubelet
    )
    if (Result.isFailure(created)) {
      const status = { conditions: kubeletConditions(false, now), nodeInfo: nodeInfo(machine.view, version) }
      this.patchStatus(server, name, status, kubelet)
    }
    state.note("node-registered", { cluster: node.cluster, node: name, instance: machine.id })
    state.later("cloudController", { on: "cloud-controller", machine: machine.id })
    if (state.preconditions.cni) {
      state.later("network", { on: "network-ready", machine: machine.id, boot: machine.boot })
    }
  }

  /** kubeadm marks the Node as a control plane and its manifests become Pods. */
  markControlPlane(machine: Machine, node: NodeState): void {
    const server = this.state.fleet.get(node.cluster)
    const object = server === undefined ? undefined : nodeOf(server, node.name)
    if (server === undefined || object === undefined) return
    const wanted = controlPlaneTaints(node.version, planOf(machine))
    const taints = object.spec?.taints ?? []
    const missing = wanted.filter((taint) => !taints.some((each) => each.key === taint.key))
    const body = { metadata: { labels: controlPlaneLabels(node.version) }, spec: { taints: [...missing, ...taints] } }
    server.patch(Node, { namespace: "", name: node.name }, { type: "merge", body }, { actor: "kubeadm" })
    this.pods.runStatic(machine, node)
  }

  networkReady(machine: Machine): void {
    const { node } = machine
    if (node === undefined || node.network) return
    this.beat(this.state.putMachine({ ...machine, node: { ...node, network: true } }))
  }

  /** The cloud controller comes by a new Node. */
  initialise(machine: Machine): void {
    const { node } = machine
    const server = node === undefined ? undefined : this.state.openServer(node.cluster)
    if (node === undefined || server === undefined || !this.state.preconditions.cloudController) return
    const object = nodeOf(server, node.name)
    const taints = object?.spec?.taints ?? []
    if (object === undefined || !taints.some((taint) => taint.key === cloudUninitialisedTaint.key)) return
    const { addresses, labels, providerID } = initialisedByCloud(machine.view, node.name)
    const rest = taints.filter((taint) => taint.key !== cloudUninitialisedTaint.key)
    const known = (object.spec?.providerID ?? "") !== ""
    const body = { metadata: { labels }, spec: { ...(known ? {} : { providerID }), taints: rest } }
    server.patch(Node, { namespace: "", name: node.name }, { type: "merge", body }, cloudController)
    this.patchStatus(server, node.name, { addresses }, cloudController)
    this.state.note("node-initialised", { cluster: node.cluster, node: node.name })
    this.onChange(node.cluster)
  }

  /** The kubelet posts what it sees, and what others had said of the Node is taken back. */
  beat(machine: Machine): void {
    const { node } = machine
    const server = node === undefined ? undefined : this.state.openServer(node.cluster)
    if (node === undefined || server === undefined || !isUp(machine)) return
    this.state.putMachine({ ...machine, node: { ...node, silentSince: undefined, lost: false, restarted: false } })
    if (node.restarted) this.comeBack(server, machine, node)
    const object = nodeOf(server, node.name)
    if (object === undefined) return
    const wasReady = readyOf(object)
    this.patchStatus(
      server,
      node.name,
      {
        conditions: keepTransitions(
          kubeletConditions(node.network, this.state.kernel.timestamp()),
          object.status?.conditions
        ),
        nodeInfo: nodeInfo(machine.view, node.version)
      },
      kubelet
    )
    const stale = [unreachableTaintKey, shutdownTaintKey, ...(node.network ? [notReadyTaintKey] : [])]
    this.dropTaints(server, object, stale)
    this.pods.lookAfter(server, machine, node)
    if (node.network && wasReady !== "True") {
      this.state.note("node-ready", { cluster: node.cluster, node: node.name, instance: machine.id })
    }
    this.onChange(node.cluster)
  }

  /** The machine has just fallen silent. */
  silenced(machine: Machine): Machine {
    const { node } = machine
    if (node === undefined) return machine
    const since = this.state.kernel.now()
    const silent = this.state.putMachine({ ...machine, node: { ...node, silentSince: since } })
    this.state.timers.after(nodeMonitorGraceMillis, { on: "node-silent", machine: machine.id, since })
    return silent
  }

  /** Nobody has heard of the kubelet for the whole grace period. Without an API nobody notices. */
  markLost(machine: Machine): void {
    const { node } = machine
    const server = node === undefined ? undefined : this.state.openServer(node.cluster)
    const object = server === undefined || node === undefined ? undefined : nodeOf(server, node.name)
    if (node === undefined || server === undefined || node.lost || !this.speaksFor(machine, node)) return
    const lost = this.state.putMachine({ ...machine, node: { ...node, lost: true } })
    if (object === undefined) return
    const now = this.state.kernel.timestamp()
    const conditions: ReadonlyArray<NativeCondition> = unknownConditions(object.status?.conditions, now)
    this.patchStatus(server, node.name, { conditions }, nodeController)
    const taints = [
      ...(object.spec?.taints ?? []).filter((taint) => taint.key !== notReadyTaintKey),
      { key: unreachableTaintKey, effect: "NoSchedule" as const, timeAdded: now },
      { key: unreachableTaintKey, effect: "NoExecute" as const, timeAdded: now }
    ]
    this.patchTaints(server, node.name, taints, nodeController)
    for (const pod of this.pods.on(server, node.name)) this.pods.setReady(server, machine, pod, false)
    this.state.note("node-not-ready", {
      cluster: node.cluster,
      node: node.name,
      instance: machine.id,
      reason: "NodeStatusUnknown"
    })
    this.state.timers.after(evictionMillis, { on: "node-evict", machine: machine.id, since: node.silentSince ?? 0 })
    this.askCloud(lost)
    this.onChange(node.cluster)
  }

  /** Pods have tolerated the unreachable Node for long enough. */
  evict(machine: Machine, since: number): void {
    const { node } = machine
    if (node === undefined || node.silentSince !== since || !this.speaksFor(machine, node)) return
    const server = this.state.whenOpen(node.cluster, { on: "node-evict", machine: machine.id, since })
    if (server !== undefined) this.pods.evict(server, node.name)
  }

  /** The cloud controller asks what has become of a lost Node's instance. */
  askCloud(machine: Machine): void {
    const { node } = machine
    const server = node === undefined ? undefined : this.state.openServer(node.cluster)
    if (node === undefined || server === undefined || !node.lost || !this.state.preconditions.cloudController) return
    const object = nodeOf(server, node.name)
    // A Node that was never initialised has no provider id to ask for; one that is ready is not asked about.
    if (object?.spec?.providerID !== machine.view.providerId || readyOf(object) === "True") return
    if (machine.view.state === "terminated") {
      server.delete(Node, { namespace: "", name: node.name }, cloudController)
      return
    }
    const taints = object.spec.taints ?? []
    if (machine.view.state !== "stopped" || taints.some((taint) => taint.key === shutdownTaintKey)) return
    this.patchTaints(server, node.name, [...taints, { key: shutdownTaintKey, effect: "NoSchedule" }], cloudController)
  }

  /** A Node object was deleted: its Pods have nowhere to be. */
  deleted(cluster: string, node: string): void {
    this.state.timers.after(podGarbageMillis, { on: "pods-orphaned", cluster, node })
    this.onChange(cluster)
  }

  collectOrphans(cluster: string, node: string): void {
    const server = this.state.whenOpen(cluster, { on: "pods-orphaned", cluster, node })
    if (server !== undefined) this.pods.collectOrphans(server, node)
  }

  /** Whether the machine is the one behind its Node; another may have come under the same name. */
  private speaksFor(machine: Machine, node: NodeState): boolean {
    return this.state.machineOfNode(node.cluster, node.name)?.id === machine.id
  }

  /** The kubelet has started anew: it registers where its Node is gone, and runs what lies on the machine. */
  private comeBack(server: ApiServer, machine: Machine, node: NodeState): void {
    const marked = node.controlPlane && node.staticPods
    if (nodeOf(server, node.name) === undefined) this.register(machine, node, marked)
    if (marked) this.pods.runStatic(machine, node)
  }

  private patchStatus(server: ApiServer, name: string, status: object, as: { readonly actor: string }): void {
    server.patch(Node, { namespace: "", name }, { type: "merge", body: { status } }, { subresource: "status", ...as })
  }

  private patchTaints(
    server: ApiServer,
    name: string,
    taints: ReadonlyArray<Taint>,
    as: { readonly actor: string }
  ): void {
    server.patch(Node, { namespace: "", name }, { type: "merge", body: { spec: { taints } } }, as)
  }

  private dropTaints(server: ApiServer, node: Node, keys: ReadonlyArray<string>): void {
    const taints = node.spec?.taints ?? []
    const rest = taints.filter((taint) => !keys.includes(taint.key))
    if (rest.length < taints.length) this.patchTaints(server, node.metadata.name, rest, nodeController)
  }
}

export const readyOf = (node: Node): string | undefined =>
  node.status?.conditions?.find((condition) => condition.type === "Ready")?.status

const planOf = (machine: Machine): NodePlan => {
  const { plan } = machine
  if (plan?._tag === "Init") return plan.init.node
  if (plan?._tag === "Join") return plan.join.node
  return { name: undefined, taints: undefined, kubeletArgs: {} }
}
