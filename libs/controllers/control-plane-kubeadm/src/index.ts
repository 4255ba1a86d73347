/** The kubeadm control-plane provider and its controller. */
export { controlPlaneControllers, kubeadmControlPlaneProvider } from "./KubeadmControlPlaneProvider.ts"
export type { ControlPlaneServices } from "./Pass.ts"
