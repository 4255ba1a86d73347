/**
 * An AWSMachine taken down: secrets deleted, out of the load balancer, terminated, and seen to be gone.
 *
 * That EC2 does not show an instance proves nothing for a while: until then the machine stays, so that nothing is leaked.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws controllers/awsmachine_controller.go reconcileDelete
 */
import { type AwsError, catchCode, type Ec2Shapes } from "@capstan/aws"
import type { Removal } from "@capstan/provider"
import { Clock, Effect } from "effect"
import { describeAwsError } from "../Failure.ts"
import { deletionReasons, fails, machineConditions, markMachine, removing } from "../Conditions.ts"
import { normal, warning } from "../Events.ts"
import { deleteSecrets } from "./BootstrapSecrets.ts"
import type { InstanceLookup } from "./InstanceLookup.ts"
import { type InstanceState, stateOf } from "./InstanceVerdict.ts"
import { ensureAttachment } from "./LoadBalancerAttachment.ts"
import type { MachineContext } from "./MachineContext.ts"

/** How long after the request for deletion an instance must have stayed out of sight to count as gone. */
export const absenceMillis = 90_000

/** How often a termination is looked at. Upstream's minute. */
const terminationMillis = 60_000

const mark = Effect.fnUntraced(function* (context: MachineContext, reason: string, message: string) {
  const now = yield* Clock.currentTimeMillis
  const severity = reason === deletionReasons.failed ? "Warning" : "Info"
  markMachine(context.scope.infrastructure, fails(machineConditions.instance, { reason, severity, message }), now)
})

const refused = Effect.fnUntraced(function* (context: MachineContext, error: AwsError) {
  const message = describeAwsError(error)
  yield* mark(context, deletionReasons.failed, message)
  const pause = yield* context.pace.next(context.scope.infrastructure.get().metadata.uid, error)
  return removing(message, pause, deletionReasons.failed)
})

/** Whether an instance that is not seen is gone. Pure. */
export const isAbsenceProven = (options: {
  readonly launched: boolean
  readonly deletionRequestedAt: number
  readonly now: number
}): boolean => !options.launched || options.now - options.deletionRequestedAt >= absenceMillis

const absent = Effect.fnUntraced(function* (context: MachineContext, launched: boolean) {
  const now = yield* Clock.currentTimeMillis
  const object = context.scope.infrastructure.get()
  const requested = object.metadata.deletionTimestamp
  const deletionRequestedAt = requested === undefined ? now : Date.parse(requested)
  if (!isAbsenceProven({ launched, deletionRequestedAt, now })) {
    return removing("the instance is not visible; looking again, since EC2 may show it late", 20_000)
  }
  yield* warning(object, "NoInstanceFound", "Unable to find matching EC2 instance")
  context.pace.reset(object.metadata.uid)
  const removal: Removal = { _tag: "Removed" }
  return removal
})

const terminate = Effect.fnUntraced(function* (context: MachineContext, instanceId: string) {
  const { infrastructure } = context.scope
  yield* mark(context, deletionReasons.deleting, "")
  yield* context.ec2.terminateInstances({ InstanceIds: [instanceId] }).pipe(
    Effect.asVoid,
    catchCode("InvalidInstanceID.NotFound", () => Effect.void),
    Effect.tapErrorTag("AwsError", (error) =>
      warning(
        infrastructure.get(),
        "FailedTerminate",
        `Failed to terminate instance "${instanceId}": ${describeAwsError(error)}`
      )
    )
  )
  yield* mark(context, deletionReasons.deleted, "")
  yield* normal(infrastructure.get(), "SuccessfulTerminate", `Terminated instance "${instanceId}"`)
  return removing(`instance ${instanceId} is being terminated`, terminationMillis)
})

const remember = (context: MachineContext, instanceState: InstanceState): void =>
  context.scope.infrastructure.change((object) =>
    object.status?.instanceState === instanceState ? object : { ...object, status: { ...object.status, instanceState } }
  )

const present = Effect.fnUntraced(function* (context: MachineContext, instance: Ec2Shapes.Instance) {
  const instanceId = instance.InstanceId ?? ""
  const state = stateOf(instance)
  remember(context, state)
  const attached = yield* ensureAttachment(context, instanceId, "detached")
  if (attached !== undefined) return yield* refused(context, attached)
  if (state === "terminated") {
    context.pace.reset(context.scope.infrastructure.get().metadata.uid)
    const removal: Removal = { _tag: "Removed" }
    return removal
  }
  if (state === "shutting-down") return removing(`instance ${instanceId} is shutting down`, terminationMillis)
  return yield* terminate(context, instanceId)
})

/** One pass of the removal. */
export const removeAwsMachine = Effect.fnUntraced(
  function* (context: MachineContext, lookup: InstanceLookup) {
    if (lookup._tag === "Unreadable") return yield* refused(context, lookup.error)
    yield* deleteSecrets(context)
    switch (lookup._tag) {
      case "Found":
        return yield* present(context, lookup.instance)
      case "Lost":
        return yield* absent(context, true)
      case "Absent":
        return yield* absent(context, lookup.launched)
    }
  },
  (effect, context) => Effect.catchTag(effect, "AwsError", (error) => refused(context, error))
)
