/**
 * What the CRDs of this provider say of themselves: its name, and the one contract that its one version follows.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview#crds-conventions
 */
export const group = "infrastructure.cluster.x-k8s.io"
export const version = "v1beta2"

export const devContractLabels: { readonly [label: string]: string } = {
  "cluster.x-k8s.io/provider": "infrastructure-dev",
  "cluster.x-k8s.io/v1beta2": version
}
