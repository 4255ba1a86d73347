/**
 * Pods with a budget: declared by a scenario, kept running, evicted, missed and put elsewhere.
 *
 * Replica controller, scheduler and kubelet in one: whenever Pods or Nodes have changed, what is missing is created, what has
 * no Node gets the Ready one with the fewest Pods. What counts for the budget is the truth: a Pod on a machine that nobody
 * reaches is not available, whatever its status still says.
 * Left out: volumes, resources, affinity, priorities; Deployments and their rollouts.
 *
 * @source https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
 * @fidelity documented https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination — A Pod ends when its kubelet says so; while that is away it stays Terminating.
 * @fidelity documented https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/ — A Pod that is being deleted is replaced at once.
 * @fidelity assumed — Pods start in 3 s and end in 2 s with seed 0.
 */
import { controllerReference } from "@capstan/api"
import { isPodFinished, isPodReady, Namespace, Node, Pod, PodDisruptionBudget } from "@capstan/kubernetes"
import type { ApiServer } from "@capstan/simulator-kubernetes"
import { Result } from "effect"
import { isUp } from "../machine/Machine.ts"
import type { NodePods } from "../node/NodePods.ts"
import { readyOf } from "../node/Nodes.ts"
import { runningStatus } from "../node/StaticPods.ts"
import type { PodName } from "../WorldEvent.ts"
import type { WorldState } from "../WorldState.ts"
import { belowMillisAt, counted, type Tally, type WorkloadDeclaration } from "./Budget.ts"
import { ReplicaSet } from "./ReplicaSet.ts"

export interface WorkloadView {
  readonly cluster: string
  readonly name: string
  readonly namespace: string
  readonly replicas: number
  /** Pods that are ready on a machine that answers. */
  readonly available: number
  /** How long, up to now, fewer were available than the budget asks for; from when they first were enough. */
  readonly belowBudgetSeconds: number
}

export interface SavedWorkloads {
  readonly declared: ReadonlyArray<WorkloadDeclaration>
  readonly tallies: ReadonlyArray<readonly [string, Tally]>
  readonly due: ReadonlyArray<string>
}

const appLabel = "app.kubernetes.io/name"
const evictionTolerations = ["not-ready", "unreachable"].map((key) => ({
  key: `node.kubernetes.io/${key}`,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: 300
}))

export class Workloads {
  private readonly state: WorldState
  private readonly nodePods: NodePods
  private declared: ReadonlyArray<WorkloadDeclaration> = []
  private readonly tallies = new Map<string, Tally>()
  /** Clusters that will be looked at in a moment. */
  private readonly due = new Set<string>()

  constructor(state: WorldState, nodePods: NodePods) {
    this.state = state
    this.nodePods = nodePods
  }

  declare(workload: WorkloadDeclaration): void {
    this.declared = [...this.declared, workload]
    for (const cluster of this.state.clusters.keys()) this.touch(cluster)
  }

  /** Something changed in a cluster that workloads may have to answer to. */
  touch(cluster: string): void {
    if (this.declared.length === 0 || this.due.has(cluster)) return
    this.due.add(cluster)
    this.state.timers.after(0, { on: "workloads", cluster })
  }

  /** Counts what is available in a cluster, and brings about what is missing. */
  review(id: string): void {
    this.due.delete(id)
    const cluster = this.state.cluster(id)
    const server = this.state.fleet.get(id)
    if (cluster?.uploaded !== true || server === undefined) return
    const open = this.state.openServer(id) !== undefined
    for (const workload of this.declared) {
      if (workload.cluster !== undefined && workload.cluster !== cluster.name) continue
      if (open) this.reconcile(id, server, workload)
      this.count(id, server, workload)
    }
  }

  views(): ReadonlyArray<WorkloadView> {
    return this.declared.flatMap((workload) =>
      [...this.state.clusters.values()].flatMap((cluster): ReadonlyArray<WorkloadView> => {
        if (workload.cluster !== undefined && workload.cluster !== cluster.name) return []
        const tally = this.tallies.get(keyOf(cluster.id, workload))
        const { name, replicas } = workload
        return [
          {
            cluster: cluster.name,
            name,
            namespace: namespaceOf(workload),
            replicas,
            available: tally?.available ?? 0,
            belowBudgetSeconds: tally === undefined ? 0 : belowMillisAt(tally, workload, this.state.kernel.now()) / 1000
          }
        ]
      })
    )
  }

