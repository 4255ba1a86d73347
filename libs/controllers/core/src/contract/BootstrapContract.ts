/**
 * What core reads from a bootstrap config.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/bootstrap-config
 */
import type { KubernetesObject } from "@capstan/api"
import type { ContractVersion } from "./ProviderKind.ts"
import { flagAt, textAt } from "./ValueAt.ts"

export const dataSecretCreatedPath = {
  v1beta1: ["status", "ready"],
  v1beta2: ["status", "initialization", "dataSecretCreated"]
} as const

export const isDataSecretCreated = (object: KubernetesObject, contract: ContractVersion): boolean =>
  flagAt(object, dataSecretCreatedPath[contract])

export const dataSecretNameOf = (object: KubernetesObject): string | undefined =>
  textAt(object, ["status", "dataSecretName"])
