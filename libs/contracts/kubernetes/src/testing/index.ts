/** The conformance suite of the Kubernetes waist, for every implementation of it; and an API in memory for controllers' tests. */
export * from "./CallLimit.ts"
export { BrokenPromise, type ConformanceCheck } from "./ConformanceCheck.ts"
export { kubernetesApiChecks, kubernetesApiConformance } from "./KubernetesApiConformance.ts"
export * from "./MemoryApi.ts"
export { conformanceKinds, Plant, Widget } from "./Widget.ts"
