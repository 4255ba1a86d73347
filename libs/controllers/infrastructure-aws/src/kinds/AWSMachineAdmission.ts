/**
 * What AWSMachine's webhooks do: choose the secrets backend, refuse contradictions, keep the spec as it was created.
 *
 * Features that are not built here are refused when asked for, rather than ignored.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws webhooks/awsmachine_webhook.go
 */
import type { FieldError, ObjectOf } from "@capstan/api"
import type { AWSMachineBody, AWSMachineSpec } from "./AWSMachine.ts"
import {
  forbidden,
  invalid,
  notSupported,
  required,
  sameValue,
  validateSshKeyName,
  validateTags
} from "./FieldErrors.ts"
import type { Volume } from "./MachineStructures.ts"

export const defaultAwsMachine = (object: ObjectOf<AWSMachineBody>): ObjectOf<AWSMachineBody> => {
  const spec = object.spec
  if (spec === undefined) return object
  const cloudInit = spec.cloudInit ?? {}
  return spec.ignition !== undefined ||
    cloudInit.insecureSkipSecretsManager === true ||
    cloudInit.secureSecretsBackend !== undefined
    ? object
    : { ...object, spec: { ...spec, cloudInit: { ...cloudInit, secureSecretsBackend: "secrets-manager" } } }
}

const validateVolume = (field: string, volume: Volume): ReadonlyArray<FieldError> => [
  ...((volume.type === "io1" || volume.type === "io2") && (volume.iops ?? 0) === 0
    ? [required(`${field}.iops`, "iops is needed for a volume of type io1 or io2")]
    : []),
  ...(volume.throughput !== undefined && volume.type !== "gp3"
    ? [required(`${field}.throughput`, "throughput goes with a volume of type gp3")]
    : []),
  ...(volume.throughput !== undefined && volume.throughput < 0
    ? [invalid(`${field}.throughput`, volume.throughput, "must not be negative")]
    : [])
]

const validateCloudInit = (spec: AWSMachineSpec, at: string): ReadonlyArray<FieldError> => {
  const cloudInit = spec.cloudInit
  if (cloudInit === undefined) return []
  const field = `${at}.cloudInit`
  const prefix = cloudInit.secretPrefix !== undefined && cloudInit.secretPrefix !== ""
  const count = (cloudInit.secretCount ?? 0) !== 0
  if (cloudInit.insecureSkipSecretsManager === true) {
    return [
      ...(prefix ? [forbidden(`${field}.secretPrefix`, "cannot be set when insecureSkipSecretsManager is true")] : []),
      ...(count ? [forbidden(`${field}.secretCount`, "cannot be set when insecureSkipSecretsManager is true")] : []),
      ...(cloudInit.secureSecretsBackend === undefined
        ? []
        : [forbidden(`${field}.secureSecretsBackend`, "cannot be set when insecureSkipSecretsManager is true")])
    ]
  }
  return prefix === count
    ? []
    : [forbidden(`${field}.secretCount`, "secretPrefix and secretCount must be set together")]
}

const notBuilt = "this is not supported yet"

const validateUnsupported = (spec: AWSMachineSpec, at: string): ReadonlyArray<FieldError> => {
  const fields = [
    "ignition",
    "elasticIpPool",
    "dynamicHostAllocation",
    "hostID",
    "networkInterfaces",
    "cpuOptions",
    "capacityReservationId",
    "assignPrimaryIPv6"
  ] as const
  return [
    ...fields.flatMap((field) => (spec[field] === undefined ? [] : [forbidden(`${at}.${field}`, notBuilt)])),
    ...(spec.cloudInit?.secureSecretsBackend === "ssm-parameter-store"
      ? [
          notSupported(
            `${at}.cloudInit.secureSecretsBackend`,
            "ssm-parameter-store",
            `${notBuilt}; use secrets-manager`
          )
        ]
      : []),
    ...(spec.ami?.eksLookupType === undefined ? [] : [forbidden(`${at}.ami.eksLookupType`, notBuilt)]),
    ...(spec.marketType === "CapacityBlock" ? [notSupported(`${at}.marketType`, spec.marketType, notBuilt)] : []),
    ...(spec.tenancy === "host" ? [notSupported(`${at}.tenancy`, spec.tenancy, notBuilt)] : [])
  ]
}

/** Everything that may be wrong with a spec by itself; also a template's. */
export const validateAwsMachineSpec = (spec: AWSMachineSpec, at = "spec"): ReadonlyArray<FieldError> => [
  ...validateCloudInit(spec, at),
  ...(spec.rootVolume === undefined
    ? []
    : [
        ...validateVolume(`${at}.rootVolume`, spec.rootVolume),
        ...(spec.rootVolume.deviceName === undefined
          ? []
          : [forbidden(`${at}.rootVolume.deviceName`, "the root volume has the image's device name")])
      ]),
  ...(spec.nonRootVolumes ?? []).flatMap((volume, index) => [
    ...validateVolume(`${at}.nonRootVolumes[${index}]`, volume),
    ...(volume.deviceName === undefined
      ? [required(`${at}.nonRootVolumes[${index}].deviceName`, "a further volume needs a device name")]
      : [])
  ]),
  ...validateSshKeyName(`${at}.sshKeyName`, spec.sshKeyName),
  ...validateTags(`${at}.additionalTags`, spec.additionalTags),
  ...(spec.additionalSecurityGroups ?? []).flatMap((group, index) =>
    group.id !== undefined && group.filters !== undefined
      ? [forbidden(`${at}.additionalSecurityGroups[${index}]`, "id and filters exclude each other")]
      : []
  ),
  ...(spec.spotMarketOptions?.maxPrice === undefined ||
  spec.spotMarketOptions.maxPrice === "" ||
  /^\d+(\.\d+)?$/.test(spec.spotMarketOptions.maxPrice)
    ? []
    : [invalid(`${at}.spotMarketOptions.maxPrice`, spec.spotMarketOptions.maxPrice, "must be a decimal number")]),
  ...(spec.marketType === "OnDemand" && spec.spotMarketOptions !== undefined
    ? [invalid(`${at}.marketType`, spec.marketType, "spotMarketOptions asks for another market")]
    : []),
  ...validateUnsupported(spec, at)
]

/** The spec without what may change after creation. */
const frozenPart = (spec: AWSMachineSpec): unknown => {
  const { additionalSecurityGroups, additionalTags, cloudInit, instanceID, privateDnsName, providerID, ...rest } = spec
  const { secretCount, secretPrefix, secureSecretsBackend, ...steady } = cloudInit ?? {}
  const { enableResourceNameDnsAAAARecord, enableResourceNameDnsARecord, ...name } = privateDnsName ?? {}
  return { ...rest, cloudInit: steady, privateDnsName: name }
}

export const validateAwsMachine = (
  object: ObjectOf<AWSMachineBody>,
  old: ObjectOf<AWSMachineBody> | undefined
): ReadonlyArray<FieldError> => {
  if (object.spec === undefined) return [required("spec", "a spec is needed")]
  if (old === undefined) return validateAwsMachineSpec(object.spec)
  return [
    ...validateCloudInit(object.spec, "spec"),
    ...validateTags("spec.additionalTags", object.spec.additionalTags),
    ...(sameValue(frozenPart(object.spec), frozenPart(old.spec)) ? [] : [forbidden("spec", "cannot be modified")])
  ]
}
