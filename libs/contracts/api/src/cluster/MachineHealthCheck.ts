/**
 * MachineHealthCheck: says which Machines count as unhealthy, and when not to touch them all the same.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/automated-machine-management/healthchecking
 */
import { Schema } from "effect"
import { type KindObject, makeKind } from "../Kind.ts"
import { contractLabels } from "./ContractLabels.ts"
import {
  type MachineHealthCheckBody,
  MachineHealthCheckSpec,
  MachineHealthCheckStatus
} from "./MachineHealthCheckBody.ts"
import { machineHealthCheckAdmission } from "./MachineHealthCheckAdmission.ts"
import { machineHealthCheckVersions } from "./conversion/Versions.ts"

export const MachineHealthCheck = makeKind<MachineHealthCheckBody>({
  group: "cluster.x-k8s.io",
  kind: "MachineHealthCheck",
  version: "v1beta2",
  schema: Schema.Struct({
    spec: MachineHealthCheckSpec,
    status: Schema.optionalKey(MachineHealthCheckStatus)
  }),
  shortNames: ["mhc", "mhcs"],
  categories: ["cluster-api"],
  printerColumns: [
    { name: "Cluster", type: "string", jsonPath: ".spec.clusterName" },
    { name: "Replicas", type: "integer", jsonPath: ".status.expectedMachines" },
    { name: "Healthy", type: "integer", jsonPath: ".status.currentHealthy" },
    { name: "Paused", type: "string", jsonPath: '.status.conditions[?(@.type=="Paused")].status', priority: 10 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }
  ],
  versions: machineHealthCheckVersions,
  admission: machineHealthCheckAdmission,
  labels: contractLabels
})
export type MachineHealthCheck = KindObject<typeof MachineHealthCheck>
