/** The Kubernetes waist and the smaller seams beside it on real API servers. */
export type { ClientOptions } from "./ClientOptions.ts"
export { KubeconfigError, type KubeconfigSource } from "./Kubeconfig.ts"
export { layer as etcdMembersLayer } from "./EtcdMembersLive.ts"
export { layer, type KubernetesLiveOptions } from "./KubernetesLive.ts"
export { layer as nameResolverLayer } from "./NameResolverLive.ts"
export { withProxiedKubeconfigs, withProxy } from "./ProxiedKubeconfigs.ts"
export { layer as workloadClustersLayer } from "./WorkloadClustersLive.ts"
