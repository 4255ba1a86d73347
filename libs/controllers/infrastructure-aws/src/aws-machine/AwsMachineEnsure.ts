/**
 * An AWSMachine brought to life and kept in line: find its instance or launch it, say how it is, put it behind the load
 * balancer, clean up after its bootstrap.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws controllers/awsmachine_controller.go
 */
import type { AwsError, Ec2Shapes } from "@capstan/aws"
import type { MachineAddress, MachineOutcome, ProviderError } from "@capstan/provider"
import { Clock, Effect } from "effect"
import { describeAwsError, fromApiError } from "../Failure.ts"
import {
  type Complaint,
  conditionOf,
  fails,
  holds,
  machineConditions,
  machineReasons,
  markMachine,
  unknown
} from "../Conditions.ts"
import { warning } from "../Events.ts"
import type { AWSMachineStatus } from "../kinds/AWSMachine.ts"
import { deleteSecrets } from "./BootstrapSecrets.ts"
import { instanceAddresses } from "./InstanceAddresses.ts"
import type { InstanceLookup } from "./InstanceLookup.ts"
import { ensureUpkeep } from "./InstanceUpkeep.ts"
import { stateOf, stateReasonOf, verdicts } from "./InstanceVerdict.ts"
import { launch, recordInstance } from "./Launch.ts"
import { ensureAttachment } from "./LoadBalancerAttachment.ts"
import { type MachineContext, specOf } from "./MachineContext.ts"

/** How long an instance may be unknown to EC2 before its machine is given up. */
export const lostMillis = 300_000

/** How long a new instance may be invisible without anybody having to worry. */
const newInstanceMillis = 60_000

const changeStatus = (context: MachineContext, change: (status: AWSMachineStatus) => AWSMachineStatus): void =>
  context.scope.infrastructure.change((object) => {
    const before = object.status ?? {}
    const status = change(before)
    return status === before ? object : { ...object, status }
  })

const fail = (context: MachineContext, failureReason: string, failureMessage: string): void =>
  changeStatus(context, (status) =>
    status.failureReason === undefined ? { ...status, failureReason, failureMessage } : status
  )

const complain = (context: MachineContext, complaint: Complaint, now: number): void =>
  markMachine(context.scope.infrastructure, fails(machineConditions.instance, complaint), now)

const provisioned = (
  context: MachineContext,
  ready: true | Complaint,
  options: {
    readonly addresses?: ReadonlyArray<MachineAddress>
    readonly zone?: string
    readonly requeueAfterMillis?: number
  }
): MachineOutcome => {
  const spec = specOf(context)
  const addresses = options.addresses ?? context.scope.infrastructure.get().status?.addresses ?? []
  return {
    _tag: "Provisioned",
    providerId: spec.providerID ?? "",
    addresses,
    ready,
    ...(options.zone === undefined || options.zone === "" ? {} : { failureDomain: options.zone }),
    ...(spec.spotMarketOptions === undefined ? {} : { interruptible: true }),
    ...(options.requeueAfterMillis === undefined ? {} : { requeueAfterMillis: options.requeueAfterMillis })
  }
}

const waiting = (complaint: Complaint, requeueAfterMillis: number): MachineOutcome => ({
  _tag: "Waiting",
  ...complaint,
  requeueAfterMillis
})

/** What was last said of the instance: it stands until something else has been seen. */
const lastWord = (context: MachineContext): true | Complaint => {
  const condition = conditionOf(context.scope.infrastructure.get(), machineConditions.instance)
  if (condition?.status === "True") return true
  return {
    reason: condition?.reason ?? machineReasons.notReady,
    severity: condition?.severity === "Error" || condition?.severity === "Info" ? condition.severity : "Warning",
    message: condition?.message ?? ""
  }
}

const unreadable = Effect.fnUntraced(function* (context: MachineContext, error: AwsError) {
  const { infrastructure } = context.scope
  const message = describeAwsError(error)
  yield* warning(infrastructure.get(), "FailedDescribeInstances", message)
  const pause = yield* context.pace.next(infrastructure.get().metadata.uid, error)
  if (specOf(context).providerID !== undefined) {
    return provisioned(context, lastWord(context), { requeueAfterMillis: pause })
  }
  const now = yield* Clock.currentTimeMillis
  markMachine(infrastructure, unknown(machineConditions.instance, machineReasons.notFound, message), now)
  return waiting({ reason: machineReasons.notFound, severity: "Warning", message }, pause)
})

/** EC2 does not know the id. Just after a launch that is usual; later the machine is given up after a while. */
const lost = Effect.fnUntraced(function* (context: MachineContext, instanceId: string) {
  const { infrastructure } = context.scope
  const now = yield* Clock.currentTimeMillis
  const before = conditionOf(infrastructure.get(), machineConditions.instance)
  const since = before === undefined ? now : Date.parse(before.lastTransitionTime)
  const young =
    before?.status === "False" &&
    now - since < newInstanceMillis &&
    (before.reason === machineReasons.notReady || before.reason === machineReasons.provisionStarted)
  if (young) {
    const message = "the instance is starting"
    return provisioned(
      context,
      { reason: machineReasons.notReady, severity: "Warning", message },
      { requeueAfterMillis: 5_000 }
    )
  }
  const message = `EC2 does not know instance ${instanceId}`
  markMachine(infrastructure, unknown(machineConditions.instance, machineReasons.notFound, message), now)
  if (before?.status === "Unknown" && now - since >= lostMillis) {
    fail(context, "UpdateError", `EC2 instance ${instanceId} has not been found for ${lostMillis / 60_000} minutes`)
  }
  return provisioned(
    context,
    { reason: machineReasons.notFound, severity: "Error", message },
    { requeueAfterMillis: 60_000 }
  )
})