  /** A bound Pod waits to be started. */
  start(cluster: string, pod: Pod): void {
    this.state.later("podStart", { on: "pod-started", ...podName(cluster, pod) })
  }

  /** A Pod waits to be ended, which its kubelet does if it is there. */
  stop(cluster: string, pod: Pod): void {
    this.touch(cluster)
    const machine = this.state.machineOfNode(cluster, pod.spec.nodeName ?? "")
    if (machine !== undefined && isUp(machine))
      this.state.later("podStop", { on: "pod-stopped", ...podName(cluster, pod) })
  }

  started(event: PodName): void {
    const found = this.find(event)
    if (found === undefined || found.pod.status?.phase !== "Pending") return
    const { machine, pod, server } = found
    const status = runningStatus({
      view: machine.view,
      ready: true,
      now: this.state.kernel.timestamp(),
      containers: pod.spec.containers
    })
    const body = { status }
    server.patch(Pod, keyOfPod(event), { type: "merge", body }, { subresource: "status", actor: "kubelet" })
    this.touch(event.cluster)
  }

  stopped(event: PodName): void {
    const found = this.find(event)
    if (found?.pod.metadata.deletionTimestamp === undefined) return
    found.server.delete(Pod, keyOfPod(event), {
      gracePeriodSeconds: 0,
      preconditions: { uid: event.uid },
      actor: "kubelet"
    })
  }

  save(): SavedWorkloads {
    return { declared: this.declared, tallies: [...this.tallies], due: [...this.due] }
  }

  restore(saved: SavedWorkloads): void {
    this.declared = saved.declared
    this.tallies.clear()
    for (const [key, tally] of saved.tallies) this.tallies.set(key, tally)
    this.due.clear()
    for (const cluster of saved.due) this.due.add(cluster)
  }

  /** The Pod on a machine that runs, in an API that answers. */
  private find(event: PodName) {
    const server = this.state.openServer(event.cluster)
    const pod = server === undefined ? undefined : Result.getOrUndefined(server.get(Pod, keyOfPod(event)))
    if (server === undefined || pod === undefined || pod.metadata.uid !== event.uid) return undefined
    const machine = this.state.machineOfNode(event.cluster, pod.spec.nodeName ?? "")
    return machine === undefined || !isUp(machine) ? undefined : { server, pod, machine }
  }

  private reconcile(id: string, server: ApiServer, workload: WorkloadDeclaration): void {
    const owner = this.ensureObjects(server, workload)
    if (owner === undefined) return
    const pods = podsOf(server, workload).filter(isLiving)
    for (const pod of pods) {
      if ((pod.spec.nodeName ?? "") === "") this.bind(id, server, pod)
    }
    for (let missing = workload.replicas - pods.length; missing > 0; missing--) this.create(id, server, workload, owner)
  }

  private create(id: string, server: ApiServer, workload: WorkloadDeclaration, owner: ReplicaSet): void {
    const nodeName = this.pickNode(id, server)
    const created = server.create(
      Pod,
      {
        metadata: {
          namespace: namespaceOf(workload),
          generateName: `${workload.name}-`,
          labels: { [appLabel]: workload.name },
          ownerReferences: [controllerReference({ ...owner, apiVersion: "apps/v1", kind: "ReplicaSet" })]
        },
        spec: {
          ...(nodeName === undefined ? {} : { nodeName }),
          containers: [{ name: workload.name, image: "registry.k8s.io/pause:3.10" }],
          tolerations: evictionTolerations
        }
      },
      { actor: "replicaset-controller" }
    )
    if (Result.isSuccess(created) && nodeName !== undefined) this.start(id, created.success)
  }

  private bind(id: string, server: ApiServer, pod: Pod): void {
    const nodeName = this.pickNode(id, server)
    if (nodeName === undefined) return
    const key = { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name }
    server.patch(Pod, key, { type: "merge", body: { spec: { nodeName } } }, { actor: "kube-scheduler" })
    this.start(id, pod)
  }

