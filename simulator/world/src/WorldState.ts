/**
 * All that the world remembers, and the few things that every part of it does: look something up, draw a latency, set a timer.
 *
 * Machines and clusters are values in maps; a change puts a new value in. So a snapshot is a copy of two maps, and the parts
 * of the world (boots, control planes, Nodes, workloads) keep nothing of their own.
 *
 * @source simulator/kernel/src/Component.ts
 */
import type { ComponentHandle, Kernel, RandomStream } from "@capstan/kernel"
import type { ApiServer, ApiServerFleet } from "@capstan/simulator-kubernetes"
import type { CloudPorts } from "./CloudPorts.ts"
import type { WorkloadCluster } from "./cluster/WorkloadCluster.ts"
import { type LatencyName, type LatencyTable, quantile } from "./Latencies.ts"
import type { Machine } from "./machine/Machine.ts"
import type { WorldEvent } from "./WorldEvent.ts"

/** What is there on every machine and in every cluster without anybody having installed it. */
export interface Preconditions {
  /** Whether a network plugin is installed on every Node. */
  readonly cni: boolean
  /** Whether a cloud controller runs in every cluster. */
  readonly cloudController: boolean
}

export interface SavedMachines {
  readonly machines: ReadonlyArray<Machine>
  readonly clusters: ReadonlyArray<WorkloadCluster>
  /** Node names by machine id, by cluster, in the order in which they joined. */
  readonly nodes: ReadonlyArray<readonly [cluster: string, names: ReadonlyArray<readonly [string, string]>]>
  readonly endpoints: ReadonlyArray<readonly [string, string]>
}

export interface WorldStateOptions {
  readonly kernel: Kernel
  readonly clouds: ReadonlyArray<CloudPorts>
  readonly preconditions: Preconditions
  readonly latencies: LatencyTable
  readonly fleet: ApiServerFleet
  readonly timers: ComponentHandle<WorldEvent>
}

export class WorldState {
  readonly kernel: Kernel
  readonly clouds: ReadonlyArray<CloudPorts>
  readonly preconditions: Preconditions
  readonly fleet: ApiServerFleet
  readonly timers: ComponentHandle<WorldEvent>
  readonly chance: RandomStream
  private readonly latencies: LatencyTable
  private readonly byId = new Map<string, Machine>()
  private readonly byCluster = new Map<string, WorkloadCluster>()
  /** A cluster's machines in the order in which they joined, each with its Node's name. */
  private readonly nodes = new Map<string, Map<string, string>>()
  /** Host behind the kubeconfig of each Cluster, by `namespace/name`. */
  private readonly endpoints = new Map<string, string>()

  constructor(options: WorldStateOptions) {
    this.kernel = options.kernel
    this.clouds = options.clouds
    this.preconditions = options.preconditions
    this.latencies = options.latencies
    this.fleet = options.fleet
    this.timers = options.timers
    this.chance = options.kernel.random("world")
  }

  get machines(): ReadonlyMap<string, Machine> {
    return this.byId
  }

  get clusters(): ReadonlyMap<string, WorkloadCluster> {
    return this.byCluster
  }

  machine(id: string): Machine | undefined {
    return this.byId.get(id)
  }

  putMachine(machine: Machine): Machine {
    const before = this.byId.get(machine.id)
    this.byId.set(machine.id, machine)
    const { node } = machine
    if (node !== undefined && before?.node?.cluster !== node.cluster) {
      const names = this.nodes.get(node.cluster)
      if (names === undefined) this.nodes.set(node.cluster, new Map([[machine.id, node.name]]))
      else names.set(machine.id, node.name)
    }
    return machine
  }

  removeMachine(machine: Machine): void {
    this.byId.delete(machine.id)
    const { node } = machine
    if (node !== undefined) this.nodes.get(node.cluster)?.delete(machine.id)
  }

  cluster(id: string): WorkloadCluster | undefined {
    return this.byCluster.get(id)
  }

