/**
 * The internet gateway: one, attached to the VPC. One that was created but never attached is found by its tag and used.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/network/gateways.go
 */
import { type AwsError, catchClass, catchCode, type Ec2Shapes } from "@capstan/aws"
import type { Waiting } from "@capstan/provider"
import { Effect } from "effect"
import { normal } from "../../Events.ts"
import { buildTags, missingTags, toAwsTags, toTagMap } from "../../Tags.ts"
import { changeNetwork, type ClusterContext, specOf, type StepError } from "../ClusterStep.ts"
import { createOnce, creationSettled } from "../CreationIntent.ts"
import type { NetworkFacts } from "../NetworkFacts.ts"

const resource = "internet gateway"

const tagsOf = (context: ClusterContext) =>
  buildTags({
    cluster: context.name,
    name: `${context.name}-igw`,
    role: "common",
    additional: specOf(context).additionalTags
  })

const isAttachedTo = (gateway: Ec2Shapes.InternetGateway, vpcId: string): boolean =>
  gateway.Attachments?.some((attachment) => attachment.VpcId === vpcId) === true

const isAttached = (gateway: Ec2Shapes.InternetGateway): boolean => (gateway.Attachments ?? []).length > 0

const record = (context: ClusterContext, internetGatewayId: string): void =>
  changeNetwork(context, (network) =>
    network.vpc?.internetGatewayId === internetGatewayId
      ? network
      : { ...network, vpc: { ...network.vpc, internetGatewayId } }
  )

const create = Effect.fnUntraced(function* (context: ClusterContext) {
  const call = context.ec2
    .createInternetGateway({
      TagSpecifications: [{ ResourceType: "internet-gateway", Tags: toAwsTags(tagsOf(context)) }]
    })
    .pipe(Effect.map((answer) => answer.InternetGateway ?? {}))
  const created = yield* createOnce(context, resource, call, (gateway) =>
    record(context, gateway.InternetGatewayId ?? "")
  )
  if ("_tag" in created) return created
  yield* normal(
    context.scope.infrastructure.get(),
    "SuccessfulCreateInternetGateway",
    `Created new managed Internet Gateway ${created.InternetGatewayId}`
  )
  return created
})

const attach = Effect.fnUntraced(function* (context: ClusterContext, InternetGatewayId: string, VpcId: string) {
  yield* context.ec2
    .attachInternetGateway({ InternetGatewayId, VpcId })
    .pipe(catchCode("Resource.AlreadyAssociated", () => Effect.void))
  yield* normal(
    context.scope.infrastructure.get(),
    "SuccessfulAttachInternetGateway",
    `Internet Gateway ${InternetGatewayId} attached to VPC ${VpcId}`
  )
})

/** One that somebody else attached to our VPC: the VPC takes no second one. */
const findForeign = (
  { ec2 }: ClusterContext,
  vpcId: string
): Effect.Effect<Ec2Shapes.InternetGateway | undefined, AwsError> =>
  ec2
    .describeInternetGateways({ Filters: [{ Name: "attachment.vpc-id", Values: [vpcId] }] })
    .pipe(Effect.map((answer) => answer.InternetGateways?.[0]))

/** The gateway's id; empty in the user's own VPC, where it is the user's affair. */
export const ensureInternetGateway = Effect.fnUntraced(function* (
  context: ClusterContext,
  facts: NetworkFacts,
  vpcId: string
): Effect.fn.Return<string | Waiting, StepError> {
  if (!facts.managed) return ""
  const attached = facts.internetGateways.find((gateway) => isAttachedTo(gateway, vpcId))
  const spare = facts.internetGateways.filter((gateway) => !isAttached(gateway))
  const gateway = attached ?? spare[0] ?? (yield* findForeign(context, vpcId)) ?? (yield* create(context))
  if ("_tag" in gateway) return gateway
  const id = gateway.InternetGatewayId ?? ""
  creationSettled(context, resource)
  if (!isAttachedTo(gateway, vpcId)) yield* attach(context, id, vpcId)
  record(context, id)
  if (attached !== undefined && missingTags(tagsOf(context), toTagMap(attached.Tags)) !== undefined) {
    yield* context.ec2.createTags({ Resources: [id], Tags: toAwsTags(tagsOf(context)) })
  }
  const duplicates = spare.filter((candidate) => candidate.InternetGatewayId !== id)
  yield* Effect.forEach(duplicates, ({ InternetGatewayId }) => removeGateway(context, InternetGatewayId), {
    discard: true
  })
  return id
})

const removeGateway = ({ ec2 }: ClusterContext, InternetGatewayId: string | undefined) =>
  InternetGatewayId === undefined
    ? Effect.void
    : ec2.deleteInternetGateway({ InternetGatewayId }).pipe(catchClass("notFound", () => Effect.void))

/** Detaches and deletes every gateway that carries the cluster's tag. */
export const removeInternetGateways = Effect.fnUntraced(function* (context: ClusterContext, facts: NetworkFacts) {
  for (const { Attachments, InternetGatewayId } of facts.internetGateways) {
    if (InternetGatewayId === undefined) continue
    for (const { VpcId } of Attachments ?? []) {
      if (VpcId === undefined) continue
      yield* context.ec2.detachInternetGateway({ InternetGatewayId, VpcId }).pipe(
        catchCode("Gateway.NotAttached", () => Effect.void),
        catchClass("notFound", () => Effect.void)
      )
      yield* normal(
        context.scope.infrastructure.get(),
        "SuccessfulDetachInternetGateway",
        `Detached Internet Gateway ${InternetGatewayId} from VPC ${VpcId}`
      )
    }
    yield* removeGateway(context, InternetGatewayId)
    yield* normal(
      context.scope.infrastructure.get(),
      "SuccessfulDeleteInternetGateway",
      `Deleted Internet Gateway ${InternetGatewayId}`
    )
  }
})
