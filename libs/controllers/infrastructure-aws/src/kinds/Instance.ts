/**
 * An EC2 instance as `AWSCluster.status.bastion` shows it.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/types.go
 */
import { dictionary, list, MachineAddress } from "@capstan/api"
import { Schema } from "effect"
import {
  CapacityReservationPreference,
  CpuOptions,
  DynamicHostAllocation,
  HostAffinity,
  InstanceMetadataOptions,
  MarketType,
  PlacementGroupPartition,
  PrivateDnsName,
  SpotMarketOptions,
  Volume
} from "./MachineStructures.ts"

export const Instance = Schema.Struct({
  addresses: Schema.optionalKey(list(MachineAddress)),
  assignPrimaryIPv6: Schema.optionalKey(Schema.String),
  availabilityZone: Schema.optionalKey(Schema.String),
  capacityReservationId: Schema.optionalKey(Schema.String),
  capacityReservationPreference: Schema.optionalKey(CapacityReservationPreference),
  cpuOptions: Schema.optionalKey(CpuOptions),
  dynamicHostAllocation: Schema.optionalKey(DynamicHostAllocation),
  ebsOptimized: Schema.optionalKey(Schema.Boolean),
  enaSupport: Schema.optionalKey(Schema.Boolean),
  hostAffinity: Schema.optionalKey(HostAffinity),
  hostID: Schema.optionalKey(Schema.String),
  iamProfile: Schema.optionalKey(Schema.String),
  id: Schema.String,
  imageId: Schema.optionalKey(Schema.String),
  instanceMetadataOptions: Schema.optionalKey(InstanceMetadataOptions),
  instanceState: Schema.optionalKey(Schema.String),
  ipv6Address: Schema.optionalKey(Schema.String),
  marketType: Schema.optionalKey(MarketType),
  networkInterfaceType: Schema.optionalKey(Schema.String),
  networkInterfaces: Schema.optionalKey(list(Schema.String)),
  nonRootVolumes: Schema.optionalKey(list(Volume)),
  placementGroupName: Schema.optionalKey(Schema.String),
  placementGroupPartition: Schema.optionalKey(PlacementGroupPartition),
  privateDnsName: Schema.optionalKey(PrivateDnsName),
  privateIp: Schema.optionalKey(Schema.String),
  publicIPOnLaunch: Schema.optionalKey(Schema.Boolean),
  publicIp: Schema.optionalKey(Schema.String),
  rootVolume: Schema.optionalKey(Volume),
  securityGroupIds: Schema.optionalKey(list(Schema.String)),
  spotMarketOptions: Schema.optionalKey(SpotMarketOptions),
  sshKeyName: Schema.optionalKey(Schema.String),
  subnetId: Schema.optionalKey(Schema.String),
  tags: Schema.optionalKey(dictionary(Schema.String)),
  tenancy: Schema.optionalKey(Schema.String),
  type: Schema.optionalKey(Schema.String),
  userData: Schema.optionalKey(Schema.String),
  volumeIDs: Schema.optionalKey(list(Schema.String))
})
export interface Instance extends Schema.Schema.Type<typeof Instance> {}
