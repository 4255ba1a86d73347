/**
 * A control-plane instance behind the API server's load balancer: registered while it starts or runs, taken out before
 * it stops or goes.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws controllers/awsmachine_controller.go reconcileLBAttachment
 */
import { type AwsError, catchClass, catchCode } from "@capstan/aws"
import { Clock, Effect } from "effect"
import { describeAwsError } from "../Failure.ts"
import { deletionReasons, fails, holds, machineConditions, machineReasons, markMachine } from "../Conditions.ts"
import { normal, warning } from "../Events.ts"
import type { MachineContext } from "./MachineContext.ts"

/** The load balancer's name, when the cluster has one of ours. */
const balancerOf = ({ scope }: MachineContext): string | undefined => {
  const disabled = scope.infrastructureCluster.spec?.controlPlaneLoadBalancer?.loadBalancerType === "disabled"
  return disabled ? undefined : scope.infrastructureCluster.status?.networkStatus?.apiServerElb?.name
}

const isRegistered = ({ elb }: MachineContext, name: string, instanceId: string): Effect.Effect<boolean, AwsError> =>
  elb
    .describeLoadBalancers({ LoadBalancerNames: [name] })
    .pipe(
      Effect.map(
        (answer) =>
          answer.LoadBalancerDescriptions?.[0]?.Instances?.some(({ InstanceId }) => InstanceId === instanceId) === true
      )
    )

const register = Effect.fnUntraced(function* (context: MachineContext, name: string, instanceId: string) {
  if (yield* isRegistered(context, name, instanceId)) return
  yield* context.elb.registerInstancesWithLoadBalancer({
    LoadBalancerName: name,
    Instances: [{ InstanceId: instanceId }]
  })
  yield* normal(
    context.scope.infrastructure.get(),
    "SuccessfulAttachControlPlaneELB",
    `Control plane instance "${instanceId}" is registered with load balancer`
  )
})

const deregister = Effect.fnUntraced(function* (context: MachineContext, name: string, instanceId: string) {
  const registered = yield* isRegistered(context, name, instanceId).pipe(
    catchCode("LoadBalancerNotFound", () => Effect.succeed(false)),
    catchClass("unauthorized", () => Effect.succeed(true))
  )
  if (!registered) return
  yield* context.elb
    .deregisterInstancesFromLoadBalancer({
      LoadBalancerName: name,
      Instances: [{ InstanceId: instanceId }]
    })
    .pipe(
      Effect.asVoid,
      catchCode(["LoadBalancerNotFound", "InvalidInstance", "InvalidEndPoint"], () => Effect.void),
      catchClass("unauthorized", () => Effect.void)
    )
  yield* normal(
    context.scope.infrastructure.get(),
    "SuccessfulDetachControlPlaneELB",
    `Control plane instance "${instanceId}" is de-registered from load balancer`
  )
})

const condition = machineConditions.loadBalancerAttached

/** Gives back the refusal, if any: the machine itself is none the worse for it. */
export const ensureAttachment = Effect.fnUntraced(function* (
  context: MachineContext,
  instanceId: string,
  wanted: "attached" | "detached"
) {
  const name = balancerOf(context)
  if (!context.scope.isControlPlane || name === undefined) return undefined
  const attach = wanted === "attached"
  const refusal = yield* (attach ? register : deregister)(context, name, instanceId).pipe(
    Effect.as(undefined),
    Effect.catchTag("AwsError", (error) => Effect.succeed(error))
  )
  const now = yield* Clock.currentTimeMillis
  const { infrastructure } = context.scope
  if (refusal !== undefined) {
    const message = describeAwsError(refusal)
    const reason = attach ? machineReasons.attachFailed : machineReasons.detachFailed
    yield* warning(
      infrastructure.get(),
      attach ? "FailedAttachControlPlaneELB" : "FailedDetachControlPlaneELB",
      message
    )
    markMachine(infrastructure, fails(condition, { reason, severity: "Error", message }), now)
    return refusal
  }
  const detached = fails(condition, { reason: deletionReasons.deleted, severity: "Info", message: "" })
  markMachine(infrastructure, attach ? holds(condition) : detached, now)
  return undefined
})
