/**
 * The inside of one instance, as a value.
 *
 * What stands under `node` is on its disk and outlives a restart; `kubelet` is what runs.
 *
 * @source https://kubernetes.io/docs/concepts/architecture/nodes/
 */
import type { InstanceView } from "../CloudPorts.ts"
import type { BootPlan } from "../user-data/BootPlan.ts"
import type { MachineEvent } from "../WorldEvent.ts"

/**
 * - `off`: not running, or not yet.
 * - `booting`: from power to cloud-init, at the first boot.
 * - `fetching`: cloud-init looks for its data.
 * - `initialising`, `joining`: kubeadm is at work.
 * - `joined`: kubeadm has done its part; after a restart the kubelet comes back by itself.
 * - `failed`: the first boot went wrong for good; cloud-init does not try again.
 * - `idle`: nothing to do with Kubernetes.
 */
export type MachineStage = "off" | "booting" | "fetching" | "initialising" | "joining" | "joined" | "failed" | "idle"

export interface NodeState {
  /** Id of the workload cluster. */
  readonly cluster: string
  readonly name: string
  readonly controlPlane: boolean
  /** With the leading `v`. */
  readonly version: string
  readonly bindPort: number
  /** Whether the machine's control-plane manifests are in place. */
  readonly staticPods: boolean
  /** Whether the network plugin runs. */
  readonly network: boolean
  /** Since when nobody hears of the kubelet, epoch milliseconds. */
  readonly silentSince: number | undefined
  /** Whether the Node has been marked unreachable. */
  readonly lost: boolean
  /** Whether the kubelet has started anew and has yet to look for its Node. */
  readonly restarted: boolean
}

/** A machine's part in a cluster that it is about to join. */
export const newNodeState = (
  fields: Pick<NodeState, "cluster" | "name" | "controlPlane" | "version" | "bindPort" | "staticPods">
): NodeState => ({ ...fields, network: false, silentSince: undefined, lost: false, restarted: false })

export interface Machine {
  readonly id: string
  /** Index of its cloud. */
  readonly cloud: number
  /** As last told by the cloud. */
  readonly view: InstanceView
  /** Number of the boot that runs or ran. */
  readonly boot: number
  readonly stage: MachineStage
  /** Whether it has power, is awake, and packets reach it. */
  readonly answering: boolean
  /** Put to sleep from outside. */
  readonly hung: boolean
  /** Whether kubelet and containers run; they may yet be cut off. */
  readonly kubelet: boolean
  readonly plan: BootPlan | undefined
  readonly failure: { readonly reason: string; readonly message: string } | undefined
  readonly node: NodeState | undefined
  /** Steps that wait for the machine to answer again. */
  readonly stalled: ReadonlyArray<MachineEvent>
}

/** Whether what runs on the machine can be reached. */
export const isUp = (machine: Machine): boolean => machine.answering && machine.kubelet

/** Whether the cloud will never bring the instance back. */
export const isGone = (machine: Machine): boolean =>
  machine.view.state === "terminated" || machine.view.state === "shutting-down"

export const newMachine = (view: InstanceView, cloud: number): Machine => ({
  id: view.id,
  cloud,
  view,
  boot: -1,
  stage: "off",
  answering: false,
  hung: false,
  kubelet: false,
  plan: undefined,
  failure: undefined,
  node: undefined,
  stalled: []
})
