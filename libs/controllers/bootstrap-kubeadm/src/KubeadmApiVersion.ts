/**
 * Which version of kubeadm's configuration API a Kubernetes version reads. Pure.
 *
 * Upstream refuses what is older than 1.22; 1.15 to 1.21 are read with v1beta2 here, a listed difference.
 *
 * @source https://kubernetes.io/docs/reference/config-api/
 */
import { parseVersion } from "@capstan/api"

export type KubeadmApiVersion = "v1beta2" | "v1beta3" | "v1beta4"

/** Undefined for a version that cannot be read or is not supported. */
export const kubeadmApiVersion = (kubernetesVersion: string): KubeadmApiVersion | undefined => {
  const version = parseVersion(kubernetesVersion)
  if (version === undefined || version.major !== 1 || version.minor < 15) return undefined
  if (version.minor < 22) return "v1beta2"
  return version.minor < 31 ? "v1beta3" : "v1beta4"
}
