/**
 * The least IAM policy for controllers or for drills, made from the operations that they call.
 *
 * Where AWS lets a call be bound to tags, it is: drills may change nothing but what the named clusters own and what drills made.
 * Controllers make what has no owner yet, so their creating calls are bound to nothing; with clusters named, what destroys is bound
 * to these. Left out: what the machines themselves need, partitions other than `aws`.
 *
 * @source https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 * @source https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancing.html
 */
import { ec2Mutating, elbMutating, type AwsServiceName } from "@capstan/aws"
import { drillTags, ownershipTag } from "../DrillTags.ts"
import { operationsOf } from "./OperationUse.ts"

export interface PolicyOptions {
  readonly audience: "controllers" | "drills"
  /** Names of clusters; required for drills. */
  readonly clusters: ReadonlyArray<string>
  /** All regions when absent. */
  readonly region?: string
  /** All accounts when absent: the policy's own, then. */
  readonly account?: string
}

export interface Statement {
  readonly Sid: string
  readonly Effect: "Allow"
  readonly Action: ReadonlyArray<string>
  readonly Resource: string | ReadonlyArray<string>
  readonly Condition?: { readonly [operator: string]: { readonly [key: string]: string | ReadonlyArray<string> } }
}

export interface Policy {
  readonly Version: "2012-10-17"
  readonly Statement: ReadonlyArray<Statement>
}

/** The word before the colon of an action. */
const prefixes: { readonly [S in AwsServiceName]: string } = {
  ec2: "ec2",
  elb: "elasticloadbalancing",
  secretsmanager: "secretsmanager",
  iam: "iam",
  sts: "sts"
}

const actions = (service: AwsServiceName, operations: ReadonlyArray<string>): ReadonlyArray<string> =>
  operations.map((operation) => `${prefixes[service]}:${operation}`)

const isReading = (service: "ec2" | "elb", operation: string): boolean => {
  const mutating: { readonly [operation: string]: boolean } = service === "ec2" ? ec2Mutating : elbMutating
  return mutating[operation] === false
}

const reading = (service: "ec2" | "elb", audience: PolicyOptions["audience"]): ReadonlyArray<string> =>
  actions(
    service,
    operationsOf(service, audience).filter((operation) => isReading(service, operation))
  )

const writing = (service: "ec2" | "elb", audience: PolicyOptions["audience"]): ReadonlyArray<string> =>
  operationsOf(service, audience).filter((operation) => !isReading(service, operation))

/** A policy document, ready to be printed as JSON. */
export const iamPolicy = (options: PolicyOptions): Policy => ({
  Version: "2012-10-17",
  Statement: options.audience === "drills" ? drillStatements(options) : controllerStatements(options)
})

