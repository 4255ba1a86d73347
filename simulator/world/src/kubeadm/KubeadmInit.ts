/**
 * kubeadm init: the first machine of a cluster makes an API server, etcd and everything that others join with.
 *
 * @source https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#kubeadm-init-workflow-internal-design
 * @fidelity documented https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-init/ — Phases and their order.
 * @fidelity observed — kubeadm goes through the cluster's endpoint for everything after its API server runs, and gives up after four minutes.
 * @fidelity assumed — A machine without authorities in its files fails; kubeadm would make its own, which no kubeconfig of Cluster API trusts.
 */
import { withLeadingV } from "@capstan/api"
import { decodeCertificate } from "../certificates/SimulatedCertificate.ts"
import { uploadClusterObjects } from "../cluster/ClusterObjects.ts"
import type { ControlPlanes } from "../cluster/ControlPlanes.ts"
import type { WorkloadCluster } from "../cluster/WorkloadCluster.ts"
import { hostIn } from "../clients/Endpoint.ts"
import { noEtcd } from "../etcd/EtcdCluster.ts"
import { discoveryRetryMillis } from "../Latencies.ts"
import { isUp, type Machine, newNodeState } from "../machine/Machine.ts"
import type { Machines } from "../machine/Machines.ts"
import type { NodePods } from "../node/NodePods.ts"
import type { Nodes } from "../node/Nodes.ts"
import { type InitPlan, missingAuthorities } from "../user-data/BootPlan.ts"
import type { WorldState } from "../WorldState.ts"
import { memberOn } from "./EtcdMember.ts"
import { kubeletRefusal } from "./KubeletVersion.ts"

export interface KubeadmOptions {
  readonly state: WorldState
  readonly machines: Machines
  readonly controlPlanes: ControlPlanes
  readonly nodes: Nodes
  readonly nodePods: NodePods
}

export class KubeadmInit {
  private readonly state: WorldState
  private readonly machines: Machines
  private readonly controlPlanes: ControlPlanes
  private readonly nodes: Nodes
  private readonly nodePods: NodePods

  constructor(options: KubeadmOptions) {
    this.state = options.state
    this.machines = options.machines
    this.controlPlanes = options.controlPlanes
    this.nodes = options.nodes
    this.nodePods = options.nodePods
  }

  begin(machine: Machine, plan: InitPlan): void {
    const missing = missingAuthorities(plan.pki, plan.externalEtcd)
    if (missing.length > 0) {
      return this.machines.fail(
        machine,
        "CertificatesMissing",
        `there is no certificate or key for ${missing.join(", ")}`
      )
    }
    const refusal = kubeletRefusal(withLeadingV(plan.kubernetesVersion), plan.node)
    if (refusal !== undefined) return this.machines.fail(machine, "KubeletFailed", refusal)
    this.state.later("controlPlane", { on: "init-server", machine: machine.id, boot: machine.boot })
  }

  /** The static Pods run: from now on there is a cluster. */
  startServer(machine: Machine): void {
    const plan = initOf(machine)
    const authority = decodeCertificate(plan?.pki.ca?.certificate ?? "")
    if (plan === undefined) return
    if (authority === undefined) {
      return this.machines.fail(machine, "CertificatesMissing", "the cluster's authority cannot be read")
    }
    const cluster = this.newCluster(plan, authority.publicKey)
    const node = newNodeState({
      cluster: cluster.id,
      name: plan.node.name ?? machine.view.privateDnsName,
      controlPlane: true,
      version: withLeadingV(plan.kubernetesVersion),
      bindPort: plan.bindPort,
      staticPods: true
    })
    this.state.putMachine({ ...machine, node, kubelet: true })
    if (plan.externalEtcd) this.controlPlanes.review(cluster.id)
    else this.controlPlanes.addMember(cluster.id, memberOn(this.state, machine, node.name, false))
    const since = this.state.kernel.now()
    this.state.timers.after(1000, { on: "init-upload", machine: machine.id, boot: machine.boot, since })
  }

  /** Waits until the endpoint leads here, then leaves the configuration in the cluster. */
  upload(machine: Machine, since: number): void {
    const plan = initOf(machine)
    const { node } = machine
    const cluster = node === undefined ? undefined : this.state.cluster(node.cluster)
    if (plan === undefined || cluster === undefined || machine.stage !== "initialising") return
    if (!this.isReachedThrough(plan.endpoint, machine)) {
      if (this.state.kernel.now() - since >= plan.timeoutMillis) {
        return this.machines.fail(machine, "EndpointUnreachable", `${plan.endpoint} does not lead to this machine`)
      }
      const event = { on: "init-upload", machine: machine.id, boot: machine.boot, since } as const
      this.state.timers.after(discoveryRetryMillis, event)
      return
    }
    const server = this.state.fleet.get(cluster.id)
    if (server === undefined) return
    this.state.putCluster({ ...cluster, uploaded: true })
    uploadClusterObjects(server, plan)
    this.state.later("initialNode", { on: "init-node", machine: machine.id, boot: machine.boot })
  }

  finish(machine: Machine): void {
    const { node } = machine
    if (node === undefined || machine.stage !== "initialising") return
    const done = this.state.putMachine({ ...machine, stage: "joined" })
    this.nodes.register(done, node, true)
    this.nodePods.runStatic(done, node)
    this.state.note("kubeadm-init", { instance: machine.id, node: node.name, cluster: node.cluster })
  }

  private isReachedThrough(endpoint: string, machine: Machine): boolean {
    if (endpoint === "") return true
    const reached = this.state.resolve(hostIn(endpoint))
    return reached !== "unresolved" && reached.includes(machine.id) && isUp(machine)
  }

  private newCluster(plan: InitPlan, authority: string): WorkloadCluster {
    const id = this.freeId(plan.clusterName)
    this.state.fleet.add(id)
    return this.state.putCluster({
      id,
      name: plan.clusterName,
      plan,
      authority,
      etcd: noEtcd,
      quorum: false,
      serving: [],
      waiting: [],
      uploaded: false
    })
  }

  /** The name itself, or with a number when another cluster has it: two machines that both init make two clusters. */
  private freeId(name: string): string {
    for (let number = 1; ; number++) {
      const id = number === 1 ? name : `${name}#${number}`
      if (this.state.cluster(id) === undefined) return id
    }
  }
}

const initOf = (machine: Machine): InitPlan | undefined =>
  machine.plan?._tag === "Init" ? machine.plan.init : undefined
