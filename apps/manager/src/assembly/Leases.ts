/**
 * The Leases of upstream's four managers, in the order in which they are taken.
 *
 * One process does the work of all four, so it leads with all four Leases: neither a second one nor any of the Go managers
 * works beside it, and whoever takes over waits for no longer than usual.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api main.go, bootstrap/kubeadm/main.go, controlplane/kubeadm/main.go
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws main.go
 */
import type { ObjectKey } from "@capstan/api"

export const managerLeases: ReadonlyArray<ObjectKey> = [
  { namespace: "capi-system", name: "controller-leader-election-capi" },
  { namespace: "capi-kubeadm-bootstrap-system", name: "kubeadm-bootstrap-manager-leader-election-capi" },
  { namespace: "capi-kubeadm-control-plane-system", name: "kubeadm-control-plane-manager-leader-election-capi" },
  { namespace: "capa-system", name: "controller-leader-elect-capa" }
]

/** The same Leases in one namespace, when one is asked for. */
export const leasesIn = (namespace: string | undefined): ReadonlyArray<ObjectKey> =>
  namespace === undefined ? managerLeases : managerLeases.map(({ name }) => ({ namespace, name }))
