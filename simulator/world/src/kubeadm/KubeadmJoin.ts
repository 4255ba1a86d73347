/**
 * kubeadm join: a machine finds its cluster, becomes a Node, and, as a control plane, a member of etcd.
 *
 * @source https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-join/
 * @fidelity documented https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-join/#join-workflow — Phases and their order.
 * @fidelity documented https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-init/#feature-gates — From 1.29 on a control plane joins etcd as a learner first.
 * @fidelity observed — Discovery is tried for five minutes, changes of etcd for two.
 * @fidelity assumed — Before 1.29 a member is added and started at one instant.
 */
import { isAtLeastMinor, parseVersion, withLeadingV } from "@capstan/api"
import { ConfigMap, Secret } from "@capstan/kubernetes"
import { Result } from "effect"
import { hostIn } from "../clients/Endpoint.ts"
import { decodeCertificate } from "../certificates/SimulatedCertificate.ts"
import type { ControlPlanes } from "../cluster/ControlPlanes.ts"
import type { WorkloadCluster } from "../cluster/WorkloadCluster.ts"
import { refusalToAdd } from "../etcd/EtcdCluster.ts"
import { discoveryRetryMillis, etcdTimeoutMillis } from "../Latencies.ts"
import { type Machine, newNodeState, type NodeState } from "../machine/Machine.ts"
import type { Machines } from "../machine/Machines.ts"
import { nodeOf } from "../node/NodePods.ts"
import { type Nodes, readyOf } from "../node/Nodes.ts"
import { type JoinPlan, missingAuthorities } from "../user-data/BootPlan.ts"
import type { MachineEvent } from "../WorldEvent.ts"
import type { WorldState } from "../WorldState.ts"
import { judgeDiscovery, type Verdict } from "./Discovery.ts"
import { memberOn } from "./EtcdMember.ts"
import type { KubeadmOptions } from "./KubeadmInit.ts"
import { kubeletRefusal, versionInImage } from "./KubeletVersion.ts"

export class KubeadmJoin {
  private readonly state: WorldState
  private readonly machines: Machines
  private readonly controlPlanes: ControlPlanes
  private readonly nodes: Nodes

  constructor(options: KubeadmOptions) {
    this.state = options.state
    this.machines = options.machines
    this.controlPlanes = options.controlPlanes
    this.nodes = options.nodes
  }

  /** One try of discovery. */
  discover(machine: Machine, since: number): void {
    const plan = joinOf(machine)
    if (plan === undefined || machine.stage !== "joining" || machine.node !== undefined) return
    const found = this.find(machine, plan.discovery.endpoint)
    const verdict = this.judge(plan, found)
    if (verdict._tag === "Trusted" && found.cluster !== undefined) return this.accept(machine, plan, found.cluster)
    if (verdict._tag === "Never") return this.machines.fail(machine, verdict.reason, verdict.message)
    const waited = this.state.kernel.now() - since
    if (verdict._tag === "NotYet" && waited >= plan.discovery.timeoutMillis) {
      return this.machines.fail(machine, verdict.reason, verdict.message)
    }
    if (verdict._tag === "NotYet" && waited === 0) {
      this.state.note("join-waits", { instance: machine.id, reason: verdict.reason, message: verdict.message })
    }
    this.again({ on: "join-discovery", machine: machine.id, boot: machine.boot, since })
  }

  /** The kubelet has its credentials and registers. */
  register(machine: Machine): void {
    const { node } = machine
    if (node === undefined || machine.stage !== "joining") return
    const server = this.state.whenOpen(node.cluster, { on: "join-node", machine: machine.id, boot: machine.boot })
    if (server === undefined) return
    const existing = nodeOf(server, node.name)
    if (existing !== undefined && readyOf(existing) === "True") {
      return this.machines.fail(machine, "NodeExists", `a Node ${node.name} that is ready is in the cluster already`)
    }
    const stage = node.controlPlane ? "joining" : "joined"
    const started = this.state.putMachine({ ...machine, stage, kubelet: true })
    this.nodes.register(started, node, false)
    if (!node.controlPlane) {
      this.state.note("kubeadm-join", { instance: machine.id, node: node.name, cluster: node.cluster })
      return
    }
    const cluster = this.state.cluster(node.cluster)
    const common = { machine: machine.id, boot: machine.boot }
    if (cluster?.plan.externalEtcd === true) this.state.later("staticPods", { on: "join-static-pods", ...common })
    else {
      const delay = this.state.draw("etcdAdd")
      this.state.timers.after(delay, { on: "join-etcd", ...common, since: this.state.kernel.now() + delay })
    }
  }

  /** Asks etcd for a member. */
  joinEtcd(machine: Machine, since: number): void {
    const { node } = machine
    const cluster = node === undefined ? undefined : this.state.cluster(node.cluster)
    if (node === undefined || cluster === undefined || machine.stage !== "joining") return
    const learner = learnsFirst(node.version)
    const refusal = refusalToAdd(cluster.etcd, this.controlPlanes.isMemberUp, learner)
    const common = { machine: machine.id, boot: machine.boot }
    if (refusal !== undefined) {
      if (this.state.kernel.now() - since >= etcdTimeoutMillis) {
        return this.machines.fail(machine, "EtcdRefused", `etcd does not take a new member: ${refusal}`)
      }
      return this.again({ on: "join-etcd", ...common, since })
    }
    this.controlPlanes.addMember(cluster.id, memberOn(this.state, machine, node.name, learner))
    if (!learner) return this.state.later("staticPods", { on: "join-static-pods", ...common })
    const delay = this.state.draw("etcdPromote")
    this.state.timers.after(delay, { on: "join-promote", ...common, since: this.state.kernel.now() + delay })
  }

