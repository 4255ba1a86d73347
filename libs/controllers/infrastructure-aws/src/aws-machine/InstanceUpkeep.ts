/**
 * What may change while an instance lives: its tags and its security groups. Compared with what one describe has shown.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws controllers/awsmachine_tags.go and awsmachine_security_groups.go
 */
import { parseJsonObject } from "@capstan/api"
import type { AwsError, Ec2Shapes } from "@capstan/aws"
import { Clock, Effect } from "effect"
import { describeAwsError } from "../Failure.ts"
import { fails, holds, machineConditions, machineReasons, markMachine } from "../Conditions.ts"
import type { AWSMachineSpec } from "../kinds/AWSMachine.ts"
import { buildTags, kubernetesTag, machineNameTag, missingTags, type TagMap, toAwsTags, toTagMap } from "../Tags.ts"
import { annotationOf, changeAnnotation, machineTagValue, type MachineContext, specOf } from "./MachineContext.ts"

/** JSON of the additional tags that were last applied: what is no longer wanted can be told from what is foreign. */
export const lastAppliedTagsAnnotation = "sigs.k8s.io/cluster-api-provider-aws-last-applied-tags"

/** The tags of the instance, its volumes and its interfaces. */
export const instanceTags = (context: MachineContext): TagMap =>
  buildTags({
    cluster: context.cluster,
    name: context.scope.infrastructure.get().metadata.name,
    role: context.scope.isControlPlane ? "control-plane" : "node",
    additional: {
      ...context.scope.infrastructureCluster.spec?.additionalTags,
      ...specOf(context).additionalTags
    },
    extra: { [kubernetesTag(context.cluster)]: "owned", [machineNameTag]: machineTagValue(context) }
  })

const ensureTags = Effect.fnUntraced(function* (context: MachineContext, instance: Ec2Shapes.Instance, id: string) {
  const wanted = instanceTags(context)
  const found = toTagMap(instance.Tags)
  if (missingTags(wanted, found) !== undefined) {
    yield* context.ec2.createTags({ Resources: [id], Tags: toAwsTags(wanted) })
  }
  const applied = parseJsonObject(annotationOf(context, lastAppliedTagsAnnotation)) ?? {}
  const dropped = Object.keys(applied).filter((key) => !(key in wanted) && key in found)
  if (dropped.length > 0) yield* context.ec2.deleteTags({ Resources: [id], Tags: dropped.map((Key) => ({ Key })) })
  const additional = specOf(context).additionalTags ?? {}
  const names = Object.keys(additional)
  changeAnnotation(context, lastAppliedTagsAnnotation, names.length === 0 ? undefined : JSON.stringify(additional))
})

/** The groups that every instance of the cluster is in, by the machine's role; a role may be overridden. Pure. */
export const coreSecurityGroups = (
  groups: { readonly [role: string]: { readonly id: string } },
  spec: AWSMachineSpec,
  isControlPlane: boolean
): { readonly ids: ReadonlyArray<string>; readonly missing: ReadonlyArray<string> } => {
  const roles = ["node", "lb", ...(isControlPlane ? ["controlplane"] : [])]
  const found = roles.map((role) => ({ role, id: spec.securityGroupOverrides?.[role] ?? groups[role]?.id }))
  return {
    ids: [...new Set(found.flatMap(({ id }) => (id === undefined || id === "" ? [] : [id])))],
    missing: found.flatMap(({ id, role }) => (id === undefined || id === "" ? [role] : []))
  }
}

/** Ids of the groups that the user adds, by id or by what they are like. */
const additionalGroups = (context: MachineContext): Effect.Effect<ReadonlyArray<string>, AwsError> =>
  Effect.map(
    Effect.forEach(specOf(context).additionalSecurityGroups ?? [], ({ filters, id }) =>
      id !== undefined
        ? Effect.succeed([id])
        : context.ec2
            .describeSecurityGroups({
              Filters: (filters ?? []).map(({ name, values }) => ({ Name: name, Values: [...values] }))
            })
            .pipe(Effect.map((answer) => (answer.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? [])))
    ),
    (groups) => groups.flat()
  )

const ensureGroups = Effect.fnUntraced(function* (context: MachineContext, instance: Ec2Shapes.Instance) {
  const known = context.scope.infrastructureCluster.status?.networkStatus?.securityGroups ?? {}
  const core = coreSecurityGroups(known, specOf(context), context.scope.isControlPlane)
  if (core.missing.length > 0) return
  const wanted = [...new Set([...core.ids, ...(yield* additionalGroups(context))])]
  for (const { Groups, NetworkInterfaceId } of instance.NetworkInterfaces ?? []) {
    const found = (Groups ?? []).flatMap(({ GroupId }) => GroupId ?? [])
    const same = found.length === wanted.length && wanted.every((id) => found.includes(id))
    if (!same && NetworkInterfaceId !== undefined) {
      yield* context.ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups: wanted })
    }
  }
})

/** Gives back the refusal, if any: the machine itself is none the worse for it. */
export const ensureUpkeep = Effect.fnUntraced(function* (context: MachineContext, instance: Ec2Shapes.Instance) {
  const id = instance.InstanceId ?? ""
  const { infrastructure } = context.scope
  const noTags = yield* ensureTags(context, instance, id).pipe(
    Effect.as(undefined),
    Effect.catchTag("AwsError", (error) => Effect.succeed(error))
  )
  const noGroups = yield* ensureGroups(context, instance).pipe(
    Effect.as(undefined),
    Effect.catchTag("AwsError", (error) => Effect.succeed(error))
  )
  const now = yield* Clock.currentTimeMillis
  const condition = machineConditions.securityGroups
  markMachine(
    infrastructure,
    noGroups === undefined
      ? holds(condition)
      : fails(condition, {
          reason: machineReasons.securityGroupsFailed,
          severity: "Error",
          message: describeAwsError(noGroups)
        }),
    now
  )
  return noTags ?? noGroups
})
