export * from "./BlockYaml.ts"
export * from "./KubeadmApiVersion.ts"
export * from "./KubeadmBootstrapProvider.ts"
