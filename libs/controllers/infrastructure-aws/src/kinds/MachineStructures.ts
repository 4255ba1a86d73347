/**
 * Parts of an EC2 machine that its spec, its template and a bastion's status share.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/types.go
 */
import { dictionary, int64, list, struct, withDefault } from "@capstan/api"
import { Schema } from "effect"

const Switch = Schema.Literals(["enabled", "disabled"])

/** A name and the values that it may have, as EC2's describe calls take them. */
export const Filter = Schema.Struct({ name: Schema.String, values: list(Schema.String) })
export interface Filter extends Schema.Schema.Type<typeof Filter> {}

/** Something at AWS, by id or by what it is like. */
export const ResourceReference = Schema.Struct({
  filters: Schema.optionalKey(list(Filter)),
  id: Schema.optionalKey(Schema.String)
})
export interface ResourceReference extends Schema.Schema.Type<typeof ResourceReference> {}

/** An EBS volume; `size` in GiB. */
export const Volume = Schema.Struct({
  deviceName: Schema.optionalKey(Schema.String),
  encrypted: Schema.optionalKey(Schema.Boolean),
  encryptionKey: Schema.optionalKey(Schema.String),
  iops: Schema.optionalKey(int64()),
  size: int64({ minimum: 8 }),
  throughput: Schema.optionalKey(int64()),
  type: Schema.optionalKey(Schema.String)
})
export interface Volume extends Schema.Schema.Type<typeof Volume> {}

/** How the instance may read its own metadata. */
export const InstanceMetadataOptions = Schema.Struct({
  httpEndpoint: Schema.optionalKey(withDefault(Switch, "enabled")),
  httpProtocolIpv6: Schema.optionalKey(withDefault(Switch, "disabled")),
  httpPutResponseHopLimit: Schema.optionalKey(withDefault(int64({ minimum: 1, maximum: 64 }), 1)),
  httpTokens: Schema.optionalKey(withDefault(Schema.Literals(["optional", "required"]), "optional")),
  instanceMetadataTags: Schema.optionalKey(withDefault(Switch, "disabled"))
})
export interface InstanceMetadataOptions extends Schema.Schema.Type<typeof InstanceMetadataOptions> {}

/** What EC2 is asked for when a machine says nothing. */
export const defaultInstanceMetadataOptions: InstanceMetadataOptions = {
  httpEndpoint: "enabled",
  httpProtocolIpv6: "disabled",
  httpPutResponseHopLimit: 1,
  httpTokens: "optional",
  instanceMetadataTags: "disabled"
}

export const CpuOptions = struct(
  {
    confidentialCompute: Schema.optionalKey(Schema.Literals(["Disabled", "AMDEncryptedVirtualizationNestedPaging"])),
    nestedVirtualization: Schema.optionalKey(Switch)
  },
  { minProperties: 1 }
)

export const PrivateDnsName = Schema.Struct({
  enableResourceNameDnsAAAARecord: Schema.optionalKey(Schema.Boolean),
  enableResourceNameDnsARecord: Schema.optionalKey(Schema.Boolean),
  hostnameType: Schema.optionalKey(Schema.Literals(["ip-name", "resource-name"]))
})

export const SpotMarketOptions = Schema.Struct({ maxPrice: Schema.optionalKey(Schema.String) })

export const MarketType = Schema.Literals(["OnDemand", "Spot", "CapacityBlock"])

export const DynamicHostAllocation = Schema.Struct({ tags: Schema.optionalKey(dictionary(Schema.String)) })

export const HostAffinity = Schema.Literals(["default", "host"])

export const PlacementGroupPartition = int64({ minimum: 1, maximum: 7 })

export const CapacityReservationPreference = Schema.Literals(["", "None", "CapacityReservationsOnly", "Open"])
