/**
 * The name of the API server's load balancer: the user's, or the cluster's name with a suffix, cut down to 32 characters.
 *
 * Names too long are replaced by a digest, the same that Cluster API's provider takes, so that its load balancers are
 * found again.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/elb/loadbalancer.go
 */
import { blake2b } from "./Blake2b.ts"

const nameLengthMax = 32
const digestLength = 28
const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

/** @param given the name that the user wants, which wins. */
export const loadBalancerName = (cluster: string, given?: string): string => {
  if (given !== undefined && given !== "") return given
  const plain = `${cluster.replaceAll(".", "-")}-apiserver`
  return plain.length <= nameLengthMax ? plain : `${hashedName(cluster)}-k8s`
}

const hashedName = (cluster: string): string =>
  Array.from(blake2b(new TextEncoder().encode(cluster), digestLength), (byte) => alphabet[byte % 36]).join("")
