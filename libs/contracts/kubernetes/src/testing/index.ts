/** The conformance suite of the Kubernetes waist, for every implementation of it. */
export { BrokenPromise, type ConformanceCheck } from "./ConformanceCheck.ts"
export { kubernetesApiChecks, kubernetesApiConformance } from "./KubernetesApiConformance.ts"
export { conformanceKinds, Plant, Widget } from "./Widget.ts"