  promote(machine: Machine, since: number): void {
    const { node } = machine
    const cluster = node === undefined ? undefined : this.state.cluster(node.cluster)
    const member = cluster?.etcd.members.find((each) => each.machine === machine.id)
    if (cluster === undefined || machine.stage !== "joining") return
    if (member === undefined) {
      return this.machines.fail(machine, "EtcdRefused", "the member was removed before it could vote")
    }
    const common = { machine: machine.id, boot: machine.boot }
    if (!cluster.quorum || cluster.etcd.leader === undefined) {
      if (this.state.kernel.now() - since >= etcdTimeoutMillis) {
        return this.machines.fail(machine, "EtcdRefused", "etcd has no quorum to promote the new member")
      }
      return this.again({ on: "join-promote", ...common, since })
    }
    this.controlPlanes.promote(cluster.id, member)
    this.state.later("staticPods", { on: "join-static-pods", ...common })
  }

  /** The control plane's manifests are in place. */
  finish(machine: Machine): void {
    const { node } = machine
    if (node === undefined || machine.stage !== "joining") return
    const event = { on: "join-static-pods", machine: machine.id, boot: machine.boot } as const
    if (this.state.whenOpen(node.cluster, event) === undefined) return
    const marked: NodeState = { ...node, staticPods: true }
    const done = this.state.putMachine({ ...machine, stage: "joined", node: marked })
    this.nodes.markControlPlane(done, marked)
    this.state.note("kubeadm-join", {
      instance: machine.id,
      node: node.name,
      cluster: node.cluster,
      controlPlane: true
    })
    this.controlPlanes.review(node.cluster)
  }

  private find(
    machine: Machine,
    endpoint: string
  ): { readonly cluster: WorkloadCluster | undefined; readonly silence: string } {
    if (!this.state.reachesInternet(machine))
      return { cluster: undefined, silence: "there is no way out of the network" }
    const reached = this.state.resolve(hostIn(endpoint))
    if (reached === "unresolved") return { cluster: undefined, silence: `${hostIn(endpoint)} does not resolve` }
    for (const id of reached) {
      const target = this.state.machine(id)
      const cluster = target?.node === undefined ? undefined : this.state.cluster(target.node.cluster)
      if (target !== undefined && this.controlPlanes.serves(target)) return { cluster, silence: "" }
    }
    return { cluster: undefined, silence: `no API server answers at ${endpoint}` }
  }

  private judge(
    plan: JoinPlan,
    found: { readonly cluster: WorkloadCluster | undefined; readonly silence: string }
  ): Verdict {
    const { token } = plan.discovery
    const server = found.cluster === undefined ? undefined : this.state.openServer(found.cluster.id)
    const key = { namespace: "kube-system", name: `bootstrap-token-${token?.slice(0, 6) ?? ""}` }
    const secret = token === undefined ? undefined : server?.get(Secret, key)
    return judgeDiscovery(plan.discovery, {
      ...found,
      tokenSecret: secret === undefined ? undefined : Result.getOrUndefined(secret),
      nowMillis: this.state.kernel.now()
    })
  }

  /** Discovery is over; kubeadm looks at what else a join needs. */
  private accept(machine: Machine, plan: JoinPlan, cluster: WorkloadCluster): void {
    const version = this.versionOf(machine, cluster)
    const refusal =
      kubeletRefusal(version, plan.node) ?? (plan.controlPlane ? authorityProblem(plan, cluster) : undefined)
    if (refusal !== undefined) return this.machines.fail(machine, "PreflightFailed", refusal)
    this.state.putMachine({
      ...machine,
      node: newNodeState({
        cluster: cluster.id,
        name: plan.node.name ?? machine.view.privateDnsName,
        controlPlane: plan.controlPlane,
        version,
        bindPort: plan.bindPort,
        staticPods: false
      })
    })
    this.state.later("joinNode", { on: "join-node", machine: machine.id, boot: machine.boot })
  }

  private versionOf(machine: Machine, cluster: WorkloadCluster): string {
    const { imageId } = machine.view
    const image = versionInImage(this.state.cloudOf(machine)?.imageName?.(imageId) ?? imageId)
    if (image !== undefined) return image
    const key = { namespace: "kube-system", name: "kubeadm-config" }
    const stored = this.state.fleet.get(cluster.id)?.get(ConfigMap, key)
    const text = stored === undefined ? undefined : Result.getOrUndefined(stored)?.data?.["ClusterConfiguration"]
    const configured = /^kubernetesVersion:\s*["']?([^\s"']+)/m.exec(text ?? "")?.[1]
    return withLeadingV(configured ?? cluster.plan.kubernetesVersion)
  }

  private again(event: MachineEvent): void {
    this.state.timers.after(discoveryRetryMillis, event)
  }
}

const joinOf = (machine: Machine): JoinPlan | undefined =>
  machine.plan?._tag === "Join" ? machine.plan.join : undefined

const learnsFirst = (version: string): boolean => {
  const parsed = parseVersion(version)
  return parsed === undefined || isAtLeastMinor(parsed, 1, 29)
}

const authorityProblem = (plan: JoinPlan, cluster: WorkloadCluster): string | undefined => {
  const missing = missingAuthorities(plan.pki, cluster.plan.externalEtcd)
  if (missing.length > 0) return `there is no certificate or key for ${missing.join(", ")}`
  if (decodeCertificate(plan.pki.ca?.certificate ?? "")?.publicKey !== cluster.authority) {
    return "the authority in the machine's files is not the cluster's"
  }
  return cluster.plan.endpoint === "" ? "the cluster has no stable controlPlaneEndpoint" : undefined
}