  /**
   * The worker with the fewest Pods among those that take any. A joining control plane is tainted last of all; what
   * scenarios declare is meant for workers, and is not put there in the meantime.
   */
  private pickNode(id: string, server: ApiServer): string | undefined {
    const listed = server.list(Node)
    const isWorker = (node: Node): boolean =>
      this.state.machineOfNode(id, node.metadata.name)?.node?.controlPlane !== true
    const open = Result.isSuccess(listed)
      ? listed.success.items.filter((node) => takesPods(node) && isWorker(node))
      : []
    let best: { readonly name: string; readonly pods: number } | undefined
    for (const { metadata } of open) {
      const pods = this.nodePods.on(server, metadata.name).length
      if (best === undefined || pods < best.pods) best = { name: metadata.name, pods }
    }
    return best?.name
  }

  /** ReplicaSet and budget; `undefined` when they cannot be made. */
  private ensureObjects(server: ApiServer, workload: WorkloadDeclaration): ReplicaSet | undefined {
    const { maxUnavailable, minAvailable, name, replicas } = workload
    const namespace = namespaceOf(workload)
    const existing = server.get(ReplicaSet, { namespace, name })
    if (Result.isSuccess(existing)) return existing.success
    const as = { actor: "scenario" }
    if (Result.isFailure(server.get(Namespace, { namespace: "", name: namespace }))) {
      server.create(Namespace, { metadata: { name: namespace } }, as)
    }
    const selector = { matchLabels: { [appLabel]: name } }
    const labels = { [appLabel]: name }
    const template = { metadata: { labels }, spec: { containers: [{ name, image: "registry.k8s.io/pause:3.10" }] } }
    if (minAvailable !== undefined || maxUnavailable !== undefined) {
      const limit = minAvailable === undefined ? { maxUnavailable } : { minAvailable }
      server.create(PodDisruptionBudget, { metadata: { namespace, name }, spec: { ...withLimit(limit), selector } }, as)
    }
    const created = server.create(
      ReplicaSet,
      { metadata: { namespace, name, labels }, spec: { replicas, selector, template } },
      as
    )
    return Result.getOrUndefined(created)
  }

  private count(id: string, server: ApiServer, workload: WorkloadDeclaration): void {
    const key = keyOf(id, workload)
    const available = podsOf(server, workload).filter((pod) => this.isAvailable(id, pod)).length
    this.tallies.set(key, counted(this.tallies.get(key), workload, available, this.state.kernel.now()))
  }

  private isAvailable(id: string, pod: Pod): boolean {
    if (!isLiving(pod) || !isPodReady(pod)) return false
    const machine = this.state.machineOfNode(id, pod.spec.nodeName ?? "")
    return machine !== undefined && isUp(machine)
  }
}

const namespaceOf = (workload: WorkloadDeclaration): string => workload.namespace ?? "default"

const keyOf = (cluster: string, workload: WorkloadDeclaration): string =>
  `${cluster} ${namespaceOf(workload)}/${workload.name}`

const keyOfPod = ({ name, namespace }: PodName) => ({ namespace, name })

const podName = (cluster: string, { metadata }: Pod): PodName => ({
  cluster,
  namespace: metadata.namespace ?? "",
  name: metadata.name,
  uid: metadata.uid
})

const podsOf = (server: ApiServer, workload: WorkloadDeclaration): ReadonlyArray<Pod> => {
  const labels = { matchLabels: { [appLabel]: workload.name } }
  const listed = server.list(Pod, { namespace: namespaceOf(workload), labels })
  return Result.isSuccess(listed) ? listed.success.items : []
}

const isLiving = (pod: Pod): boolean => pod.metadata.deletionTimestamp === undefined && !isPodFinished(pod)

const takesPods = (node: Node): boolean =>
  readyOf(node) === "True" &&
  node.spec?.unschedulable !== true &&
  node.metadata.deletionTimestamp === undefined &&
  (node.spec?.taints ?? []).every((taint) => taint.effect === "PreferNoSchedule")

const withLimit = (limit: {
  readonly minAvailable?: number | string | undefined
  readonly maxUnavailable?: number | string | undefined
}) => ({
  ...(limit.minAvailable === undefined ? {} : { minAvailable: limit.minAvailable }),
  ...(limit.maxUnavailable === undefined ? {} : { maxUnavailable: limit.maxUnavailable })
})
