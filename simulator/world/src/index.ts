/** The inside of machines: the world itself, the ports that clouds plug into, and what it tells of workloads and etcd. */
export type { CloudPorts, Endpoints, Instances, InstanceState, InstanceView } from "./CloudPorts.ts"
export { latencies, type Distribution, type LatencyName, type LatencyTable } from "./Latencies.ts"
export type { MachineStage } from "./machine/Machine.ts"
export type { WorkloadDeclaration } from "./workloads/Budget.ts"
export type { WorkloadView } from "./workloads/Workloads.ts"
export type { Preconditions } from "./WorldState.ts"
export { type ClusterAuthorities, type EtcdClusterView, type MachineView, World, type WorldOptions } from "./World.ts"
export { type CertificateFields, encodeCertificate } from "./certificates/SimulatedCertificate.ts"
