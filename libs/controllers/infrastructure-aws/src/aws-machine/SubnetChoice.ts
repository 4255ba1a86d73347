/**
 * In which subnet, and so in which zone, an instance is launched.
 *
 * The zone is the Machine's failure domain. Without one everything goes into the first private subnet: spreading is the
 * business of whoever makes the Machines.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/ec2/instances.go findSubnet
 */
import type { AwsError, Ec2Shapes } from "@capstan/aws"
import { Effect } from "effect"
import { subnetResourceId, type SubnetSpec } from "../kinds/NetworkSpec.ts"
import type { ResourceReference } from "../kinds/MachineStructures.ts"
import type { MachineContext } from "./MachineContext.ts"

export interface ChosenSubnet {
  readonly subnetId: string
  readonly zone: string
}

export interface SubnetWish {
  readonly failureDomain: string | undefined
  readonly publicIp: boolean
}

const chosen = (subnet: SubnetSpec | undefined): ChosenSubnet | undefined => {
  const subnetId = subnet === undefined ? undefined : subnetResourceId(subnet)
  return subnet === undefined || subnetId === undefined ? undefined : { subnetId, zone: subnet.availabilityZone ?? "" }
}

/** Among the cluster's subnets: the first of the right kind in the right zone. Pure. */
export const chooseSubnet = (subnets: ReadonlyArray<SubnetSpec>, wish: SubnetWish): ChosenSubnet | undefined =>
  chosen(
    subnets.find(
      (subnet) =>
        (subnet.isPublic === true) === wish.publicIp &&
        (wish.failureDomain === undefined || subnet.availabilityZone === wish.failureDomain)
    )
  )

/** Among the subnets that the user's reference finds: those of the cluster's VPC first. Pure. */
export const chooseReferenced = (
  found: ReadonlyArray<Ec2Shapes.Subnet>,
  wish: SubnetWish,
  cluster: { readonly vpcId: string | undefined; readonly subnets: ReadonlyArray<SubnetSpec> }
): ChosenSubnet | undefined => {
  const isPublic = (id: string | undefined): boolean =>
    cluster.subnets.some((subnet) => subnet.isPublic === true && subnetResourceId(subnet) === id)
  const fitting = found.filter(
    (subnet) =>
      (wish.failureDomain === undefined || subnet.AvailabilityZone === wish.failureDomain) &&
      (!wish.publicIp || isPublic(subnet.SubnetId))
  )
  const best = fitting.find((subnet) => subnet.VpcId === cluster.vpcId) ?? fitting[0]
  return best?.SubnetId === undefined ? undefined : { subnetId: best.SubnetId, zone: best.AvailabilityZone ?? "" }
}

/** The subnet for a machine; nothing when none fits. */
export const findSubnet = (
  context: MachineContext,
  reference: ResourceReference | undefined,
  wish: SubnetWish
): Effect.Effect<ChosenSubnet | undefined, AwsError> => {
  const network = context.scope.infrastructureCluster.spec?.network ?? {}
  const subnets = network.subnets ?? []
  if (reference?.id === undefined && (reference?.filters ?? []).length === 0) {
    return Effect.succeed(chooseSubnet(subnets, wish))
  }
  return context.ec2
    .describeSubnets({
      ...(reference?.id === undefined ? {} : { SubnetIds: [reference.id] }),
      ...((reference?.filters ?? []).length === 0
        ? {}
        : { Filters: (reference?.filters ?? []).map(({ name, values }) => ({ Name: name, Values: [...values] })) })
    })
    .pipe(Effect.map((answer) => chooseReferenced(answer.Subnets ?? [], wish, { vpcId: network.vpc?.id, subnets })))
}
