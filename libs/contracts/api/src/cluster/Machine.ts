/**
 * Machine: the wish for one Node, and how far it has come. A Machine is never changed into another: it is replaced.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/glossary#machine
 */
import { Schema } from "effect"
import { type KindObject, makeKind } from "../Kind.ts"
import { contractLabels } from "./ContractLabels.ts"
import { type MachineBody, MachineSpec, MachineStatus } from "./MachineBody.ts"
import { machineAdmission } from "./MachineAdmission.ts"
import { machineVersions } from "./conversion/Versions.ts"

export const Machine = makeKind<MachineBody>({
  group: "cluster.x-k8s.io",
  kind: "Machine",
  version: "v1beta2",
  schema: Schema.Struct({
    spec: MachineSpec,
    status: Schema.optionalKey(MachineStatus)
  }),
  shortNames: ["ma"],
  categories: ["cluster-api"],
  printerColumns: [
    { name: "Cluster", type: "string", jsonPath: ".spec.clusterName" },
    { name: "Node Name", type: "string", jsonPath: ".status.nodeRef.name" },
    { name: "Provider ID", type: "string", jsonPath: ".spec.providerID", priority: 10 },
    { name: "Failure domain", type: "string", jsonPath: ".status.failureDomain" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Available", type: "string", jsonPath: '.status.conditions[?(@.type=="Available")].status' },
    { name: "Up-to-date", type: "string", jsonPath: '.status.conditions[?(@.type=="UpToDate")].status' },
    {
      name: "Internal-IP",
      type: "string",
      jsonPath: '.status.addresses[?(@.type=="InternalIP")].address',
      priority: 10
    },
    {
      name: "External-IP",
      type: "string",
      jsonPath: '.status.addresses[?(@.type=="ExternalIP")].address',
      priority: 10
    },
    { name: "OS-Image", type: "string", jsonPath: ".status.nodeInfo.osImage", priority: 10 },
    { name: "Paused", type: "string", jsonPath: '.status.conditions[?(@.type=="Paused")].status', priority: 10 },
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Version", type: "string", jsonPath: ".spec.version" }
  ],
  versions: machineVersions,
  admission: machineAdmission,
  labels: contractLabels
})
export type Machine = KindObject<typeof Machine>
