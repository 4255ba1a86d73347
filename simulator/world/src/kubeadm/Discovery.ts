/**
 * Whether a joining machine may trust the cluster that it finds, and the cluster the machine. Pure.
 *
 * Trust goes both ways: the machine knows the cluster by the hash of its authority, the cluster the machine by a token that
 * lies in it as a Secret.
 *
 * @source https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-join/#token-based-discovery-with-ca-pinning
 * @fidelity documented https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/ — Token Secrets, their usages and expiry.
 * @fidelity observed — kubeadm asks again every five seconds for what may still come; an authority with another hash ends the join at once.
 */
import type { Secret } from "@capstan/kubernetes"
import { Data } from "effect"
import { decodeCertificate, hashOfPublicKey } from "../certificates/SimulatedCertificate.ts"
import type { Discovery } from "../user-data/BootPlan.ts"

export interface DiscoveryFacts {
  /** Who answers at the endpoint; `undefined` when nobody does. */
  readonly cluster: { readonly authority: string; readonly uploaded: boolean } | undefined
  /** Why nobody does. */
  readonly silence: string
  /** The Secret of the token's id, if there is one. */
  readonly tokenSecret: Secret | undefined
  readonly nowMillis: number
}

export type Verdict = Data.TaggedEnum<{
  Trusted: {}
  /** It may still come. */
  NotYet: { readonly reason: string; readonly message: string }
  Never: { readonly reason: string; readonly message: string }
}>
export const Verdict = Data.taggedEnum<Verdict>()

export const judgeDiscovery = (discovery: Discovery, facts: DiscoveryFacts): Verdict => {
  const { cluster } = facts
  if (cluster === undefined) return Verdict.NotYet({ reason: "EndpointUnreachable", message: facts.silence })
  if (!cluster.uploaded) {
    return Verdict.NotYet({
      reason: "ClusterInfoMissing",
      message: "there is no ConfigMap kube-public/cluster-info yet"
    })
  }
  const token = discovery.token === undefined ? undefined : tokenProblem(discovery.token, facts)
  if (token !== undefined) return Verdict.NotYet({ reason: "TokenRefused", message: token })
  return isTrusted(discovery, cluster.authority)
    ? Verdict.Trusted()
    : Verdict.Never({
        reason: "CertificateHashMismatch",
        message: "none of the pinned hashes is that of the cluster's authority"
      })
}

const isTrusted = (discovery: Discovery, authority: string): boolean => {
  if (discovery.caCertificate !== undefined) return decodeCertificate(discovery.caCertificate)?.publicKey === authority
  return discovery.trustsAnyone || discovery.caCertHashes.includes(hashOfPublicKey(authority))
}

const tokenProblem = (token: string, { nowMillis, tokenSecret }: DiscoveryFacts): string | undefined => {
  const [id = "", secret = ""] = token.split(".")
  if (tokenSecret === undefined || tokenSecret.type !== "bootstrap.kubernetes.io/token") {
    return `token id ${id} is not known in this cluster`
  }
  const read = (key: string): string => Buffer.from(tokenSecret.data?.[key] ?? "", "base64").toString("utf8")
  if (read("token-secret") !== secret) return `the signature of cluster-info does not fit token ${id}`
  const expiration = read("expiration")
  if (expiration !== "" && !(Date.parse(expiration) > nowMillis)) return `token ${id} has expired`
  const usages = ["usage-bootstrap-signing", "usage-bootstrap-authentication"]
  const missing = usages.find((usage) => read(usage) !== "true")
  return missing === undefined ? undefined : `token ${id} lacks ${missing}`
}
