/**
 * Whether a MachineSet makes what its MachineDeployment asks for now.
 *
 * Four groups of fields decide: version, bootstrap, infrastructure reference, failure domain. Everything else is
 * pushed into Machines that exist, so it never makes one outdated. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinedeployment/mdutil
 */
import { type ContractVersionedObjectReference, type MachineSpec, sameJson } from "@capstan/api"

export type RolloutFields = Pick<MachineSpec, "version" | "bootstrap" | "infrastructureRef" | "failureDomain">

/** Why the two differ, a sentence each; empty when the set is up to date. */
export const differences = (current: RolloutFields, wanted: RolloutFields): ReadonlyArray<string> => {
  const found: Array<string> = []
  const compare = (what: string, have: string | undefined, want: string | undefined): void => {
    if (have !== want) found.push(`${what} ${have ?? "not set"}, ${want ?? "none"} required`)
  }
  compare("Version", current.version, wanted.version)
  compare("FailureDomain", current.failureDomain, wanted.failureDomain)
  if (wanted.bootstrap.configRef !== undefined || current.bootstrap.configRef !== undefined) {
    if (!sameJson(current.bootstrap, wanted.bootstrap)) {
      found.push(`${current.bootstrap.configRef?.kind ?? "BootstrapConfig"} is not up-to-date`)
    }
  } else {
    compare("spec.bootstrap.dataSecretName", current.bootstrap.dataSecretName, wanted.bootstrap.dataSecretName)
  }
  if (!sameReference(current.infrastructureRef, wanted.infrastructureRef)) {
    found.push(`${wanted.infrastructureRef.kind} is not up-to-date`)
  }
  return found
}

const sameReference = (a: ContractVersionedObjectReference, b: ContractVersionedObjectReference): boolean =>
  a.apiGroup === b.apiGroup && a.kind === b.kind && a.name === b.name
