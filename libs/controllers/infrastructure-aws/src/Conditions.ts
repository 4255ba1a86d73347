/**
 * Condition types and reasons of the AWS kinds, to the letter, and how they are written into a working copy.
 *
 * The kinds follow the older contract: a condition has a severity while it is False, and no reason while it is True.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/conditions_consts.go
 */
import { type ConditionStatement, findCondition, type LegacyCondition, setCondition } from "@capstan/api"
import type { Removal, WorkingCopy } from "@capstan/provider"
import { timestampOf } from "@capstan/runtime"
import type { AWSClusterBody } from "./kinds/AWSCluster.ts"
import type { AWSMachineBody } from "./kinds/AWSMachine.ts"

export const clusterConditions = {
  vpc: "VpcReady",
  subnets: "SubnetsReady",
  internetGateway: "InternetGatewayReady",
  natGateways: "NatGatewaysReady",
  routeTables: "RouteTablesReady",
  securityGroups: "ClusterSecurityGroupsReady",
  loadBalancer: "LoadBalancerReady",
  principalUsage: "PrincipalUsageAllowed",
  principalCredential: "PrincipalCredentialRetrieved"
} as const

export const clusterReasons = {
  vpcFailed: "VpcReconciliationFailed",
  vpcCreationStarted: "VpcCreationStarted",
  subnetsFailed: "SubnetsReconciliationFailed",
  internetGatewayFailed: "InternetGatewayFailed",
  natGatewaysFailed: "NatGatewaysReconciliationFailed",
  natGatewaysCreationStarted: "NatGatewaysCreationStarted",
  routeTablesFailed: "RouteTableReconciliationFailed",
  securityGroupsFailed: "SecurityGroupReconciliationFailed",
  loadBalancerFailed: "LoadBalancerFailed",
  waitForDnsName: "WaitForDNSName",
  waitForDnsNameResolve: "WaitForDNSNameResolve",
  waitForExternalEndpoint: "WaitForExternalControlPlaneEndpoint",
  principalUnauthorized: "PrincipalUsageUnauthorized",
  principalRetrievalFailed: "PrincipalCredentialRetrievalFailed"
} as const

export const machineConditions = {
  instance: "InstanceReady",
  securityGroups: "SecurityGroupsReady",
  loadBalancerAttached: "ELBAttached"
} as const

export const machineReasons = {
  notFound: "InstanceNotFound",
  terminated: "InstanceTerminated",
  stopped: "InstanceStopped",
  notReady: "InstanceNotReady",
  provisionStarted: "InstanceProvisionStarted",
  provisionFailed: "InstanceProvisionFailed",
  securityGroupsFailed: "SecurityGroupsSyncFailed",
  attachFailed: "ELBAttachFailed",
  detachFailed: "ELBDetachFailed"
} as const

export const deletionReasons = { deleting: "Deleting", deleted: "Deleted", failed: "DeletingFailed" } as const

/** Not gone yet, for the reason that the conditions give as well. */
export const removing = (
  message: string,
  requeueAfterMillis: number,
  reason: string = deletionReasons.deleting
): Removal => ({
  _tag: "Removing",
  reason,
  message,
  requeueAfterMillis
})

type Statement = ConditionStatement<LegacyCondition>

/** What is said of a condition that does not hold. */
export interface Complaint {
  readonly reason: string
  readonly severity: "Error" | "Warning" | "Info"
  readonly message: string
}

export const holds = (type: string): Statement => ({ type, status: "True" })

export const fails = (type: string, { message, reason, severity }: Complaint): Statement => ({
  type,
  status: "False",
  severity,
  reason,
  ...(message === "" ? {} : { message: message.slice(0, 10240) })
})

export const unknown = (type: string, reason: string, message: string): Statement => ({
  type,
  status: "Unknown",
  reason,
  ...(message === "" ? {} : { message: message.slice(0, 10240) })
})

export const markCluster = (copy: WorkingCopy<AWSClusterBody>, statement: Statement, now: number): void =>
  copy.change((object) => {
    const before = object.status?.conditions
    const conditions = setCondition(before, statement, timestampOf(now))
    return conditions === before ? object : { ...object, status: { ready: false, ...object.status, conditions } }
  })

export const markMachine = (copy: WorkingCopy<AWSMachineBody>, statement: Statement, now: number): void =>
  copy.change((object) => {
    const before = object.status?.conditions
    const conditions = setCondition(before, statement, timestampOf(now))
    return conditions === before ? object : { ...object, status: { ...object.status, conditions } }
  })

export const conditionOf = (
  object: { readonly status?: { readonly conditions?: ReadonlyArray<LegacyCondition> } },
  type: string
): LegacyCondition | undefined => findCondition(object.status?.conditions, type)
