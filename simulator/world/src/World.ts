/**
 * The inside of booted machines: what user data makes of them, the clusters that they form, and how those fail.
 *
 * It sees instances through a port that any cloud can offer, and gives the controllers the four services that reach into
 * workload clusters. All of it is values and timers of one kernel component (and the API servers' own), so it can be saved.
 *
 * ```
 * instance runs → kernel → cloud-init reads its data → kubeadm init or join → Node → network → cloud controller → Ready
 * ```
 *
 * Left out: real volumes, container images and registries, security groups (a machine that is reachable is so at every port).
 *
 * @source https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/
 */
import type { AnyKind } from "@capstan/api"
import type { ComponentHandle, Kernel, TraceEvent } from "@capstan/kernel"
import type { CertificateAuthority, EtcdMembers, KeyPair, NameResolver, WorkloadClusters } from "@capstan/provider"
import { type ApiServer, ApiServerFleet } from "@capstan/simulator-kubernetes"
import { type Layer, Result } from "effect"
import { certificateAuthorityLayer } from "./certificates/CertificateAuthorityLayer.ts"
import { addressOf, nameResolverLayer } from "./clients/NameResolverLayer.ts"
import { routeTo } from "./clients/Route.ts"
import { workloadService } from "./clients/WorkloadClientOf.ts"
import { workloadClustersLayer } from "./clients/WorkloadClustersLayer.ts"
import type { CloudPorts } from "./CloudPorts.ts"
import { ControlPlanes } from "./cluster/ControlPlanes.ts"
import { etcdMembersLayer } from "./etcd/EtcdMembersLayer.ts"
import { KubeadmInit } from "./kubeadm/KubeadmInit.ts"
import { KubeadmJoin } from "./kubeadm/KubeadmJoin.ts"
import { latencies, type LatencyTable, nodeMonitorGraceMillis } from "./Latencies.ts"
import { isGone, isUp, type Machine, type MachineStage } from "./machine/Machine.ts"
import { Machines } from "./machine/Machines.ts"
import { NodePods } from "./node/NodePods.ts"
import { Nodes } from "./node/Nodes.ts"
import type { BootPlan, PkiPair } from "./user-data/BootPlan.ts"
import { ReplicaSet } from "./workloads/ReplicaSet.ts"
import type { WorkloadDeclaration } from "./workloads/Budget.ts"
import { type SavedWorkloads, Workloads, type WorkloadView } from "./workloads/Workloads.ts"
import { isMachineEvent, type MachineEvent, type WorldEvent } from "./WorldEvent.ts"
import { type Preconditions, type SavedMachines, WorldState } from "./WorldState.ts"

export interface WorldOptions {
  readonly clouds: ReadonlyArray<CloudPorts>
  readonly preconditions: Preconditions
  /** Kinds that workload clusters serve besides the native ones. */
  readonly kinds?: ReadonlyArray<AnyKind>
  readonly latencies?: Partial<LatencyTable>
}

export interface EtcdClusterView {
  /** The cluster's name. */
  readonly cluster: string
  readonly members: ReadonlyArray<{
    readonly id: string
    /** Of the Node. */
    readonly name: string
    readonly healthy: boolean
    readonly voter: boolean
    readonly instanceId: string
  }>
  /** Member id. */
  readonly leader: string | undefined
}

/** The inside of one instance, to be looked at. */
export interface MachineView {
  readonly stage: MachineStage
  /** Whether kubelet and containers run and can be reached. */
  readonly up: boolean
  readonly failure: { readonly reason: string; readonly message: string } | undefined
  readonly cluster: string | undefined
  readonly node: string | undefined
  readonly controlPlane: boolean
  /** Whether kubeadm came through: `/run/cluster-api/bootstrap-success.complete`. */
  readonly bootstrapped: boolean
  /** Since when nobody hears of its kubelet, epoch milliseconds. */
  readonly silentSince: number | undefined
}

/** The authorities of a workload cluster, with their keys. PEM. */
export interface ClusterAuthorities {
  /** Id of the workload cluster. */
  readonly cluster: string
  readonly api: KeyPair
  /** Of its stacked etcd. */
  readonly etcd: KeyPair | undefined
}

