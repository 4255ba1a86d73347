/**
 * What the kubeadm config of a control-plane machine says: of the first one, that inits, and of all others, that join. Pure.
 *
 * Joining machines keep the cluster configuration: the bootstrap controller reads from it where certificates lie.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/desired_state
 */
import { isAtLeastMinor, type KubeadmConfigSpec, type KubeadmControlPlaneSpec, parseVersion } from "@capstan/api"

const localModeGate = "ControlPlaneKubeletLocalMode"

/** From 1.31 kubelets of control planes talk to their own API server; from 1.36 kubeadm knows no other way. */
const hasLocalModeGate = (text: string): boolean => {
  const version = parseVersion(text)
  return version !== undefined && isAtLeastMinor(version, 1, 31) && !isAtLeastMinor(version, 1, 36)
}

const withFeatureGates = (spec: KubeadmConfigSpec, version: string): KubeadmConfigSpec => {
  const gates = spec.clusterConfiguration?.featureGates
  if (!hasLocalModeGate(version) || gates?.[localModeGate] !== undefined) return spec
  return {
    ...spec,
    clusterConfiguration: { ...spec.clusterConfiguration, featureGates: { ...gates, [localModeGate]: true } }
  }
}

type Source = Pick<KubeadmControlPlaneSpec, "kubeadmConfigSpec" | "version">

export const initSpec = ({ kubeadmConfigSpec, version }: Source): KubeadmConfigSpec => {
  const { joinConfiguration: _, ...spec } = kubeadmConfigSpec ?? {}
  return withFeatureGates(spec, version)
}

export const joinSpec = ({ kubeadmConfigSpec, version }: Source): KubeadmConfigSpec => {
  const { initConfiguration: _, ...spec } = kubeadmConfigSpec ?? {}
  const join = spec.joinConfiguration ?? {}
  return withFeatureGates({ ...spec, joinConfiguration: { ...join, controlPlane: join.controlPlane ?? {} } }, version)
}
