/** The cluster's authorities and keys as files under `/etc/kubernetes/pki`. Pure. */
import type { CertificatePurpose, ClusterCertificates } from "@capstan/runtime"
import type { CloudFile } from "./CloudConfig.ts"

const paths: { readonly [Purpose in CertificatePurpose]: readonly [certificate: string, key: string] } = {
  ca: ["ca.crt", "ca.key"],
  etcd: ["etcd/ca.crt", "etcd/ca.key"],
  proxy: ["front-proxy-ca.crt", "front-proxy-ca.key"],
  sa: ["sa.pub", "sa.key"]
}

const order: ReadonlyArray<CertificatePurpose> = ["ca", "proxy", "etcd", "sa"]

const file = (directory: string, name: string, content: string, permissions: string): CloudFile => ({
  path: `${directory}/${name}`,
  owner: "root:root",
  permissions,
  content
})

/**
 * Two files a pair; a pair without its key (an authority kept elsewhere) gives the certificate alone.
 *
 * @param directory kubeadm's `certificatesDir`.
 */
export const pkiFiles = (
  certificates: ClusterCertificates,
  directory = "/etc/kubernetes/pki"
): ReadonlyArray<CloudFile> =>
  order.flatMap((purpose) => {
    const pair = certificates[purpose]
    if (pair === undefined) return []
    const [certificate, key] = paths[purpose]
    return [
      file(directory, certificate, pair.certificate, "0640"),
      ...(pair.key === "" ? [] : [file(directory, key, pair.key, "0600")])
    ]
  })
