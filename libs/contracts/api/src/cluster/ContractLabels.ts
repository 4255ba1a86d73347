/**
 * Labels on a CRD that say which of its versions follows which provider contract.
 *
 * References carry no version; this is where it is found.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview#crds-conventions
 */

/** The labels of Cluster API's own kinds: each contract is followed by the version of the same name. */
export const contractLabels: { readonly [label: string]: string } = {
  "cluster.x-k8s.io/v1beta1": "v1beta1",
  "cluster.x-k8s.io/v1beta2": "v1beta2"
}
