/**
 * Instances as callers see and steer them: describe, terminate, stop, start, reboot, status checks.
 *
 * A call that names several instances does it to all or to none. Terminating what is terminated succeeds.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html — Idempotent; one unknown id fails the whole call.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html — Running instances only, unless all are asked for.
 * @fidelity observed — An impaired instance is still `running`.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import type { Handlers } from "../Handler.ts"
import { quantile } from "../Latencies.ts"
import { given, refuse } from "../Refusal.ts"
import type { Instance } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { describe, describeAccepts, type FilterReaders } from "./Describe.ts"
import {
  isReachable,
  reboot,
  requireRebootable,
  requireStartable,
  requireStoppable,
  start,
  stop,
  terminate
} from "./InstanceLifecycle.ts"
import { instanceShape, stateCodes, stateShape } from "./InstanceShape.ts"
import { setGroups } from "./NetworkInterfaces.ts"
import { requireCapacity, runInstances } from "./RunInstances.ts"

const filters: FilterReaders<Instance> = {
  architecture: (instance) => instance.architecture,
  "availability-zone": (instance) => instance.zone,
  "client-token": (instance) => instance.clientToken,
  "image-id": (instance) => instance.imageId,
  "instance-id": (instance) => instance.id,
  "instance-state-code": (instance) => String(stateCodes[instance.state]),
  "instance-state-name": (instance) => instance.state,
  "instance-type": (instance) => instance.instanceType,
  "key-name": (instance) => instance.keyName,
  "private-dns-name": (instance) => (instance.state === "terminated" ? undefined : instance.privateDnsName),
  "private-ip-address": (instance) => (instance.state === "terminated" ? undefined : instance.privateIp),
  "reservation-id": (instance) => instance.reservationId,
  "subnet-id": (instance) => (instance.state === "terminated" ? undefined : instance.subnetId),
  "vpc-id": (instance) => (instance.state === "terminated" ? undefined : instance.vpcId)
}

const statusFilters: FilterReaders<Instance> = {
  "availability-zone": (instance) => instance.zone,
  "instance-state-code": (instance) => String(stateCodes[instance.state]),
  "instance-state-name": (instance) => instance.state
}

const requireInstances = (account: Account, ids: ReadonlyArray<string> | undefined): ReadonlyArray<Instance> =>
  given(ids, "InstanceIds").map((id) => {
    if (!/^i-[0-9a-f]+$/.test(id)) throw refuse("InvalidInstanceID.Malformed", `Invalid id: "${id}"`)
    return account.require(account.tables.instances, id, absent.instance)
  })

const changes = (account: Account, before: ReadonlyArray<Instance>): Array<Ec2Shapes.InstanceStateChange> =>
  before.map((instance) => ({
    InstanceId: instance.id,
    PreviousState: stateShape(instance.state),
    CurrentState: stateShape(account.tables.instances.get(instance.id)?.state ?? "terminated")
  }))

const reservations = (account: Account, instances: ReadonlyArray<Instance>): Array<Ec2Shapes.Reservation> => {
  const byReservation = new Map<string, Array<Ec2Shapes.Instance>>()
  for (const instance of instances) {
    const shape = instanceShape(account, instance)
    const together = byReservation.get(instance.reservationId)
    if (together === undefined) byReservation.set(instance.reservationId, [shape])
    else together.push(shape)
  }
  return [...byReservation].map(([ReservationId, Instances]) => ({
    ReservationId,
    OwnerId: account.settings.accountId,
    Groups: [],
    Instances
  }))
}

const status = (account: Account, instance: Instance): Ec2Shapes.InstanceStatus => {
  const now = account.now()
  const failed = !isReachable(account, instance)
  const since = instance.failedAt ?? now
  const impaired = failed && now - since >= quantile(account.settings.latencies.statusImpaired, 0.5)
  const initializing = !impaired && now < instance.checkedAt
  const summary = (broken: boolean): Ec2Shapes.InstanceStatusSummary => ({
    Status: broken ? "impaired" : initializing ? "initializing" : "ok",
    Details: [{ Name: "reachability", Status: broken ? "failed" : initializing ? "initializing" : "passed" }]
  })
  return {
    InstanceId: instance.id,
    AvailabilityZone: instance.zone,
    InstanceState: stateShape(instance.state),
    InstanceStatus: summary(impaired),
    SystemStatus: summary(impaired && !instance.powered),
    Events: []
  }
}

export const instanceOperations: Handlers<
  Ec2Operations,
  | "DescribeInstances"
  | "RunInstances"
  | "TerminateInstances"
  | "StopInstances"
  | "StartInstances"
  | "RebootInstances"
  | "DescribeInstanceStatus"
  | "ModifyInstanceAttribute"
> = {
  DescribeInstances: {
    accepts: { InstanceIds: [true], ...describeAccepts },
    perform: (account, input) => {
      const kind = { items: account.tables.instances, absent: absent.instance, filters }
      const { items, next } = describe(account, kind, input, input.InstanceIds)
      return { Reservations: reservations(account, items), NextToken: next }
    }
  },
  RunInstances: runInstances,
  TerminateInstances: {
    accepts: { InstanceIds: [true] },
    affects: (input) => (input.InstanceIds ?? []).length,
    perform: (account, input) => {
      const before = requireInstances(account, input.InstanceIds)
      for (const instance of before) terminate(account, instance)
      return { TerminatingInstances: changes(account, before) }
    }
  },
  StopInstances: {
    // What is stopped by force skips its own shutting down; the account knows no difference.
    accepts: { InstanceIds: [true], Force: true },
    affects: (input) => (input.InstanceIds ?? []).length,
    perform: (account, input) => {
      const before = requireInstances(account, input.InstanceIds)
      before.forEach(requireStoppable)
      for (const instance of before) stop(account, instance)
      return { StoppingInstances: changes(account, before) }
    }
  },
  StartInstances: {
    accepts: { InstanceIds: [true] },
    affects: (input) => (input.InstanceIds ?? []).length,
    perform: (account, input) => {
      const before = requireInstances(account, input.InstanceIds)
      before.forEach(requireStartable)
      for (const instance of before) {
        if (instance.state === "stopped") requireCapacity(account, instance.instanceType, instance.zone, 1)
      }
      for (const instance of before) start(account, instance)
      return { StartingInstances: changes(account, before) }
    }
  },
  RebootInstances: {
    accepts: { InstanceIds: [true] },
    perform: (account, input) => {
      const before = requireInstances(account, input.InstanceIds)
      before.forEach(requireRebootable)
      for (const instance of before) reboot(account, instance)
    }
  },
  DescribeInstanceStatus: {
    accepts: { InstanceIds: [true], IncludeAllInstances: true, ...describeAccepts },
    perform: (account, input) => {
      const kind = { items: account.tables.instances, absent: absent.instance, filters: statusFilters }
      const { items, next } = describe(account, kind, input, input.InstanceIds)
      const shown = input.IncludeAllInstances === true ? items : items.filter(({ state }) => state === "running")
      return { InstanceStatuses: shown.map((instance) => status(account, instance)), NextToken: next }
    }
  },
  ModifyInstanceAttribute: {
    accepts: { InstanceId: true, Groups: [true] },
    perform: (account, input) => {
      const [instance] = requireInstances(account, [given(input.InstanceId, "InstanceId")])
      const groups = given(input.Groups, "Groups")
      setGroups(account, given(instance?.interfaceIds[0], "NetworkInterfaceId"), groups)
    }
  }
}
