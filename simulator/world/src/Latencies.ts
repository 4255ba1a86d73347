/**
 * How long things take inside machines and clusters, in virtual milliseconds.
 *
 * Seed 0 takes every median; other seeds draw from a distribution through the median and the 95th percentile. A world may
 * replace single rows.
 *
 * @fidelity observed Amazon-EC2 — 20 s (60 s) from running to cloud-init, 90 s (240 s) for the secure boothook and kubeadm init, joins 45 to 150 s.
 * @fidelity assumed — How the whole is divided into stages, and all rows about pods, etcd and connections.
 */

/** Milliseconds: a half of all draws are at most `p50`, 95 in a hundred at most `p95`. */
export interface Distribution {
  readonly p50: number
  readonly p95: number
}

const seconds = (p50: number, p95: number): Distribution => ({ p50: p50 * 1000, p95: p95 * 1000 })

export const latencies = {
  /** From `running` (or a restart) to cloud-init or, after the first boot, to the kubelet. */
  kernel: seconds(20, 60),
  /** The boothook's work and the restart of cloud-init. */
  userData: seconds(8, 25),
  /** kubeadm init up to an API server that listens. */
  controlPlane: seconds(35, 100),
  /** From the uploaded configuration to the registered Node. */
  initialNode: seconds(5, 15),
  /** kubeadm join from a successful discovery to the registered Node. */
  joinNode: seconds(15, 45),
  /** From the registered Node to the request for an etcd member. */
  etcdAdd: seconds(3, 10),
  /** Until a learner has caught up. */
  etcdPromote: seconds(8, 25),
  /** From the voting member to static Pods that answer. */
  staticPods: seconds(8, 25),
  /** Until the network plugin runs on a new Node. */
  network: seconds(12, 40),
  /** Until the cloud controller has looked at a new Node. */
  cloudController: seconds(5, 20),
  /** A kubelet that is back tells so. */
  heartbeat: seconds(4, 10),
  /** From the kubelet's start after a restart of the machine to running static Pods. */
  kubelet: seconds(8, 25),
  /** A new leader after the old one is lost. */
  election: seconds(1.2, 3),
  podStart: seconds(3, 12),
  podStop: seconds(2, 10)
} satisfies Record<string, Distribution>

export type LatencyName = keyof typeof latencies
export type LatencyTable = Readonly<Record<LatencyName, Distribution>>

/** The value below which the given part (0 to 1) of all draws lie: from half the median to twice the 95th percentile, in straight lines. */
export const quantile = ({ p50, p95 }: Distribution, part: number): number => {
  if (part <= 0.5) return Math.round(p50 * (0.5 + part))
  if (part <= 0.95) return Math.round(p50 + ((part - 0.5) / 0.45) * (p95 - p50))
  return Math.round(p95 + ((part - 0.95) / 0.05) * p95)
}

/** `--node-monitor-grace-period`. */
export const nodeMonitorGraceMillis = 40_000
/** `tolerationSeconds` of the tolerations that every Pod gets. */
export const evictionMillis = 300_000
/** Pods of a Node that is gone are kept for a moment, in case it comes back. */
export const podGarbageMillis = 40_000
/** kubeadm's and cloud-init's pauses between tries, and how long they go on. */
export const discoveryRetryMillis = 5_000
export const discoveryTimeoutMillis = 300_000
export const controlPlaneTimeoutMillis = 240_000
export const etcdTimeoutMillis = 120_000
export const secretRetryMillis = 10_000
export const secretAttempts = 10
