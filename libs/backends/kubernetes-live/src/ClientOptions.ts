/**
 * How a client behaves towards its API server; the defaults are those of upstream's managers.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/main.go — `kube-api-qps`, `kube-api-burst`
 */

export interface ClientOptions {
  /** Who calls, such as `capi-controller-manager`: the server's audit log and field managers show it. */
  readonly userAgent: string
  /** Calls a second in the long run; 100 unless given. */
  readonly callsPerSecond?: number
  /** Calls that may go out at once after a pause; 200 unless given. */
  readonly burst?: number
  /** Longest time from the first byte sent to the last byte received; 30 seconds unless given. A watch has to open within it. */
  readonly deadlineMillis?: number
}

export const defaultCallsPerSecond = 100
export const defaultBurst = 200
export const defaultDeadlineMillis = 30_000
