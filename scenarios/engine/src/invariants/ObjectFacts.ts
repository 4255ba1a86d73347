/**
 * The few questions that several invariants put to an object or an event.
 *
 * Kinds of providers are told by the ends of their names, as Cluster API's contracts have them: an invariant holds for
 * every provider.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */
import { type KubernetesObject, Labels, type Machine } from "@capstan/api"
import type { WorldEvent } from "./Invariant.ts"

export const clusterNameOf = (object: KubernetesObject): string | undefined =>
  object.metadata.labels?.[Labels.ClusterName]

/** `AWSMachine`, `DevMachine`; not `Machine`. */
export const isInfrastructureMachineKind = (kind: string): boolean => kind.endsWith("Machine") && kind !== "Machine"

/** `AWSCluster`, `DevCluster`; not `Cluster`. */
export const isInfrastructureClusterKind = (kind: string): boolean => kind.endsWith("Cluster") && kind !== "Cluster"

/** What an infrastructure machine says of itself, and a Machine too: the id that the cloud knows it by. */
export const providerIdOf = (object: KubernetesObject): string | undefined =>
  // Both contracts have the field at this place.
  (object as { readonly spec?: { readonly providerID?: string } }).spec?.providerID

/** All names under which a Machine's Node, and so its etcd member, may be known. */
export const nodeNamesOf = ({ status }: Machine): ReadonlyArray<string> => [
  ...(status?.nodeRef === undefined ? [] : [status.nodeRef.name]),
  ...(status?.addresses ?? []).map(({ address }) => address)
]

/** Writes that change nothing of the world: what happened, and who leads. */
const commentary: ReadonlySet<string> = new Set(["Event", "Lease"])

export const isChange = ({ write }: WorldEvent): boolean => write !== undefined && !commentary.has(write.kind)

/** A world in which nothing has been written for so long, two resyncs, will not do anything by itself any more. */
export const silenceMillis = 20 * 60_000