const withKey = (pair: PkiPair | undefined): KeyPair | undefined =>
  pair?.key === undefined ? undefined : { certificate: pair.certificate, key: pair.key }

interface SavedWorld {
  readonly machines: SavedMachines
  readonly workloads: SavedWorkloads
}

const fleetName = "workload"

export class World {
  /** The services that controllers reach workload clusters with. */
  readonly layers: {
    readonly workloadClusters: Layer.Layer<WorkloadClusters>
    readonly etcdMembers: Layer.Layer<EtcdMembers>
    readonly nameResolver: Layer.Layer<NameResolver>
    readonly certificateAuthority: Layer.Layer<CertificateAuthority>
  }
  private readonly kernel: Kernel
  private readonly state: WorldState
  private readonly fleet: ApiServerFleet
  private readonly machines: Machines
  private readonly controlPlanes: ControlPlanes
  private readonly nodes: Nodes
  private readonly init: KubeadmInit
  private readonly join: KubeadmJoin
  private readonly pods: Workloads

  constructor(kernel: Kernel, options: WorldOptions) {
    this.kernel = kernel
    this.fleet = new ApiServerFleet(kernel, {
      name: fleetName,
      kinds: [ReplicaSet, ...(options.kinds ?? [])],
      service: workloadService
    })
    const state = new WorldState({
      kernel,
      clouds: options.clouds,
      preconditions: options.preconditions,
      latencies: { ...latencies, ...options.latencies },
      fleet: this.fleet,
      timers: this.makeComponent()
    })
    this.state = state
    const nodePods = new NodePods({
      state,
      startPod: (cluster, pod) => this.pods.start(cluster, pod),
      stopPod: (cluster, pod) => this.pods.stop(cluster, pod)
    })
    this.pods = new Workloads(state, nodePods)
    this.nodes = new Nodes({ state, pods: nodePods, onChange: (cluster) => this.pods.touch(cluster) })
    this.controlPlanes = new ControlPlanes(state, (cluster, up) => this.apiChanged(cluster, up))
    this.machines = new Machines({
      state,
      onPlan: (machine, plan) => this.beginKubeadm(machine, plan),
      onUp: (machine, up) => this.upChanged(machine, up),
      onGone: (machine) => this.gone(machine)
    })
    const { controlPlanes, machines, nodes } = this
    this.init = new KubeadmInit({ state, machines, controlPlanes, nodes, nodePods })
    this.join = new KubeadmJoin({ state, machines, controlPlanes, nodes, nodePods })
    this.layers = {
      workloadClusters: workloadClustersLayer(state, controlPlanes),
      etcdMembers: etcdMembersLayer(state, controlPlanes, nodePods),
      nameResolver: nameResolverLayer(state),
      certificateAuthority: certificateAuthorityLayer(kernel)
    }
    this.fleet.onServer = (server) => {
      const cluster = server.name.slice(fleetName.length + 1)
      server.onPodDeleting = (pod) => this.pods.stop(cluster, pod)
    }
    kernel.trace.subscribe((event) => this.observe(event))
    options.clouds.forEach((cloud, index) => {
      cloud.setServes((instance, port) => this.serves(instance, port))
      cloud.instances.onChange((id) => this.machines.changed(index, id))
      for (const { id } of cloud.instances.list()) this.machines.changed(index, id)
    })
  }

  /** Whether something on the instance answers at this port now: the API server, the kubelet, SSH. */
  serves(instance: string, port: number): boolean {
    const machine = this.state.machine(instance)
    if (machine === undefined || !machine.answering) return false
    if (port === 22) return machine.stage !== "off" && machine.stage !== "booting"
    if (port === 10250) return machine.kubelet
    return machine.node?.bindPort === port && this.controlPlanes.serves(machine)
  }

  /** Everything on the machine stands still; its cloud goes on calling it running. */
  hang(instance: string): void {
    this.machines.setHung(instance, true)
  }

  wake(instance: string): void {
    this.machines.setHung(instance, false)
  }

