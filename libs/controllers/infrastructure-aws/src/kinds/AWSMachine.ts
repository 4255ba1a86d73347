/**
 * AWSMachine: one EC2 instance for one Machine. It is never changed into another; it is replaced.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/awsmachine_types.go
 */
import {
  dictionary,
  int32,
  type KindObject,
  LegacyConditions,
  list,
  MachineAddress,
  makeKind,
  text,
  withDefault,
  withoutKeywords,
  withRules
} from "@capstan/api"
import { Schema } from "effect"
import { defaultAwsMachine, validateAwsMachine } from "./AWSMachineAdmission.ts"
import { awsMachineVersions } from "./AWSMachineConversion.ts"
import { awsContractLabels, group } from "./ContractLabels.ts"
import {
  CapacityReservationPreference,
  CpuOptions,
  DynamicHostAllocation,
  HostAffinity,
  InstanceMetadataOptions,
  MarketType,
  PlacementGroupPartition,
  PrivateDnsName,
  ResourceReference,
  SpotMarketOptions,
  Volume
} from "./MachineStructures.ts"
import { ElasticIpPool } from "./NetworkSpec.ts"

/** How the bootstrap data reaches the instance. Prefix and count name the secrets while they exist. */
export const CloudInit = Schema.Struct({
  insecureSkipSecretsManager: Schema.optionalKey(Schema.Boolean),
  secretCount: Schema.optionalKey(int32()),
  secretPrefix: Schema.optionalKey(Schema.String),
  secureSecretsBackend: Schema.optionalKey(Schema.Literals(["secrets-manager", "ssm-parameter-store"]))
})
export interface CloudInit extends Schema.Schema.Type<typeof CloudInit> {}

const Ignition = Schema.Struct({
  proxy: Schema.optionalKey(
    Schema.Struct({
      httpProxy: Schema.optionalKey(Schema.String),
      httpsProxy: Schema.optionalKey(Schema.String),
      noProxy: Schema.optionalKey(list(text({ maxLength: 2048 }), { maxItems: 64 }))
    })
  ),
  storageType: Schema.optionalKey(
    withDefault(Schema.Literals(["ClusterObjectStore", "UnencryptedUserData"]), "ClusterObjectStore")
  ),
  tls: Schema.optionalKey(
    Schema.Struct({
      certificateAuthorities: Schema.optionalKey(list(text({ maxLength: 65536 }), { maxItems: 64 }))
    })
  ),
  version: Schema.optionalKey(Schema.Literals(["2.3", "3.0", "3.1", "3.2", "3.3", "3.4"]))
})

const AmiReference = Schema.Struct({
  eksLookupType: Schema.optionalKey(
    Schema.Literals(["AmazonLinux", "AmazonLinuxGPU", "AmazonLinux2023", "AmazonLinux2023GPU"])
  ),
  id: Schema.optionalKey(Schema.String)
})

