/**
 * What the CRDs of this provider say of themselves: the contract that each version follows, and the provider's name.
 *
 * The storage version follows Cluster API's contract v1beta1 (`status.ready`), which today's core still honours.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws config/crd/kustomization.yaml
 */
export const group = "infrastructure.cluster.x-k8s.io"

export const awsContractLabels: { readonly [label: string]: string } = {
  "cluster.x-k8s.io/provider": "infrastructure-aws",
  "cluster.x-k8s.io/v1alpha3": "v1alpha3",
  "cluster.x-k8s.io/v1alpha4": "v1alpha4",
  "cluster.x-k8s.io/v1beta1": "v1beta1_v1beta2"
}