  /** Runs Pods in the workload clusters, as soon as there are any. */
  declareWorkload(workload: WorkloadDeclaration): void {
    this.pods.declare(workload)
  }

  workloads(): ReadonlyArray<WorkloadView> {
    return this.pods.views()
  }

  /** Stacked etcd of every workload cluster that has ever had one. */
  etcd(): ReadonlyArray<EtcdClusterView> {
    return [...this.state.clusters.values()].map(({ etcd, name }) => ({
      cluster: name,
      members: etcd.members.map((member) => ({
        id: member.id,
        name: member.name,
        healthy: this.controlPlanes.isMemberUp(member),
        voter: !member.learner,
        instanceId: member.machine
      })),
      leader: etcd.leader
    }))
  }

  /** The memory of every workload cluster, whether it answers or not: by name, with `#2` behind it for a second one of that name. */
  apiServers(): ReadonlyMap<string, ApiServer> {
    return this.fleet.all
  }

  /** The API server that answers a client at this host now; a sentence when none does. */
  apiServerAt(host: string): Result.Result<ApiServer, string> {
    const route = routeTo(this.state, this.controlPlanes, host, undefined)
    if (route._tag === "Closed") return Result.fail(route.message)
    const server = this.fleet.get(route.cluster)
    return server === undefined ? Result.fail("the server is gone") : Result.succeed(server)
  }

  /** What the cluster that answers at this host now has its certificates from; `undefined` when the keys are not in the world. */
  authoritiesAt(host: string): ClusterAuthorities | undefined {
    const route = routeTo(this.state, this.controlPlanes, host, undefined)
    const cluster = route._tag === "Open" ? this.state.cluster(route.cluster) : undefined
    const [api, etcd] = [withKey(cluster?.plan.pki.ca), withKey(cluster?.plan.pki.etcd)]
    return cluster === undefined || api === undefined ? undefined : { cluster: cluster.id, api, etcd }
  }

  /** The address behind a name, as a name server of the world gives it; `undefined` when there is none yet. */
  addressOf(host: string): string | undefined {
    return addressOf(this.state, host)
  }

  apiServerOf(cluster: string): ApiServer | undefined {
    return this.fleet.get(cluster)
  }

  /** `undefined` when no cloud knows the instance. */
  machineState(instance: string): MachineView | undefined {
    const machine = this.state.machine(instance)
    if (machine === undefined) return undefined
    const { failure, node, stage } = machine
    return {
      stage,
      up: isUp(machine),
      failure,
      cluster: node?.cluster,
      node: node?.name,
      controlPlane: node?.controlPlane ?? false,
      bootstrapped: stage === "joined",
      silentSince: node?.silentSince
    }
  }

  private makeComponent(): ComponentHandle<WorldEvent> {
    return this.kernel.component<WorldEvent>({
      name: "world",
      handle: (event) => this.handle(event),
      save: (): SavedWorld => ({ machines: this.state.save(), workloads: this.pods.save() }),
      restore: (saved) => {
        // Only what `save` gave comes back here.
        const world = saved as SavedWorld
        this.state.restore(world.machines)
        this.pods.restore(world.workloads)
      }
    })
  }

  private handle(event: WorldEvent): void {
    if (isMachineEvent(event)) {
      const machine = this.machines.ready(event)
      if (machine !== undefined) this.step(machine, event)
      return
    }
    switch (event.on) {
      case "cloud-controller":
        return this.withMachine(event.machine, (machine) => this.nodes.initialise(machine))
      case "node-silent":
        return this.withMachine(event.machine, (machine) => {
          if (machine.node?.silentSince === event.since) this.nodes.markLost(machine)
        })
      case "node-evict":
        return this.withMachine(event.machine, (machine) => this.nodes.evict(machine, event.since))
      case "node-deleted":
        return this.nodes.deleted(event.cluster, event.node)
      case "pods-orphaned":
        return this.nodes.collectOrphans(event.cluster, event.node)
      case "election":
        return this.controlPlanes.elect(event.cluster, event.term)
      case "pod-started":
        return this.pods.started(event)
      case "pod-stopped":
        return this.pods.stopped(event)
      case "workloads":
        return this.pods.review(event.cluster)
    }
  }

