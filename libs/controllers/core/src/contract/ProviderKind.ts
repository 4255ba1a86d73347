/**
 * Which contract a provider's kind follows: the newest that both sides know, as its contract labels say.
 *
 * A kind without a contract label cannot be used; that is an error and never taken for a missing object.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api internal/contract/version.go
 */
import type { AnyKind } from "@capstan/api"

export type ContractVersion = "v1beta1" | "v1beta2"

export interface ProviderKind {
  readonly kind: AnyKind
  readonly contract: ContractVersion
}

const supported: ReadonlyArray<ContractVersion> = ["v1beta2", "v1beta1"]

export const contractVersionOf = (kind: Pick<AnyKind, "labels">): ContractVersion | undefined =>
  supported.find((version) => (kind.labels[`cluster.x-k8s.io/${version}`] ?? "") !== "")
