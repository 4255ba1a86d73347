/**
 * Where the next control-plane machine goes, and where one is taken from. Pure.
 *
 * Only failure domains that are fit for control planes count. Equal domains are told apart by name.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api util/failuredomains
 */
import { type Cluster, isDeleting } from "@capstan/api"
import { type ControlPlaneMachine, isUpToDate } from "../ControlPlaneFacts.ts"

/** Names of the domains for control planes, sorted. */
export const controlPlaneDomains = (cluster: Cluster): ReadonlyArray<string> =>
  (cluster.status?.failureDomains ?? [])
    .filter((domain) => domain.controlPlane === true)
    .map(({ name }) => name)
    .toSorted()

const domainOf = ({ machine }: ControlPlaneMachine): string | undefined => machine.spec.failureDomain

/** The domain with the fewest Machines that are here to stay, then with the fewest at all; undefined when there are no domains. */
export const domainForNewMachine = (
  domains: ReadonlyArray<string>,
  machines: ReadonlyArray<ControlPlaneMachine>
): string | undefined => {
  const staying = machines.filter((each) => isUpToDate(each) && !isDeleting(each.machine))
  const count = (list: ReadonlyArray<ControlPlaneMachine>, domain: string): number =>
    list.filter((each) => domainOf(each) === domain).length
  return domains.toSorted(
    (a, b) => count(staying, a) - count(staying, b) || count(machines, a) - count(machines, b) || (a < b ? -1 : 1)
  )[0]
}

/** Those of the candidates that stand in the fullest domain. Machines in a domain that is no longer there come first. */
export const inFullestDomain = (
  domains: ReadonlyArray<string>,
  machines: ReadonlyArray<ControlPlaneMachine>,
  candidates: ReadonlyArray<ControlPlaneMachine>
): ReadonlyArray<ControlPlaneMachine> => {
  if (domains.length === 0) return candidates
  const stray = candidates.filter((each) => !domains.includes(domainOf(each) ?? ""))
  if (stray.length > 0) return stray
  const count = (domain: string): number => machines.filter((each) => domainOf(each) === domain).length
  const fullest = domains
    .filter((domain) => candidates.some((each) => domainOf(each) === domain))
    .toSorted((a, b) => count(b) - count(a) || (a < b ? -1 : 1))[0]
  return candidates.filter((each) => domainOf(each) === fullest)
}