const launchNew = Effect.fnUntraced(function* (context: MachineContext) {
  const { infrastructure } = context.scope
  const outcome = yield* Effect.catchTag(launch(context), "ApiError", (error) => Effect.fail(fromApiError(error)))
  if (outcome._tag === "Launched") return yield* found(context, outcome.instance)
  const now = yield* Clock.currentTimeMillis
  if (outcome._tag === "NotYet") {
    const complaint = { reason: machineReasons.provisionFailed, severity: "Warning", message: outcome.message } as const
    complain(context, complaint, now)
    return waiting(complaint, outcome.requeueAfterMillis)
  }
  if (outcome._tag === "Hopeless") {
    const complaint = { reason: machineReasons.provisionFailed, severity: "Error", message: outcome.message } as const
    complain(context, complaint, now)
    fail(context, "CreateError", outcome.message)
    return waiting(complaint, 600_000)
  }
  const message = describeAwsError(outcome.error)
  const complaint = { reason: machineReasons.provisionFailed, severity: "Error", message } as const
  complain(context, complaint, now)
  return waiting(complaint, yield* context.pace.next(infrastructure.get().metadata.uid, outcome.error))
})

/** Secrets stay until the machine has joined, unless it never will. */
const cleanUp = Effect.fnUntraced(function* (context: MachineContext, operational: boolean) {
  const joined = context.scope.machine.status?.nodeRef !== undefined
  if (operational && !joined) return undefined
  return yield* deleteSecrets(context).pipe(
    Effect.as(undefined),
    Effect.catchTag("AwsError", (error) => Effect.succeed(error))
  )
})

const unexpectedEnd = (context: MachineContext, state: string, reason: string): Effect.Effect<void> =>
  context.scope.infrastructure.get().status?.instanceState === state
    ? Effect.void
    : warning(
        context.scope.infrastructure.get(),
        "InstanceUnexpectedTermination",
        `Unexpected EC2 instance termination: ${state}${reason}`
      )

/** How soon a state is looked at again without anything happening. */
const requeueOf = (state: string, isControlPlane: boolean): number | undefined =>
  state === "pending" ? (isControlPlane ? 5_000 : 10_000) : state === "shutting-down" ? 30_000 : undefined

const soonest = (...millis: ReadonlyArray<number | undefined>): number | undefined => {
  const known = millis.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

const found = Effect.fnUntraced(function* (context: MachineContext, instance: Ec2Shapes.Instance) {
  const { infrastructure, isControlPlane } = context.scope
  const now = yield* Clock.currentTimeMillis
  const state = stateOf(instance)
  const verdict = verdicts[state]
  recordInstance(context, instance)
  if (!verdict.operational) yield* unexpectedEnd(context, state, stateReasonOf(instance))
  changeStatus(context, (status) => (status.instanceState === state ? status : { ...status, instanceState: state }))
  const complaint =
    verdict.complaint === undefined
      ? undefined
      : { ...verdict.complaint, message: `${verdict.complaint.message}${stateReasonOf(instance)}` }
  if (complaint === undefined) markMachine(infrastructure, holds(machineConditions.instance), now)
  else complain(context, complaint, now)
  if (verdict.failed) fail(context, "UpdateError", `EC2 instance state "${state}" is unexpected`)

  const refusals = [
    yield* cleanUp(context, verdict.operational),
    yield* ensureAttachment(context, instance.InstanceId ?? "", verdict.serves ? "attached" : "detached"),
    verdict.operational ? yield* ensureUpkeep(context, instance) : undefined
  ]
  const refusal = refusals.find((error) => error !== undefined)
  const uid = infrastructure.get().metadata.uid
  if (refusal === undefined) context.pace.reset(uid)
  const pause = refusal === undefined ? undefined : yield* context.pace.next(uid, refusal)
  const requeueAfterMillis = soonest(requeueOf(state, isControlPlane), pause)
  return provisioned(context, complaint ?? true, {
    addresses: verdict.operational ? instanceAddresses(instance) : [],
    zone: instance.Placement?.AvailabilityZone ?? "",
    ...(requeueAfterMillis === undefined ? {} : { requeueAfterMillis })
  })
})

/** A machine that has failed is somebody else's to replace; only its secrets are still ours to delete. */
const failed = Effect.fnUntraced(function* (context: MachineContext) {
  const error = yield* cleanUp(context, false)
  const pause =
    error === undefined ? undefined : yield* context.pace.next(context.scope.infrastructure.get().metadata.uid, error)
  const word = lastWord(context)
  const message = context.scope.infrastructure.get().status?.failureMessage ?? ""
  const complaint: Complaint = word === true ? { reason: machineReasons.terminated, severity: "Error", message } : word
  return specOf(context).providerID === undefined
    ? waiting(complaint, pause ?? 600_000)
    : provisioned(context, complaint, pause === undefined ? {} : { requeueAfterMillis: pause })
})

/** One pass. */
export const ensureAwsMachine = (
  context: MachineContext,
  lookup: InstanceLookup
): Effect.Effect<MachineOutcome, ProviderError> => {
  const status = context.scope.infrastructure.get().status
  if (status?.failureReason !== undefined || status?.failureMessage !== undefined) return failed(context)
  switch (lookup._tag) {
    case "Found":
      return found(context, lookup.instance)
    case "Lost":
      return lost(context, lookup.instanceId)
    case "Unreadable":
      return unreadable(context, lookup.error)
    case "Absent":
      return launchNew(context)
  }
}
