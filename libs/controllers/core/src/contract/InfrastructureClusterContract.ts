/**
 * What core reads from an infrastructure cluster.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/infra-cluster
 */
import type { APIEndpoint, FailureDomain, KubernetesObject } from "@capstan/api"
import type { ContractVersion } from "./ProviderKind.ts"
import { countAt, flagAt, listAt, stringsAt, textAt, valueAt } from "./ValueAt.ts"

/** Where the flag stands that says "provisioned", by contract. */
export const provisionedPath = {
  v1beta1: ["status", "ready"],
  v1beta2: ["status", "initialization", "provisioned"]
} as const

export const isProvisioned = (object: KubernetesObject, contract: ContractVersion): boolean =>
  flagAt(object, provisionedPath[contract])

/** The endpoint as the provider filled it in, possibly half. */
export const endpointOf = (object: KubernetesObject): APIEndpoint => {
  const host = textAt(object, ["spec", "controlPlaneEndpoint", "host"])
  const port = countAt(object, ["spec", "controlPlaneEndpoint", "port"])
  return { ...(host === undefined ? {} : { host }), ...(port === undefined || port === 0 ? {} : { port }) }
}

export const isValidEndpoint = (endpoint: APIEndpoint | undefined): boolean =>
  (endpoint?.host ?? "") !== "" && (endpoint?.port ?? 0) !== 0

/** Failure domains by name; a list in the newer contract, a map in the older. */
export const failureDomainsOf = (object: KubernetesObject, contract: ContractVersion): ReadonlyArray<FailureDomain> => {
  const path = ["status", "failureDomains"]
  const named: ReadonlyArray<readonly [string | undefined, unknown]> =
    contract === "v1beta2"
      ? listAt(object, path).map((domain) => [textAt(domain, ["name"]), domain] as const)
      : Object.entries(valueAt(object, path) ?? {})
  return named
    .flatMap(([name, domain]) => {
      if (name === undefined) return []
      const attributes = stringsAt(domain, ["attributes"])
      const controlPlane = valueAt(domain, ["controlPlane"])
      return [
        {
          name,
          ...(typeof controlPlane === "boolean" ? { controlPlane } : {}),
          ...(Object.keys(attributes).length === 0 ? {} : { attributes })
        }
      ]
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
