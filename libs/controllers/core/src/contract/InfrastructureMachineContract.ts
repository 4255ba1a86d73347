/**
 * What core reads from an infrastructure machine.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/infra-machine
 */
import type { KubernetesObject, MachineAddress } from "@capstan/api"
import type { ContractVersion } from "./ProviderKind.ts"
import { provisionedPath } from "./InfrastructureClusterContract.ts"
import { readCondition } from "./MirroredCondition.ts"
import { flagAt, listAt, textAt, valueAt } from "./ValueAt.ts"

export const isMachineProvisioned = (object: KubernetesObject, contract: ContractVersion): boolean =>
  flagAt(object, provisionedPath[contract])

export const providerIdOf = (object: KubernetesObject): string | undefined => textAt(object, ["spec", "providerID"])

/** The deprecated place, which overwrites what the Machine asked for. */
export const specFailureDomainOf = (object: KubernetesObject): string | undefined =>
  textAt(object, ["spec", "failureDomain"])

export const statusFailureDomainOf = (object: KubernetesObject): string | undefined =>
  textAt(object, ["status", "failureDomain"])

export const isInterruptible = (object: KubernetesObject): boolean => flagAt(object, ["status", "interruptible"])

const addressTypes: ReadonlyArray<MachineAddress["type"]> = [
  "Hostname",
  "ExternalIP",
  "InternalIP",
  "ExternalDNS",
  "InternalDNS"
]

export const addressesOf = (object: KubernetesObject): ReadonlyArray<MachineAddress> =>
  listAt(object, ["status", "addresses"]).flatMap((entry) => {
    const type = addressTypes.find((known) => known === textAt(entry, ["type"]))
    const address = textAt(entry, ["address"])
    return type === undefined || address === undefined ? [] : [{ type, address }]
  })

const stoppedReason = /(Stopped|Terminated|Deleted|NotFound|Gone)$/

/**
 * Whether a machine that was provisioned once does not run any more, by the provider's own words: `Ready` False for
 * a reason that says so, or the v1beta1 contract's `status.ready` taken back. A call that failed says no such thing.
 */
export const isReportedStopped = (object: KubernetesObject, contract: ContractVersion): boolean => {
  const ready = readCondition(object, "Ready")
  if (ready !== undefined && ready !== "invalid" && ready.status === "False" && stoppedReason.test(ready.reason ?? ""))
    return true
  return (
    contract === "v1beta1" && providerIdOf(object) !== undefined && valueAt(object, provisionedPath.v1beta1) === false
  )
}
