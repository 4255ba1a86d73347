export * from "./ApiError.ts"
export * from "./KubernetesApi.ts"
