/** The kubeadm bootstrap provider: what machines init and join from. */
export * from "./BlockYaml.ts"
export * from "./KubeadmApiVersion.ts"
export * from "./KubeadmBootstrapProvider.ts"
