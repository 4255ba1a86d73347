/**
 * MachineSet: keeps a number of equal Machines.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/glossary#machineset
 */
import { Schema } from "effect"
import { type KindObject, makeKind } from "../Kind.ts"
import { contractLabels } from "./ContractLabels.ts"
import { type MachineSetBody, MachineSetSpec, MachineSetStatus } from "./MachineSetBody.ts"
import { machineSetAdmission } from "./MachineSetAdmission.ts"
import { machineSetVersions } from "./conversion/Versions.ts"

export const MachineSet = makeKind<MachineSetBody>({
  group: "cluster.x-k8s.io",
  kind: "MachineSet",
  version: "v1beta2",
  schema: Schema.Struct({
    spec: MachineSetSpec,
    status: Schema.optionalKey(MachineSetStatus)
  }),
  shortNames: ["ms"],
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
    { name: "Desired", type: "integer", jsonPath: ".spec.replicas" },
    { name: "Current", type: "integer", jsonPath: ".status.replicas" },
    { name: "Ready", type: "integer", jsonPath: ".status.readyReplicas" },
    { name: "Available", type: "integer", jsonPath: ".status.availableReplicas" },
    { name: "Up-to-date", type: "integer", jsonPath: ".status.upToDateReplicas" },
    { name: "Paused", type: "string", jsonPath: '.status.conditions[?(@.type=="Paused")].status', priority: 10 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Version", type: "string", jsonPath: ".spec.template.spec.version" }
  ],
  versions: machineSetVersions,
  admission: machineSetAdmission,
  labels: contractLabels
})
export type MachineSet = KindObject<typeof MachineSet>