  putCluster(cluster: WorkloadCluster): WorkloadCluster {
    this.byCluster.set(cluster.id, cluster)
    return cluster
  }

  removeCluster(id: string): void {
    this.byCluster.delete(id)
    this.nodes.delete(id)
    this.fleet.remove(id)
  }

  /** The machines that are a cluster's Nodes, in the order in which they became so. */
  machinesOf(cluster: string): ReadonlyArray<Machine> {
    const names = this.nodes.get(cluster)
    return names === undefined ? [] : [...names.keys()].flatMap((id) => this.byId.get(id) ?? [])
  }

  /** The machine behind a Node's name: the newest whose kubelet runs, or the newest. */
  machineOfNode(cluster: string, node: string): Machine | undefined {
    let found: Machine | undefined
    for (const [id, name] of this.nodes.get(cluster) ?? []) {
      const machine = name === node ? this.byId.get(id) : undefined
      if (machine !== undefined && (found === undefined || machine.kubelet || !found.kubelet)) found = machine
    }
    return found
  }

  /** Where the kubeconfig of a Cluster leads; what was last connected to. */
  endpointOf(cluster: string): string | undefined {
    return this.endpoints.get(cluster)
  }

  rememberEndpoint(cluster: string, host: string): void {
    this.endpoints.set(cluster, host)
  }

  /** The cluster's API server while it answers. */
  openServer(cluster: string): ApiServer | undefined {
    return (this.byCluster.get(cluster)?.serving.length ?? 0) > 0 ? this.fleet.get(cluster) : undefined
  }

  /** The cluster's API server while it answers; otherwise the event comes again when it does. */
  whenOpen(id: string, event: WorldEvent): ApiServer | undefined {
    const server = this.openServer(id)
    const cluster = this.byCluster.get(id)
    if (server === undefined && cluster !== undefined) {
      this.byCluster.set(id, { ...cluster, waiting: [...cluster.waiting, event] })
    }
    return server
  }

  cloudOf(machine: Machine): CloudPorts | undefined {
    return this.clouds[machine.cloud]
  }

  /** Whom a name leads to, in whichever cloud knows it. */
  resolve(host: string): "unresolved" | ReadonlyArray<string> {
    for (const { endpoints } of this.clouds) {
      const found = endpoints.resolve(host)
      if (found !== "unresolved") return found
    }
    return "unresolved"
  }

  reachesInternet(machine: Machine): boolean {
    return this.cloudOf(machine)?.endpoints.reachesInternet?.(machine.id) ?? true
  }

  /** Milliseconds: the median with seed 0. */
  draw(name: LatencyName): number {
    const distribution = this.latencies[name]
    return this.kernel.seed === 0 ? distribution.p50 : quantile(distribution, this.chance.unit())
  }

  /** Sets a timer after a drawn latency. */
  later(name: LatencyName, event: WorldEvent): void {
    this.timers.after(this.draw(name), event)
  }

  /** One index of many; the first with seed 0. */
  pickIndex(count: number): number {
    return this.kernel.seed === 0 ? 0 : this.chance.below(count)
  }

  /** Puts into the trace what happened inside a machine or a cluster. */
  note(what: string, data: { readonly [field: string]: unknown }): void {
    this.kernel.trace.emit("world", { what, ...data })
  }

  save(): SavedMachines {
    return {
      machines: [...this.byId.values()],
      clusters: [...this.byCluster.values()],
      nodes: [...this.nodes].map(([cluster, names]) => [cluster, [...names]] as const),
      endpoints: [...this.endpoints]
    }
  }

  restore(saved: SavedMachines): void {
    this.byId.clear()
    this.byCluster.clear()
    this.nodes.clear()
    for (const cluster of saved.clusters) this.byCluster.set(cluster.id, cluster)
    for (const machine of saved.machines) this.byId.set(machine.id, machine)
    for (const [cluster, names] of saved.nodes) this.nodes.set(cluster, new Map(names))
    this.endpoints.clear()
    for (const [cluster, host] of saved.endpoints) this.endpoints.set(cluster, host)
  }
}
