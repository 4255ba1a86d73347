/**
 * Tags: how resources at AWS say which cluster they belong to, and how we know that we may touch them.
 *
 * Ownership is a tag and nothing else. Tags are added and corrected, never taken away; keys of AWS's own are left out.
 * Names are Cluster API's, so that resources of the Go managers are recognised.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/tags.go
 */

/** Tags by key. */
export type TagMap = { readonly [key: string]: string }

/** A tag as EC2 and the load balancers speak of it. */
export interface AwsTag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

export const roleTag = "sigs.k8s.io/cluster-api-provider-aws/role"
export const machineNameTag = "MachineName"
export const internetFacingRoleTag = "kubernetes.io/role/elb"
export const internalRoleTag = "kubernetes.io/role/internal-elb"
export const serviceNameTag = "kubernetes.io/service-name"

/** What the tags of ownership begin with; the cluster's name follows. */
export const clusterTagPrefix = "sigs.k8s.io/cluster-api-provider-aws/cluster/"

/** The tag that says: this cluster owns it, and deletes it. Its value is `owned`. */
export const clusterTag = (cluster: string): string => `${clusterTagPrefix}${cluster}`

/** The tag that Kubernetes' cloud controller looks for: `owned` or `shared`. */
export const kubernetesTag = (cluster: string): string => `kubernetes.io/cluster/${cluster}`

export const toTagMap = (tags: ReadonlyArray<AwsTag> | undefined): TagMap =>
  Object.fromEntries((tags ?? []).flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? ""]])))

/** In the order of the keys, so that the same tags are always the same request. */
export const toAwsTags = (tags: TagMap): Array<{ Key: string; Value: string }> =>
  Object.keys(tags)
    .sort()
    .map((Key) => ({ Key, Value: tags[Key] ?? "" }))

/** Whether the cluster owns what carries these tags. */
export const isOwned = (tags: ReadonlyArray<AwsTag> | undefined, cluster: string): boolean => {
  const key = clusterTag(cluster)
  return tags?.some((tag) => tag.Key === key && tag.Value === "owned") === true
}

export interface TagRequest {
  readonly cluster: string
  readonly name?: string
  readonly role?: string
  /** The user's own tags; they may override the name, never the ownership. */
  readonly additional?: TagMap | undefined
  readonly extra?: TagMap
}

/** The tags that a resource of the cluster carries. */
export const buildTags = ({ additional, cluster, extra, name, role }: TagRequest): TagMap => ({
  ...(name === undefined ? {} : { Name: name }),
  ...extra,
  ...additional,
  [clusterTag(cluster)]: "owned",
  ...(role === undefined ? {} : { [roleTag]: role })
})

/** Which of the wanted tags are missing or different; nothing when all is well. */
export const missingTags = (wanted: TagMap, found: TagMap): TagMap | undefined => {
  const missing = Object.keys(wanted).filter((key) => !key.startsWith("aws:") && found[key] !== wanted[key])
  return missing.length === 0 ? undefined : Object.fromEntries(missing.map((key) => [key, wanted[key] ?? ""]))
}
