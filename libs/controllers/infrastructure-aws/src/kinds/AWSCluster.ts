/**
 * AWSCluster: the network, the security groups and the load balancer of one workload cluster.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/awscluster_types.go
 */
import {
  dictionary,
  int32,
  type KindObject,
  LegacyConditions,
  list,
  makeKind,
  text,
  withDefault,
  withoutKeywords
} from "@capstan/api"
import { Schema } from "effect"
import { defaultAwsCluster, validateAwsCluster } from "./AWSClusterAdmission.ts"
import { awsClusterVersions } from "./AWSClusterConversion.ts"
import { awsContractLabels, group } from "./ContractLabels.ts"
import { Instance } from "./Instance.ts"
import { LoadBalancerSpec } from "./LoadBalancerSpec.ts"
import { NetworkSpec } from "./NetworkSpec.ts"
import { NetworkStatus } from "./NetworkStatus.ts"

/** A host for people to reach the nodes through. */
export const Bastion = Schema.Struct({
  allowedCIDRBlocks: Schema.optionalKey(list(Schema.String)),
  ami: Schema.optionalKey(Schema.String),
  disableIngressRules: Schema.optionalKey(Schema.Boolean),
  enabled: Schema.optionalKey(Schema.Boolean),
  instanceType: Schema.optionalKey(Schema.String)
})
export interface Bastion extends Schema.Schema.Type<typeof Bastion> {}

/** On whose behalf the controller works at AWS. */
export const IdentityReference = Schema.Struct({
  kind: Schema.Literals(["AWSClusterControllerIdentity", "AWSClusterRoleIdentity", "AWSClusterStaticIdentity"]),
  name: text({ minLength: 1 })
})
export interface IdentityReference extends Schema.Schema.Type<typeof IdentityReference> {}

const ControlPlaneEndpoint = Schema.Struct({
  host: Schema.optionalKey(text({ maxLength: 512 })),
  port: Schema.optionalKey(int32())
})

const S3Bucket = Schema.Struct({
  bestEffortDeleteObjects: Schema.optionalKey(Schema.Boolean),
  controlPlaneIAMInstanceProfile: Schema.optionalKey(Schema.String),
  name: text({ minLength: 3, maxLength: 63, pattern: "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$" }),
  nodesIAMInstanceProfiles: Schema.optionalKey(list(Schema.String)),
  presignedURLDuration: Schema.optionalKey(Schema.String)
})

/** What the cluster should be. The controller itself fills in ids, subnets and the endpoint. */
export const AWSClusterSpec = Schema.Struct({
  additionalTags: Schema.optionalKey(dictionary(Schema.String)),
  bastion: Schema.optionalKey(Bastion),
  controlPlaneEndpoint: Schema.optionalKey(ControlPlaneEndpoint),
  controlPlaneLoadBalancer: Schema.optionalKey(LoadBalancerSpec),
  identityRef: Schema.optionalKey(IdentityReference),
  imageLookupBaseOS: Schema.optionalKey(Schema.String),
  imageLookupFormat: Schema.optionalKey(Schema.String),
  imageLookupOrg: Schema.optionalKey(Schema.String),
  network: Schema.optionalKey(NetworkSpec),
  partition: Schema.optionalKey(Schema.String),
  region: Schema.optionalKey(Schema.String),
  s3Bucket: Schema.optionalKey(S3Bucket),
  secondaryControlPlaneLoadBalancer: Schema.optionalKey(LoadBalancerSpec),
  sshKeyName: Schema.optionalKey(Schema.String)
})
export interface AWSClusterSpec extends Schema.Schema.Type<typeof AWSClusterSpec> {}

/** What the controller knows of the cluster. `ready` is set once and stays. */
export const AWSClusterStatus = Schema.Struct({
  bastion: Schema.optionalKey(Instance),
  conditions: Schema.optionalKey(LegacyConditions),
  failureDomains: Schema.optionalKey(
    dictionary(
      Schema.Struct({
        attributes: Schema.optionalKey(dictionary(Schema.String)),
        controlPlane: Schema.optionalKey(Schema.Boolean)
      })
    )
  ),
  networkStatus: Schema.optionalKey(NetworkStatus),
  ready: withDefault(Schema.Boolean, false)
})
export interface AWSClusterStatus extends Schema.Schema.Type<typeof AWSClusterStatus> {}

/** Body of an AWSCluster. */
export interface AWSClusterBody {
  readonly spec: AWSClusterSpec
  readonly status?: AWSClusterStatus
}

export const AWSCluster = makeKind<AWSClusterBody>({
  group,
  kind: "AWSCluster",
  version: "v1beta2",
  schema: withoutKeywords(
    Schema.Struct({ spec: AWSClusterSpec, status: Schema.optionalKey(AWSClusterStatus) }),
    "required"
  ),
  shortNames: ["awsc"],
  categories: ["cluster-api"],
  versions: awsClusterVersions,
  admission: { default: defaultAwsCluster, validate: validateAwsCluster },
  labels: awsContractLabels,
  printerColumns: [
    {
      name: "Cluster",
      type: "string",
      jsonPath: ".metadata.labels.cluster\\.x-k8s\\.io/cluster-name",
      description: "The Cluster that this belongs to"
    },
    { name: "Ready", type: "string", jsonPath: ".status.ready", description: "Ready for instances" },
    { name: "VPC", type: "string", jsonPath: ".spec.network.vpc.id", description: "The VPC in use" },
    {
      name: "Endpoint",
      type: "string",
      jsonPath: ".spec.controlPlaneEndpoint",
      description: "Where the API server answers",
      priority: 1
    },
    {
      name: "Bastion IP",
      type: "string",
      jsonPath: ".status.bastion.publicIp",
      description: "IPv4 address of the bastion"
    },
    {
      name: "Bastion IPv6",
      type: "string",
      jsonPath: ".status.bastion.ipv6Address",
      description: "IPv6 address of the bastion"
    }
  ]
})
export type AWSCluster = KindObject<typeof AWSCluster>