  private step(machine: Machine, event: MachineEvent): void {
    switch (event.on) {
      case "kernel-booted":
        return this.machines.kernelBooted(machine)
      case "user-data":
        return this.machines.fetchUserData(machine, event.attempt)
      case "init-server":
        return this.init.startServer(machine)
      case "init-upload":
        return this.init.upload(machine, event.since)
      case "init-node":
        return this.init.finish(machine)
      case "join-discovery":
        return this.join.discover(machine, event.since)
      case "join-node":
        return this.join.register(machine)
      case "join-etcd":
        return this.join.joinEtcd(machine, event.since)
      case "join-promote":
        return this.join.promote(machine, event.since)
      case "join-static-pods":
        return this.join.finish(machine)
      case "kubelet-started":
        return this.machines.kubeletStarted(machine)
      case "network-ready":
        return this.nodes.networkReady(machine)
      case "heartbeat":
        return this.nodes.beat(machine)
    }
  }

  private beginKubeadm(machine: Machine, plan: BootPlan): void {
    if (plan._tag === "Init") return this.init.begin(machine, plan.init)
    if (plan._tag === "Join") this.join.discover(machine, this.kernel.now())
  }

  private upChanged(machine: Machine, up: boolean): void {
    const { node } = machine
    if (node === undefined) return
    if (up) this.state.later("heartbeat", { on: "heartbeat", machine: machine.id, boot: machine.boot })
    else this.nodes.silenced(machine)
    if (node.controlPlane) this.controlPlanes.review(node.cluster)
    this.pods.touch(node.cluster)
  }

  /** An API that is back catches up on what it has missed. */
  private apiChanged(id: string, up: boolean): void {
    const cluster = this.state.cluster(id)
    if (!up || cluster === undefined) return
    this.state.putCluster({ ...cluster, waiting: [] })
    for (const event of cluster.waiting) this.state.timers.after(1000, event)
    for (const machine of this.state.machinesOf(id)) {
      const { node } = machine
      if (isUp(machine)) {
        this.state.later("heartbeat", { on: "heartbeat", machine: machine.id, boot: machine.boot })
        this.state.later("cloudController", { on: "cloud-controller", machine: machine.id })
      } else if (node?.silentSince !== undefined && !node.lost) {
        const event = { on: "node-silent", machine: machine.id, since: node.silentSince } as const
        this.state.timers.after(nodeMonitorGraceMillis, event)
      } else this.nodes.askCloud(machine)
    }
    this.pods.touch(id)
  }

  /** The machine never comes back; when it was the last of its cluster, nothing of that is left. */
  private gone(machine: Machine): void {
    const { node } = machine
    if (node === undefined) return
    if (node.lost) this.nodes.askCloud(machine)
    if (this.state.cluster(node.cluster) === undefined || this.state.machinesOf(node.cluster).some(isStill)) return
    this.state.removeCluster(node.cluster)
    this.state.note("cluster-gone", { cluster: node.cluster })
  }

  private withMachine(id: string, act: (machine: Machine) => void): void {
    const machine = this.state.machine(id)
    if (machine !== undefined) act(machine)
  }

  /** Takes note of what others write into workload clusters. Nothing is written from here: that would come before the write is over. */
  private observe(event: TraceEvent): void {
    if (event.kind !== "write") return
    const { api, resource } = event
    if ((resource !== "Node" && resource !== "Pod") || typeof api !== "string" || !api.startsWith(`${fleetName}/`))
      return
    const cluster = api.slice(fleetName.length + 1)
    this.kernel.causedBy(event.seq, () => {
      if (resource === "Node" && event["gone"] === true) {
        this.state.timers.after(0, { on: "node-deleted", cluster, node: String(event["name"]) })
      }
      if (resource === "Node" || event["gone"] === true) this.pods.touch(cluster)
    })
  }
}

const isStill = (machine: Machine): boolean => !isGone(machine)
