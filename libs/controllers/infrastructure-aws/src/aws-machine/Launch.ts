/**
 * Launching an instance: plan it, write the plan down, put the bootstrap data in place, ask EC2, write the answer down.
 *
 * A process may die between any two of these lines. Whoever comes back finds the plan, looks for what it may have made, and
 * repeats it under the same token otherwise. Nothing here fails for good but a machine that names neither image nor version.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/ec2/instances.go CreateInstance
 */
import type { AwsError, Ec2Shapes } from "@capstan/aws"
import type { ApiError } from "@capstan/kubernetes"
import type { ProviderError } from "@capstan/provider"
import { Clock, Effect } from "effect"
import { describeAwsError } from "../Failure.ts"
import { conditionOf, fails, machineConditions, machineReasons, markMachine } from "../Conditions.ts"
import { normal, warning } from "../Events.ts"
import { chunkSize, secretPrefix, writeSecrets } from "./BootstrapSecrets.ts"
import { gzipStored } from "./Gzip.ts"
import { imageQuery } from "./ImageLookup.ts"
import { findByToken } from "./InstanceLookup.ts"
import { coreSecurityGroups, instanceTags } from "./InstanceUpkeep.ts"
import {
  breaksPlan,
  clientTokenOf,
  formatLaunchIntent,
  isTokenKnown,
  type LaunchIntent,
  launchIntentAnnotation,
  parseLaunchIntent,
  reconcileIntent
} from "./LaunchIntent.ts"
import { annotationOf, changeAnnotation, changeSpec, type MachineContext, specOf } from "./MachineContext.ts"
import { runInstancesRequest } from "./RunInstancesRequest.ts"
import { findSubnet } from "./SubnetChoice.ts"
import { chunksOf, hashOf, secureUserData, toBase64 } from "./UserData.ts"

/** How a launch ended. */
export type LaunchOutcome =
  | { readonly _tag: "Launched"; readonly instance: Ec2Shapes.Instance }
  /** Something that the launch needs is not there; nobody was asked for anything. */
  | { readonly _tag: "NotYet"; readonly message: string; readonly requeueAfterMillis: number }
  /** The machine can never be launched. */
  | { readonly _tag: "Hopeless"; readonly message: string }
  | { readonly _tag: "Refused"; readonly error: AwsError }

/** What the instance boots from, and what has to be put in place for it. */
interface Payload {
  readonly userData: string | Uint8Array
  readonly bootstrapDataHash: string
  readonly chunks: ReadonlyArray<Uint8Array>
}

const notYet = (message: string, requeueAfterMillis = 30_000): LaunchOutcome => ({
  _tag: "NotYet",
  message,
  requeueAfterMillis
})

const payloadOf = (context: MachineContext, bootstrapData: string): Payload => {
  const spec = specOf(context)
  const data = new TextEncoder().encode(bootstrapData)
  const bootstrapDataHash = hashOf(data)
  if (spec.cloudInit?.insecureSkipSecretsManager === true) {
    return { userData: spec.uncompressedUserData === false ? gzipStored(data) : data, bootstrapDataHash, chunks: [] }
  }
  const chunks = chunksOf(gzipStored(data), chunkSize)
  const prefix = secretPrefix(context.scope.infrastructure.get().metadata.uid)
  const region = context.scope.infrastructureCluster.spec?.region ?? ""
  return { userData: secureUserData({ prefix, count: chunks.length, region }), bootstrapDataHash, chunks }
}

const findImage = Effect.fnUntraced(function* (context: MachineContext) {
  const spec = specOf(context)
  if (spec.ami?.id !== undefined && spec.ami.id !== "") return { _tag: "Image", id: spec.ami.id } as const
  const version = context.scope.machine.spec.version
  if (version === undefined) {
    return { _tag: "Hopeless", message: "either AWSMachine.spec.ami.id or Machine.spec.version must be set" } as const
  }
  const architecture = yield* context.images.architectureOf(spec.instanceType)
  const query = imageQuery({
    machine: spec,
    cluster: context.scope.infrastructureCluster.spec ?? {},
    version,
    architecture
  })
  const image = yield* context.images.find(query)
  return image?.ImageId === undefined
    ? ({
        _tag: "Missing",
        message: `no image of owner ${query.owner} is called ${query.namePattern} (${architecture})`
      } as const)
    : ({ _tag: "Image", id: image.ImageId } as const)
})

