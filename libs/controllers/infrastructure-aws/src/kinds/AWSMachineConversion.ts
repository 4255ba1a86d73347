/**
 * AWSMachine in older versions: v1beta1 both ways, v1alpha3 and v1alpha4 as manifests that are accepted.
 *
 * A failure domain on the AWSMachine is dropped: since v1beta1 it comes from the Machine alone. So are ARNs and filters
 * of images, which no version ever honoured.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta1/awsmachine_conversion.go
 */
import type { KindVersion, Unstructured } from "@capstan/api"
import { atVersion, omit, restore, toOlder, within, withinEach } from "./Conversion.ts"

/** What v1beta1 has no field for; `at` is `spec` or, in templates, `spec.template.spec`. */
export const awsMachineFieldsSinceBeta2 = (at: string): ReadonlyArray<string> =>
  [
    "assignPrimaryIPv6",
    "capacityReservationId",
    "capacityReservationPreference",
    "cpuOptions",
    "dynamicHostAllocation",
    "elasticIpPool",
    "hostAffinity",
    "hostID",
    "ignition.proxy",
    "ignition.storageType",
    "ignition.tls",
    "instanceMetadataOptions",
    "marketType",
    "networkInterfaceType",
    "placementGroupName",
    "placementGroupPartition",
    "privateDnsName",
    "securityGroupOverrides"
  ].map((field) => `${at}.${field}`)

/** A spec of any older version without the fields that have gone since. */
export const awsMachineSpecFromOlder = (spec: Unstructured): Unstructured =>
  within(
    within(
      withinEach(omit(spec, "failureDomain"), "additionalSecurityGroups", (group) => omit(group, "arn")),
      "subnet",
      (subnet) => omit(subnet, "arn")
    ),
    "ami",
    (ami) => omit(ami, "arn", "filters")
  )

/** A spec of an alpha; the secret's fields are run-time state and are not taken over from a manifest. */
export const awsMachineSpecFromAlpha = (spec: Unstructured): Unstructured =>
  within(awsMachineSpecFromOlder(spec), "cloudInit", (cloudInit) => omit(cloudInit, "secretPrefix", "secretCount"))

const lacking = [...awsMachineFieldsSinceBeta2("spec"), "status.dedicatedHost"]
const putBack = restore(lacking)

const fromAlpha = (object: Unstructured): Unstructured =>
  within(omit(atVersion(object, "v1beta2"), "status"), "spec", awsMachineSpecFromAlpha)

export const awsMachineVersions: ReadonlyArray<KindVersion> = [
  {
    name: "v1beta1",
    served: true,
    deprecated: true,
    toStorage: (object) => within(putBack(atVersion(object, "v1beta2")), "spec", awsMachineSpecFromOlder),
    fromStorage: toOlder("v1beta1", lacking)
  },
  { name: "v1alpha4", served: true, deprecated: true, toStorage: fromAlpha },
  { name: "v1alpha3", served: true, deprecated: true, toStorage: fromAlpha }
]
