/**
 * Lifecycles as tables: for every state, the events that move it and where to.
 *
 * An event that a state does not name changes nothing; the operation that caused it decides whether that is an error.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */

export type LifecycleTable<State extends string, Event extends string> = {
  readonly [S in State]: { readonly [E in Event]?: State }
}

/** The state after `event`, or `undefined` where the state knows no such event. */
export const nextState = <State extends string, Event extends string>(
  table: LifecycleTable<State, Event>,
  state: State,
  event: Event
): State | undefined => table[state][event]

export type InstanceState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated"
export type InstanceEvent = "booted" | "stop" | "halted" | "start" | "reboot" | "terminate" | "gone"

/**
 * EC2 instances. A pending instance cannot be stopped, and a terminated one may be terminated again.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */
export const instanceLifecycle: LifecycleTable<InstanceState, InstanceEvent> = {
  pending: { booted: "running", terminate: "shutting-down" },
  running: { stop: "stopping", start: "running", reboot: "running", terminate: "shutting-down" },
  stopping: { stop: "stopping", halted: "stopped", terminate: "shutting-down" },
  stopped: { stop: "stopped", start: "pending", terminate: "shutting-down" },
  "shutting-down": { terminate: "shutting-down", gone: "terminated" },
  terminated: { terminate: "terminated" }
}

export type NatGatewayState = "pending" | "available" | "failed" | "deleting" | "deleted"
export type NatGatewayEvent = "ready" | "fail" | "delete" | "gone"

/**
 * NAT gateways. Deleting a failed one succeeds at once.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html
 */
export const natGatewayLifecycle: LifecycleTable<NatGatewayState, NatGatewayEvent> = {
  pending: { ready: "available", fail: "failed", delete: "deleting" },
  available: { delete: "deleting" },
  failed: { delete: "deleted" },
  deleting: { delete: "deleting", gone: "deleted" },
  deleted: { delete: "deleted" }
}

export type NetworkState = "pending" | "available"
export type NetworkEvent = "ready"

/**
 * VPCs and subnets.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html
 */
export const networkLifecycle: LifecycleTable<NetworkState, NetworkEvent> = {
  pending: { ready: "available" },
  available: {}
}

export type TargetState = "OutOfService" | "InService"
export type TargetEvent = "passed" | "failed" | "halted"

/**
 * An instance behind a classic load balancer: `passed` and `failed` are whole runs of health checks, as long as the
 * thresholds ask for; `halted` is the instance no longer running.
 *
 * @source https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html
 */
export const targetLifecycle: LifecycleTable<TargetState, TargetEvent> = {
  OutOfService: { passed: "InService" },
  InService: { failed: "OutOfService", halted: "OutOfService" }
}