/** A key by this name is expected where nobody says otherwise; an empty name means none. */
const keyNameOf = (context: MachineContext): string =>
  specOf(context).sshKeyName ?? context.scope.infrastructureCluster.spec?.sshKeyName ?? "default"

type Planned = LaunchOutcome | { readonly _tag: "Planned"; readonly intent: LaunchIntent; readonly payload: Payload }

/** Decides the launch; gives back why it cannot be decided yet, if so. */
const plan = Effect.fnUntraced(function* (
  context: MachineContext
): Effect.fn.Return<Planned, AwsError | ProviderError> {
  const { infrastructure, infrastructureCluster, isControlPlane, machine } = context.scope
  const spec = specOf(context)
  const network = infrastructureCluster.status?.networkStatus
  const balanced = infrastructureCluster.spec?.controlPlaneLoadBalancer?.loadBalancerType !== "disabled"
  if (balanced && (network?.apiServerElb?.dnsName ?? "") === "")
    return notYet("the API server's load balancer has no DNS name yet")
  const groups = coreSecurityGroups(network?.securityGroups ?? {}, spec, isControlPlane)
  if (groups.missing.length > 0) return notYet(`no security group yet for ${groups.missing.join(", ")}`)
  const image = yield* findImage(context)
  if (image._tag === "Hopeless") return image
  if (image._tag === "Missing") return notYet(image.message, 60_000)
  const subnet = yield* findSubnet(context, spec.subnet, {
    failureDomain: machine.spec.failureDomain,
    publicIp: spec.publicIP === true
  })
  if (subnet === undefined) {
    const message = `no ${spec.publicIP === true ? "public" : "private"} subnet in ${machine.spec.failureDomain ?? "any zone"}`
    yield* warning(infrastructure.get(), "FailedCreate", message)
    return notYet(message, 60_000)
  }
  const bootstrap = yield* context.scope.bootstrapData.pipe(
    Effect.tapError((error) => warning(infrastructure.get(), "FailedGetBootstrapData", error.message))
  )
  if (bootstrap.format === "ignition")
    return notYet("bootstrap data in the format ignition is not supported yet", 300_000)
  const payload = payloadOf(context, bootstrap.value)
  const intent = reconcileIntent(parseLaunchIntent(annotationOf(context, launchIntentAnnotation)), {
    clientToken: clientTokenOf(infrastructure.get().metadata.uid),
    zone: subnet.zone,
    subnetId: subnet.subnetId,
    imageId: image.id,
    instanceType: spec.instanceType,
    securityGroupIds: groups.ids,
    keyName: keyNameOf(context),
    userDataHash: hashOf(payload.userData),
    bootstrapDataHash: payload.bootstrapDataHash
  })
  return { _tag: "Planned", intent, payload }
})

/** Writes the plan to the object. Gives back whether it stood there already, word for word. */
const writePlan = Effect.fnUntraced(function* (context: MachineContext, intent: LaunchIntent, payload: Payload) {
  const { infrastructure } = context.scope
  const text = formatLaunchIntent(intent)
  const before = parseLaunchIntent(annotationOf(context, launchIntentAnnotation))
  const known = before !== undefined && formatLaunchIntent(before) === text
  const now = yield* Clock.currentTimeMillis
  changeAnnotation(context, launchIntentAnnotation, text)
  const secretCount = payload.chunks.length
  if (secretCount > 0) {
    const prefix = secretPrefix(infrastructure.get().metadata.uid)
    changeSpec(context, (spec) =>
      spec.cloudInit?.secretPrefix === prefix && spec.cloudInit.secretCount === secretCount
        ? spec
        : { ...spec, cloudInit: { ...spec.cloudInit, secretPrefix: prefix, secretCount } }
    )
  }
  const condition = conditionOf(infrastructure.get(), machineConditions.instance)
  // A machine whose launch keeps failing says so until it succeeds, rather than turning to and fro.
  if (condition?.reason !== machineReasons.provisionFailed) {
    const started = { reason: machineReasons.provisionStarted, severity: "Info", message: "" } as const
    markMachine(infrastructure, fails(machineConditions.instance, started), now)
  }
  yield* infrastructure.persist
  return known
})

