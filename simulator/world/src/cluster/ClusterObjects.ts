/**
 * What kubeadm init leaves in a new cluster: its configuration, what joining machines may see, DNS and kube-proxy. Pure.
 *
 * Left out: roles and bindings, which nothing asks for here; the Pods of CoreDNS and kube-proxy.
 *
 * @source https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#upload-configmaps
 * @fidelity documented https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/ — Names and keys.
 * @fidelity assumed — `kubeadm-config` holds the configuration as it was given, without kubeadm's defaults.
 */
import { isAtLeastMinor, parseVersion } from "@capstan/api"
import { ConfigMap, DaemonSet, Deployment, Secret } from "@capstan/kubernetes"
import type { ApiServer } from "@capstan/simulator-kubernetes"
import { imageRepository } from "../node/StaticPods.ts"
import type { InitPlan } from "../user-data/BootPlan.ts"

const minorOf = (version: string): number => parseVersion(version)?.minor ?? 0

/** CoreDNS as kubeadm of each minor brings it; the newest for later ones. */
const coreDnsTags: ReadonlyArray<readonly [fromMinor: number, tag: string]> = [
  [34, "v1.12.1"],
  [33, "v1.12.0"],
  [31, "v1.11.3"],
  [30, "v1.11.1"],
  [27, "v1.10.1"],
  [25, "v1.9.3"],
  [23, "v1.8.6"],
  [22, "v1.8.4"],
  [21, "v1.8.0"],
  [19, "1.7.0"],
  [0, "1.6.7"]
]

const coreDnsImage = (plan: InitPlan): string => {
  const minor = minorOf(plan.kubernetesVersion)
  const tag = plan.dnsImageTag ?? coreDnsTags.find(([from]) => minor >= from)?.[1] ?? "v1.12.1"
  const repository = imageRepository(plan.kubernetesVersion, plan.imageRepository)
  return `${repository}/${minor >= 21 ? "coredns/" : ""}coredns:${tag}`
}

const kubeletConfigName = (version: string): string => {
  const parsed = parseVersion(version)
  return parsed !== undefined && !isAtLeastMinor(parsed, 1, 24) ? `kubelet-config-1.${parsed.minor}` : "kubelet-config"
}

const clusterInfo = (plan: InitPlan): string => `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${Buffer.from(plan.pki.ca?.certificate ?? "").toString("base64")}
    server: https://${plan.endpoint}
  name: ""
contexts: null
current-context: ""
kind: Config
preferences: {}
users: null
`

const corefile = `.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa
    forward . /etc/resolv.conf
    cache 30
}
`

/** Other fields of a volume than those that are typed are kept as they come. */
const corefileVolume = {
  name: "config-volume",
  configMap: { name: "coredns", items: [{ key: "Corefile", path: "Corefile" }] }
}

const configMap = (namespace: string, name: string, data: { readonly [key: string]: string }) => ({
  metadata: { namespace, name },
  data
})

/** Uploads the configuration and the addons. Repeating it is harmless. */
export const uploadClusterObjects = (server: ApiServer, plan: InitPlan): void => {
  const as = { actor: "kubeadm" }
  const { kubernetesVersion: version } = plan
  const system = "kube-system"
  server.create(ConfigMap, configMap(system, "kubeadm-config", { ClusterConfiguration: plan.document }), as)
  server.create(
    ConfigMap,
    configMap(system, kubeletConfigName(version), {
      kubelet: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    }),
    as
  )
  server.create(ConfigMap, configMap("kube-public", "cluster-info", { kubeconfig: clusterInfo(plan) }), as)
  for (const token of plan.tokens) uploadToken(server, token)
  server.create(ConfigMap, configMap(system, "coredns", { Corefile: corefile }), as)
  server.create(
    Deployment,
    {
      metadata: { namespace: system, name: "coredns", labels: { "k8s-app": "kube-dns" } },
      spec: {
        replicas: 2,
        selector: { matchLabels: { "k8s-app": "kube-dns" } },
        template: {
          metadata: { labels: { "k8s-app": "kube-dns" } },
          spec: {
            containers: [{ name: "coredns", image: coreDnsImage(plan) }],
            volumes: [corefileVolume]
          }
        }
      }
    },
    as
  )
  server.create(
    DaemonSet,
    {
      metadata: { namespace: system, name: "kube-proxy", labels: { "k8s-app": "kube-proxy" } },
      spec: {
        selector: { matchLabels: { "k8s-app": "kube-proxy" } },
        template: {
          metadata: { labels: { "k8s-app": "kube-proxy" } },
          spec: {
            containers: [
              { name: "kube-proxy", image: `${imageRepository(version, plan.imageRepository)}/kube-proxy:${version}` }
            ]
          }
        }
      }
    },
    as
  )
}

const base64 = (text: string): string => Buffer.from(text).toString("base64")

/** A token of the configuration; those live for a day, which nothing here looks at. */
const uploadToken = (server: ApiServer, token: string): void => {
  const [id = "", secret = ""] = token.split(".")
  server.create(
    Secret,
    {
      metadata: { namespace: "kube-system", name: `bootstrap-token-${id}` },
      type: "bootstrap.kubernetes.io/token",
      data: {
        "token-id": base64(id),
        "token-secret": base64(secret),
        "usage-bootstrap-signing": base64("true"),
        "usage-bootstrap-authentication": base64("true")
      }
    },
    { actor: "kubeadm" }
  )
}
