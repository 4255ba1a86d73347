/**
 * The VPC: found by its id or by the cluster's tag, created once, given its attributes and tags.
 *
 * A VPC without our tag is the user's: it is used as it is, neither changed nor deleted. Two VPCs with this cluster's tag
 * mean that the answer of an earlier attempt was lost; the one that is not in use is deleted.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/network/vpc.go
 */
import { catchClass, type Ec2Shapes } from "@capstan/aws"
import type { Waiting } from "@capstan/provider"
import { Clock, Effect } from "effect"
import { clusterConditions, clusterReasons, fails, markCluster } from "../../Conditions.ts"
import { normal } from "../../Events.ts"
import { sameValue } from "../../kinds/FieldErrors.ts"
import { buildTags, missingTags, type TagMap, toAwsTags, toTagMap } from "../../Tags.ts"
import {
  changeNetwork,
  type ClusterContext,
  networkOf,
  severityOf,
  specOf,
  type StepError,
  waiting
} from "../ClusterStep.ts"
import { createOnce, creationSettled } from "../CreationIntent.ts"
import type { NetworkFacts } from "../NetworkFacts.ts"

export const defaultVpcCidr = "10.0.0.0/16"

const resource = "vpc"

export const vpcTags = (context: ClusterContext): TagMap =>
  buildTags({
    cluster: context.name,
    name: `${context.name}-vpc`,
    role: "common",
    additional: specOf(context).additionalTags
  })

/** Keeps in the spec what AWS says of the VPC. */
const record = (context: ClusterContext, vpc: Ec2Shapes.Vpc, tags: TagMap): void =>
  changeNetwork(context, (network) => {
    const before = network.vpc ?? {}
    const after = {
      ...before,
      ...(vpc.VpcId === undefined ? {} : { id: vpc.VpcId }),
      ...(vpc.CidrBlock === undefined ? {} : { cidrBlock: vpc.CidrBlock }),
      tags
    }
    return sameValue(before, after) ? network : { ...network, vpc: after }
  })

const create = Effect.fnUntraced(function* (context: ClusterContext) {
  const tags = vpcTags(context)
  const now = yield* Clock.currentTimeMillis
  const message = "the VPC is being created"
  markCluster(
    context.scope.infrastructure,
    fails(clusterConditions.vpc, { reason: clusterReasons.vpcCreationStarted, severity: "Info", message }),
    now
  )
  const call = context.ec2
    .createVpc({
      CidrBlock: networkOf(context).vpc?.cidrBlock ?? defaultVpcCidr,
      TagSpecifications: [{ ResourceType: "vpc", Tags: toAwsTags(tags) }]
    })
    .pipe(Effect.map((answer) => answer.Vpc ?? {}))
  const created = yield* createOnce(context, resource, call, (vpc) => record(context, vpc, tags))
  if ("_tag" in created) return created
  yield* normal(context.scope.infrastructure.get(), "SuccessfulCreateVPC", `Created new managed VPC ${created.VpcId}`)
  return created
})

/** DNS names are what nodes and load balancers are known by. EC2 takes one attribute a call. */
const ensureAttributes = Effect.fnUntraced(function* ({ ec2, scope }: ClusterContext, VpcId: string) {
  const [hostnames, support] = yield* Effect.all(
    [
      ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsHostnames" }),
      ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsSupport" })
    ],
    { concurrency: "unbounded" }
  )
  const noHostnames = hostnames.EnableDnsHostnames?.Value !== true
  const noSupport = support.EnableDnsSupport?.Value !== true
  if (noSupport) yield* ec2.modifyVpcAttribute({ VpcId, EnableDnsSupport: { Value: true } })
  if (noHostnames) yield* ec2.modifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: true } })
  if (noHostnames || noSupport) {
    yield* normal(scope.infrastructure.get(), "SuccessfulSetVPCAttributes", `Set managed VPC attributes for ${VpcId}`)
  }
})

/** An empty VPC goes; one that is in use refuses by itself. */
const removeDuplicates = (context: ClusterContext, duplicates: ReadonlyArray<Ec2Shapes.Vpc>) =>
  Effect.forEach(
    duplicates,
    ({ VpcId }) =>
      VpcId === undefined
        ? Effect.void
        : context.ec2.deleteVpc({ VpcId }).pipe(
            catchClass("dependency", () => Effect.void),
            catchClass("notFound", () => Effect.void)
          ),
    { discard: true }
  )

/** The VPC's id. */
export const ensureVpc = Effect.fnUntraced(function* (
  context: ClusterContext,
  facts: NetworkFacts
): Effect.fn.Return<string | Waiting, StepError> {
  const recorded = networkOf(context).vpc?.id
  if (facts.vpc === undefined && recorded !== undefined) {
    const message = `VPC ${recorded} was not found`
    return waiting({ reason: clusterReasons.vpcFailed, severity: severityOf(context), message }, 10_000)
  }
  const vpc = facts.vpc ?? (yield* create(context))
  if ("_tag" in vpc) return vpc
  const id = vpc.VpcId ?? ""
  if (!facts.managed) {
    record(context, vpc, toTagMap(vpc.Tags))
    return id
  }
  creationSettled(context, resource)
  const wanted = vpcTags(context)
  const found = toTagMap(vpc.Tags)
  if (facts.vpc !== undefined && missingTags(wanted, found) !== undefined) {
    yield* context.ec2.createTags({ Resources: [id], Tags: toAwsTags(wanted) })
  }
  record(context, vpc, { ...found, ...wanted })
  yield* ensureAttributes(context, id)
  yield* removeDuplicates(context, facts.duplicateVpcs)
  return id
})
