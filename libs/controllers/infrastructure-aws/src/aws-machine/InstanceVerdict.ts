/**
 * What each state of an EC2 instance means for its machine, as a table. Pure.
 *
 * Stopped is not failed: the instance may be started again. Terminated is final: the machine says so and somebody replaces
 * it. Shutting down is on the way there, but not there yet.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */
import type { Ec2Shapes } from "@capstan/aws"
import { type Complaint, machineReasons } from "../Conditions.ts"

export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped"

export interface Verdict {
  /** Nothing when the instance runs. */
  readonly complaint: Complaint | undefined
  /** There may be a node in it, now or again. */
  readonly operational: boolean
  /** Belongs behind the load balancer when it is a control-plane machine. */
  readonly serves: boolean
  /** The machine can never work again. */
  readonly failed: boolean
}

const stopped = (message: string): Complaint => ({ reason: machineReasons.stopped, severity: "Error", message })
const terminated = (message: string): Complaint => ({ reason: machineReasons.terminated, severity: "Error", message })

export const verdicts: { readonly [State in InstanceState]: Verdict } = {
  pending: {
    complaint: { reason: machineReasons.notReady, severity: "Warning", message: "the instance is starting" },
    operational: true,
    serves: true,
    failed: false
  },
  running: { complaint: undefined, operational: true, serves: true, failed: false },
  stopping: {
    complaint: stopped("the instance is stopping"),
    operational: true,
    serves: false,
    failed: false
  },
  stopped: {
    complaint: stopped("the instance is stopped; it works again once it is started"),
    operational: true,
    serves: false,
    failed: false
  },
  "shutting-down": {
    complaint: terminated("the instance is being terminated, and not by us"),
    operational: false,
    serves: false,
    failed: false
  },
  terminated: {
    complaint: terminated("the instance was terminated, and not by us"),
    operational: false,
    serves: false,
    failed: true
  }
}

export const stateOf = (instance: Ec2Shapes.Instance): InstanceState => instance.State?.Name ?? "pending"

/** Why EC2 says that the instance is in its state, when it says anything worth repeating. */
export const stateReasonOf = (instance: Ec2Shapes.Instance): string => {
  const reason = instance.StateReason?.Message ?? instance.StateReason?.Code ?? ""
  return reason === "" || reason === instance.State?.Name ? "" : ` (${reason})`
}
