/**
 * DevCluster: what all machines of a cluster share in the dev cloud, which is one load balancer and a choice of zones.
 *
 * The names are those of the Docker provider's kinds; the spec is smaller than theirs, so their manifests need an edit.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/test/infrastructure/docker/api/v1beta2/devcluster_types.go
 */
import {
  APIEndpoint,
  Conditions,
  type FieldError,
  forbiddenField,
  invalidField,
  type KindObject,
  list,
  makeKind,
  type ObjectOf,
  text,
  unless
} from "@capstan/api"
import { Schema } from "effect"
import { devContractLabels, group, version } from "./ContractLabels.ts"

/** A host that is given is served by the load balancer as it is; otherwise the provider makes one up. */
export const DevClusterSpec = Schema.Struct({
  controlPlaneEndpoint: Schema.optionalKey(APIEndpoint),
  /** Zones that the cluster may use; all that the cloud has when absent. */
  zones: Schema.optionalKey(list(text({ minLength: 1, maxLength: 256 }), { maxItems: 100 }))
})
export interface DevClusterSpec extends Schema.Schema.Type<typeof DevClusterSpec> {}

const FailureDomain = Schema.Struct({ name: text({ minLength: 1, maxLength: 256 }), controlPlane: Schema.Boolean })

/** Everything in it is asked for by the contract and written by the harness. */
export const DevClusterStatus = Schema.Struct({
  conditions: Schema.optionalKey(Conditions),
  failureDomains: Schema.optionalKey(list(FailureDomain, { maxItems: 100, keys: ["name"] })),
  initialization: Schema.optionalKey(Schema.Struct({ provisioned: Schema.optionalKey(Schema.Boolean) }))
})
export interface DevClusterStatus extends Schema.Schema.Type<typeof DevClusterStatus> {}

export interface DevClusterBody {
  readonly spec: DevClusterSpec
  readonly status?: DevClusterStatus
}

const validate = (
  { spec }: ObjectOf<DevClusterBody>,
  old: ObjectOf<DevClusterBody> | undefined
): ReadonlyArray<FieldError> => {
  const zones = spec.zones ?? []
  const host = old?.spec.controlPlaneEndpoint?.host
  return [
    ...unless(new Set(zones).size === zones.length, () =>
      invalidField("spec.zones", zones, "must not name a zone twice")
    ),
    // It is in every kubeconfig and certificate of the cluster.
    ...unless(host === undefined || spec.controlPlaneEndpoint?.host === host, () =>
      forbiddenField("spec.controlPlaneEndpoint.host", "field is immutable once set")
    )
  ]
}

export const DevCluster = makeKind<DevClusterBody>({
  group,
  kind: "DevCluster",
  version,
  schema: Schema.Struct({ spec: DevClusterSpec, status: Schema.optionalKey(DevClusterStatus) }),
  categories: ["cluster-api"],
  admission: { validate },
  labels: devContractLabels,
  printerColumns: [
    { name: "Cluster", type: "string", jsonPath: ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']" },
    { name: "Endpoint", type: "string", jsonPath: ".spec.controlPlaneEndpoint.host" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }
  ]
})
export type DevCluster = KindObject<typeof DevCluster>