/** EC2 knows the token with other inputs, or for an instance that is gone: it exists, and is looked for. */
const adopt = (context: MachineContext, intent: LaunchIntent): Effect.Effect<LaunchOutcome, AwsError> =>
  Effect.map(findByToken(context, intent.clientToken), (instance) =>
    instance === undefined
      ? notYet(`EC2 has launched an instance for token ${intent.clientToken}; waiting to see it`, 5_000)
      : { _tag: "Launched", instance }
  )

const rootDeviceOf = Effect.fnUntraced(function* (context: MachineContext, intent: LaunchIntent) {
  if (specOf(context).rootVolume === undefined) return undefined
  return (yield* context.images.byId(intent.imageId))?.RootDeviceName
})

const run = Effect.fnUntraced(function* (context: MachineContext, intent: LaunchIntent, payload: Payload) {
  const request = runInstancesRequest({
    intent,
    spec: specOf(context),
    userDataBase64: toBase64(payload.userData),
    tags: instanceTags(context),
    rootDeviceName: yield* rootDeviceOf(context, intent)
  })
  const answer = yield* context.ec2.runInstances(request)
  const instance = answer.Instances?.[0]
  return instance === undefined ? yield* adopt(context, intent) : ({ _tag: "Launched", instance } as const)
})

/** `aws:///zone/id`, exactly as the cloud controller writes it on the Node. Pure. */
export const providerIdOf = (zone: string, instanceId: string): string => `aws:///${zone}/${instanceId}`

/** Records the instance on the object: in memory, to be written with the rest. */
export const recordInstance = (context: MachineContext, instance: Ec2Shapes.Instance, zone = ""): void => {
  const instanceID = instance.InstanceId ?? ""
  changeSpec(context, (spec) =>
    spec.instanceID === instanceID && spec.providerID !== undefined
      ? spec
      : {
          ...spec,
          providerID: spec.providerID ?? providerIdOf(instance.Placement?.AvailabilityZone ?? zone, instanceID),
          instanceID
        }
  )
}

const refuse = Effect.fnUntraced(function* (context: MachineContext, error: AwsError) {
  if (isTokenKnown(error.code)) return undefined
  if (breaksPlan(error.code)) changeAnnotation(context, launchIntentAnnotation, undefined)
  yield* warning(
    context.scope.infrastructure.get(),
    "FailedCreate",
    `Failed to create instance: ${describeAwsError(error)}`
  )
  const outcome: LaunchOutcome = { _tag: "Refused", error }
  return outcome
})

/** The whole launch, once. */
export const launch = Effect.fnUntraced(function* (
  context: MachineContext
): Effect.fn.Return<LaunchOutcome, ApiError | ProviderError> {
  const refused = (error: AwsError) => Effect.succeed<LaunchOutcome>({ _tag: "Refused", error })
  const planned = yield* Effect.catchTag(plan(context), "AwsError", refused)
  if (planned._tag !== "Planned") return planned
  const { intent, payload } = planned
  const known = yield* writePlan(context, intent, payload)
  const prefix = secretPrefix(context.scope.infrastructure.get().metadata.uid)
  const attempt = Effect.andThen(
    writeSecrets(context, prefix, payload.chunks, known).pipe(
      Effect.tapErrorTag("AwsError", (error) =>
        warning(context.scope.infrastructure.get(), "FailedCreateAWSSecrets", describeAwsError(error))
      )
    ),
    run(context, intent, payload)
  )
  const outcome = yield* Effect.catchTag(attempt, "AwsError", (error) =>
    Effect.flatMap(refuse(context, error), (outcome) =>
      outcome === undefined ? Effect.catchTag(adopt(context, intent), "AwsError", refused) : Effect.succeed(outcome)
    )
  )
  if (outcome._tag === "Launched") {
    recordInstance(context, outcome.instance, intent.zone)
    yield* context.scope.infrastructure.persist
    const role = context.scope.isControlPlane ? "control-plane" : "node"
    yield* normal(
      context.scope.infrastructure.get(),
      "SuccessfulCreate",
      `Created new ${role} instance with id "${outcome.instance.InstanceId}"`
    )
  }
  return outcome
})
