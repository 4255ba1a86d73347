/**
 * Whose an AWS resource is, by the tags that the AWS provider puts on it. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/tags.go
 */
import { clusterTagPrefix, roleTag, type TagMap } from "@capstan/infrastructure-aws"

export type Tags = TagMap

/** The cluster that owns it; undefined for a stranger's. */
export const clusterOf = (tags: Tags): string | undefined => {
  for (const key in tags)
    if (key.startsWith(clusterTagPrefix) && tags[key] === "owned") return key.slice(clusterTagPrefix.length)
  return undefined
}

/** What an instance is for; empty when its tags do not say. */
export const roleOf = (tags: Tags): "control-plane" | "worker" | "" =>
  tags[roleTag] === "control-plane" ? "control-plane" : tags[roleTag] === "node" ? "worker" : ""
