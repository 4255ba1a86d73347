/**
 * MachineDeployment: replaces Machines step by step when their template changes, through one MachineSet a template.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/glossary#machinedeployment
 */
import { Schema } from "effect"
import { type KindObject, makeKind } from "../Kind.ts"
import { contractLabels } from "./ContractLabels.ts"
import { type MachineDeploymentBody, MachineDeploymentSpec, MachineDeploymentStatus } from "./MachineDeploymentBody.ts"
import { machineDeploymentAdmission } from "./MachineDeploymentAdmission.ts"
import { machineDeploymentVersions } from "./conversion/Versions.ts"

export const MachineDeployment = makeKind<MachineDeploymentBody>({
  group: "cluster.x-k8s.io",
  kind: "MachineDeployment",
  version: "v1beta2",
  schema: Schema.Struct({
    spec: MachineDeploymentSpec,
    status: Schema.optionalKey(MachineDeploymentStatus)
  }),
  shortNames: ["md"],
  categories: ["cluster-api"],
  subresources: {
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      labelSelectorPath: ".status.selector"
    }
  },
  printerColumns: [
    { name: "Cluster", type: "string", jsonPath: ".spec.clusterName" },
    { name: "Available", type: "string", jsonPath: '.status.conditions[?(@.type=="Available")].status' },
    { name: "Desired", type: "integer", jsonPath: ".spec.replicas" },
    { name: "Current", type: "integer", jsonPath: ".status.replicas" },
    { name: "Ready", type: "integer", jsonPath: ".status.readyReplicas" },
    { name: "Available", type: "integer", jsonPath: ".status.availableReplicas" },
    { name: "Up-to-date", type: "integer", jsonPath: ".status.upToDateReplicas" },
    { name: "Paused", type: "string", jsonPath: '.status.conditions[?(@.type=="Paused")].status', priority: 10 },
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Version", type: "string", jsonPath: ".spec.template.spec.version" }
  ],
  versions: machineDeploymentVersions,
  admission: machineDeploymentAdmission,
  labels: contractLabels
})
export type MachineDeployment = KindObject<typeof MachineDeployment>
