export { controlPlaneControllers, kubeadmControlPlaneProvider } from "./KubeadmControlPlaneProvider.ts"
export type { ControlPlaneServices } from "./Pass.ts"