/** What the instance should be. `providerID`, `instanceID` and the secret's fields are the controller's. */
export const AWSMachineSpec = withRules(
  Schema.Struct({
    additionalSecurityGroups: Schema.optionalKey(list(ResourceReference)),
    additionalTags: Schema.optionalKey(dictionary(Schema.String)),
    ami: Schema.optionalKey(AmiReference),
    assignPrimaryIPv6: Schema.optionalKey(Schema.Literals(["enabled", "disabled"])),
    capacityReservationId: Schema.optionalKey(Schema.String),
    capacityReservationPreference: Schema.optionalKey(CapacityReservationPreference),
    cloudInit: Schema.optionalKey(CloudInit),
    cpuOptions: Schema.optionalKey(CpuOptions),
    dynamicHostAllocation: Schema.optionalKey(DynamicHostAllocation),
    elasticIpPool: Schema.optionalKey(ElasticIpPool),
    hostAffinity: Schema.optionalKey(withDefault(HostAffinity, "default")),
    hostID: Schema.optionalKey(text({ maxLength: 19, pattern: "^h-[0-9a-f]{17}$" })),
    iamInstanceProfile: Schema.optionalKey(Schema.String),
    ignition: Schema.optionalKey(Ignition),
    imageLookupBaseOS: Schema.optionalKey(Schema.String),
    imageLookupFormat: Schema.optionalKey(Schema.String),
    imageLookupOrg: Schema.optionalKey(Schema.String),
    instanceID: Schema.optionalKey(Schema.String),
    instanceMetadataOptions: Schema.optionalKey(InstanceMetadataOptions),
    instanceType: text({ minLength: 2 }),
    marketType: Schema.optionalKey(MarketType),
    networkInterfaceType: Schema.optionalKey(Schema.Literals(["interface", "efa"])),
    networkInterfaces: Schema.optionalKey(list(Schema.String, { maxItems: 2 })),
    nonRootVolumes: Schema.optionalKey(list(Volume)),
    placementGroupName: Schema.optionalKey(Schema.String),
    placementGroupPartition: Schema.optionalKey(PlacementGroupPartition),
    privateDnsName: Schema.optionalKey(PrivateDnsName),
    providerID: Schema.optionalKey(Schema.String),
    publicIP: Schema.optionalKey(Schema.Boolean),
    rootVolume: Schema.optionalKey(Volume),
    securityGroupOverrides: Schema.optionalKey(dictionary(Schema.String)),
    spotMarketOptions: Schema.optionalKey(SpotMarketOptions),
    sshKeyName: Schema.optionalKey(Schema.String),
    subnet: Schema.optionalKey(ResourceReference),
    tenancy: Schema.optionalKey(Schema.Literals(["default", "dedicated", "host"])),
    uncompressedUserData: Schema.optionalKey(Schema.Boolean)
  }),
  {
    message: "capacityReservationId may not be set when marketType is Spot",
    rule: "!has(self.capacityReservationId) || !has(self.marketType) || self.marketType != 'Spot'"
  },
  {
    message: "capacityReservationId cannot be set when spotMarketOptions is specified",
    rule: "!has(self.capacityReservationId) || !has(self.spotMarketOptions)"
  }
)
export interface AWSMachineSpec extends Schema.Schema.Type<typeof AWSMachineSpec> {}

/** What the controller knows of the instance. A failure reason is final: somebody must replace the Machine. */
export const AWSMachineStatus = Schema.Struct({
  addresses: Schema.optionalKey(list(MachineAddress)),
  conditions: Schema.optionalKey(LegacyConditions),
  dedicatedHost: Schema.optionalKey(Schema.Struct({ id: Schema.optionalKey(Schema.String) })),
  failureMessage: Schema.optionalKey(Schema.String),
  failureReason: Schema.optionalKey(Schema.String),
  instanceState: Schema.optionalKey(Schema.String),
  interruptible: Schema.optionalKey(Schema.Boolean),
  ready: Schema.optionalKey(Schema.Boolean)
})
export interface AWSMachineStatus extends Schema.Schema.Type<typeof AWSMachineStatus> {}

/** Body of an AWSMachine. */
export interface AWSMachineBody {
  readonly spec: AWSMachineSpec
  readonly status?: AWSMachineStatus
}

export const AWSMachine = makeKind<AWSMachineBody>({
  group,
  kind: "AWSMachine",
  version: "v1beta2",
  schema: withoutKeywords(
    Schema.Struct({ spec: AWSMachineSpec, status: Schema.optionalKey(AWSMachineStatus) }),
    "required"
  ),
  shortNames: ["awsm"],
  categories: ["cluster-api"],
  versions: awsMachineVersions,
  admission: { default: defaultAwsMachine, validate: validateAwsMachine },
  labels: awsContractLabels,
  printerColumns: [
    {
      name: "Cluster",
      type: "string",
      jsonPath: ".metadata.labels.cluster\\.x-k8s\\.io/cluster-name",
      description: "The Cluster that this belongs to"
    },
    { name: "State", type: "string", jsonPath: ".status.instanceState", description: "State of the EC2 instance" },
    { name: "Ready", type: "string", jsonPath: ".status.ready", description: "Whether the machine is ready" },
    { name: "InstanceID", type: "string", jsonPath: ".spec.providerID", description: "The EC2 instance" },
    {
      name: "Machine",
      type: "string",
      jsonPath: '.metadata.ownerReferences[?(@.kind=="Machine")].name',
      description: "The Machine that owns this"
    }
  ]
})
export type AWSMachine = KindObject<typeof AWSMachine>
