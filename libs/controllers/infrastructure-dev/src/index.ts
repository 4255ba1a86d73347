/** The front door: kinds, provider, and the cloud that it is for. */
export * from "./cloud/DevCloud.ts"
export * from "./cloud/DevCloudError.ts"
export * from "./cloud/DevCloudState.ts"
export * from "./cloud/MemoryCloud.ts"
export * from "./DevProvider.ts"
export * from "./kinds/DevCluster.ts"
export * from "./kinds/DevMachine.ts"
export * from "./kinds/Templates.ts"