const arn = ({ account = "*", region = "*" }: PolicyOptions, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`

const inRegion = ({ region }: PolicyOptions): Statement["Condition"] =>
  region === undefined ? undefined : { StringEquals: { "aws:RequestedRegion": region } }

const withCondition = (statement: Omit<Statement, "Condition">, condition: Statement["Condition"]): Statement =>
  condition === undefined ? statement : { ...statement, Condition: condition }

/** IAM's own names for a statement hold letters and digits only. */
const sid = (text: string): string => text.replace(/[^A-Za-z0-9]/g, "")

const ownedBy = (cluster: string): NonNullable<Statement["Condition"]> => ({
  StringEquals: { [`aws:ResourceTag/${ownershipTag(cluster)}`]: "owned" }
})

// ── Drills ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Drills' own operations on network ACLs that they made, and on instances and subnets that clusters own. */
const onOwnAcls = ["CreateNetworkAclEntry", "DeleteNetworkAcl"]
const onSubnets = ["ReplaceNetworkAclAssociation"]
const onNetworks = ["CreateNetworkAcl"]
const tagging = ["CreateTags", "DeleteTags"]

const drillStatements = (options: PolicyOptions): ReadonlyArray<Statement> => {
  const others = new Set([...onOwnAcls, ...onSubnets, ...onNetworks, ...tagging])
  const onInstances = writing("ec2", "drills").filter((operation) => !others.has(operation))
  const isDrills = { StringLike: { [`aws:ResourceTag/${drillTags.drill}`]: "*" } }
  return [
    withCondition(
      {
        Sid: "Look",
        Effect: "Allow",
        Action: [
          ...reading("ec2", "drills"),
          ...reading("elb", "drills"),
          ...actions("secretsmanager", operationsOf("secretsmanager", "drills"))
        ],
        Resource: "*"
      },
      inRegion(options)
    ),
    { Sid: "KnowWhoCalls", Effect: "Allow", Action: actions("sts", operationsOf("sts", "drills")), Resource: "*" },
    ...options.clusters.flatMap((cluster): ReadonlyArray<Statement> => [
      {
        Sid: sid(`Instances of ${cluster}`),
        Effect: "Allow",
        Action: actions("ec2", onInstances),
        Resource: arn(options, "ec2", "instance/*"),
        Condition: ownedBy(cluster)
      },
      {
        Sid: sid(`Marks on ${cluster}`),
        Effect: "Allow",
        Action: actions("ec2", tagging),
        Resource: ["instance/*", "subnet/*", "vpc/*"].map((resource) => arn(options, "ec2", resource)),
        Condition: { ...ownedBy(cluster), "ForAllValues:StringLike": { "aws:TagKeys": ["capstan.dev/*"] } }
      },
      {
        Sid: sid(`Subnets of ${cluster}`),
        Effect: "Allow",
        Action: actions("ec2", onSubnets),
        Resource: arn(options, "ec2", "subnet/*"),
        Condition: ownedBy(cluster)
      },
      {
        Sid: sid(`Networks of ${cluster}`),
        Effect: "Allow",
        Action: actions("ec2", onNetworks),
        Resource: arn(options, "ec2", "vpc/*"),
        Condition: ownedBy(cluster)
      },
      {
        Sid: sid(`Load balancers of ${cluster}`),
        Effect: "Allow",
        Action: actions("elb", writing("elb", "drills")),
        Resource: arn(options, "elasticloadbalancing", "loadbalancer/*"),
        Condition: ownedBy(cluster)
      }
    ]),
    {
      Sid: "MakeAclsWithTheDrillsName",
      Effect: "Allow",
      Action: actions("ec2", onNetworks),
      Resource: arn(options, "ec2", "network-acl/*"),
      Condition: { StringLike: { [`aws:RequestTag/${drillTags.drill}`]: "*" } }
    },
    {
      Sid: "NameAclsWhenTheyAreMade",
      Effect: "Allow",
      Action: actions("ec2", ["CreateTags"]),
      Resource: arn(options, "ec2", "network-acl/*"),
      Condition: { StringEquals: { "ec2:CreateAction": "CreateNetworkAcl" } }
    },
    {
      Sid: "AclsOfDrills",
      Effect: "Allow",
      Action: actions("ec2", onOwnAcls),
      Resource: arn(options, "ec2", "network-acl/*"),
      Condition: isDrills
    },
    {
      // The ACL that is put back is the network's own, and carries no tag of ours: the subnet decides.
      Sid: "PutAclsInPlace",
      Effect: "Allow",
      Action: actions("ec2", onSubnets),
      Resource: arn(options, "ec2", "network-acl/*")
    }
  ]
}

// ── Controllers ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Operations that end or change what is there, on a resource that carries its cluster's tag by then. */
const destroying: ReadonlySet<string> = new Set([
  "DeleteVpc",
  "DeleteSubnet",
  "DeleteInternetGateway",
  "DetachInternetGateway",
  "ReleaseAddress",
  "DeleteNatGateway",
  "DeleteRouteTable",
  "DeleteSecurityGroup",
  "TerminateInstances"
])

const secretPrefix = "aws.cluster.x-k8s.io/"

const controllerStatements = (options: PolicyOptions): ReadonlyArray<Statement> => {
  const bound = options.clusters.length > 0
  const ec2Writing = writing("ec2", "controllers")
  const free = bound ? ec2Writing.filter((operation) => !destroying.has(operation)) : ec2Writing
  const ends = ec2Writing.filter((operation) => destroying.has(operation))
  return [
    withCondition(
      {
        Sid: "Look",
        Effect: "Allow",
        Action: [...reading("ec2", "controllers"), ...reading("elb", "controllers")],
        Resource: "*"
      },
      inRegion(options)
    ),
    withCondition(
      {
        Sid: "MakeAndChange",
        Effect: "Allow",
        Action: [...actions("ec2", free), ...actions("elb", writing("elb", "controllers"))],
        Resource: "*"
      },
      inRegion(options)
    ),
    ...(bound
      ? options.clusters.map((cluster): Statement => ({
          Sid: sid(`End what ${cluster} owns`),
          Effect: "Allow",
          Action: actions("ec2", ends),
          Resource: arn(options, "ec2", "*"),
          Condition: ownedBy(cluster)
        }))
      : []),
    {
      Sid: "BootstrapData",
      Effect: "Allow",
      // Tags that come with a new secret need a right of their own.
      Action: [
        ...actions("secretsmanager", operationsOf("secretsmanager", "controllers")),
        "secretsmanager:TagResource"
      ],
      Resource: arn(options, "secretsmanager", `secret:${secretPrefix}*`)
    },
    {
      Sid: "GiveMachinesTheirRole",
      Effect: "Allow",
      Action: ["iam:PassRole"],
      Resource: `arn:aws:iam::${options.account ?? "*"}:role/*.cluster-api-provider-aws.sigs.k8s.io`,
      Condition: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } }
    },
    {
      Sid: "FirstLoadBalancerOfAnAccount",
      Effect: "Allow",
      Action: ["iam:CreateServiceLinkedRole"],
      Resource: "arn:aws:iam::*:role/aws-service-role/elasticloadbalancing.amazonaws.com/*",
      Condition: { StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" } }
    }
  ]
}
