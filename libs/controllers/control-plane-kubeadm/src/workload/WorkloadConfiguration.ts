/**
 * What a rollout changes inside the workload cluster: kubeadm's own configuration before the first new machine joins, kube-proxy
 * and CoreDNS after the last old one has gone.
 *
 * Left out: moving `kubeadm-config` to a newer kubeadm API version, migrating the Corefile.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/workload_cluster.go
 */
import { Annotations, type KubeadmControlPlane, sameJson } from "@capstan/api"
import {
  catchReason,
  ClusterRoleBinding,
  ConfigMap,
  DaemonSet,
  Deployment,
  type KubernetesClient
} from "@capstan/kubernetes"
import { hasAnnotation } from "@capstan/runtime"
import { Effect } from "effect"
import { parse, stringify } from "yaml"
import { clusterConfigurationOf, imageWith } from "./ClusterConfiguration.ts"

const kubeSystem = "kube-system"
const configMapKey = { namespace: kubeSystem, name: "kubeadm-config" }
const entry = "ClusterConfiguration"

/** Before any machine of the new version joins. */
export const prepareRollout = Effect.fnUntraced(function* (
  client: KubernetesClient,
  controlPlane: KubeadmControlPlane
) {
  yield* ensureKubeletBinding(client)
  yield* updateKubeadmConfig(client, controlPlane)
})

/** API servers may talk to kubelets; clusters of old kubeadm versions lack the binding. */
const ensureKubeletBinding = (client: KubernetesClient) => {
  const name = "kubeadm:apiserver-kubelet-client"
  const group = "rbac.authorization.k8s.io"
  return client.get(ClusterRoleBinding, { namespace: "", name }).pipe(
    Effect.asVoid,
    catchReason("NotFound", () =>
      client
        .create(ClusterRoleBinding, {
          metadata: { name },
          roleRef: { apiGroup: group, kind: "ClusterRole", name: "system:kubelet-api-admin" },
          subjects: [{ apiGroup: group, kind: "User", name: "kube-apiserver-kubelet-client" }]
        })
        .pipe(
          Effect.asVoid,
          catchReason("AlreadyExists", () => Effect.void)
        )
    )
  )
}

const updateKubeadmConfig = Effect.fnUntraced(function* (client: KubernetesClient, controlPlane: KubeadmControlPlane) {
  const configMap = yield* client.get(ConfigMap, configMapKey)
  const before: unknown = parse(configMap.data?.[entry] ?? "")
  const after = clusterConfigurationOf(before, controlPlane.spec)
  if (after === undefined || sameJson(before, after)) return
  yield* client.patch(ConfigMap, configMapKey, {
    type: "merge",
    body: { metadata: { resourceVersion: configMap.metadata.resourceVersion }, data: { [entry]: stringify(after) } }
  })
})

/** Whether `kubeadm init` has left its configuration: from then on the control plane counts as initialized. */
export const hasKubeadmConfig = (client: KubernetesClient) =>
  client.get(ConfigMap, configMapKey).pipe(
    Effect.as(true),
    catchReason("NotFound", () => Effect.succeed(false))
  )

/** Once all machines are of the wanted version. */
export const finishRollout = Effect.fnUntraced(function* (client: KubernetesClient, controlPlane: KubeadmControlPlane) {
  if (!hasAnnotation(controlPlane, Annotations.SkipKubeProxy)) yield* updateKubeProxy(client, controlPlane)
  if (!hasAnnotation(controlPlane, Annotations.SkipCoreDns)) yield* updateCoreDns(client, controlPlane)
})

const missingIsFine = catchReason("NotFound", () => Effect.succeed(undefined))

type Containers = ReadonlyArray<{ readonly name: string; readonly image?: string }>

/** The containers with one image replaced; undefined when there is nothing to replace. */
const withImage = <A extends Containers>(
  containers: A,
  name: string,
  image: (before: string) => string
): A | undefined => {
  const before = containers.find((container) => container.name === name)?.image
  if (before === undefined || image(before) === before) return undefined
  // Every container keeps its shape; one text in one of them changes.
  return containers.map((container) =>
    container.name === name ? { ...container, image: image(before) } : container
  ) as unknown as A
}

const updateKubeProxy = Effect.fnUntraced(function* (client: KubernetesClient, { spec }: KubeadmControlPlane) {
  const key = { namespace: kubeSystem, name: "kube-proxy" }
  const daemonSet = yield* missingIsFine(client.get(DaemonSet, key))
  const repository = spec.kubeadmConfigSpec?.clusterConfiguration?.imageRepository
  const containers = withImage(daemonSet?.spec.template.spec.containers ?? [], "kube-proxy", (image) =>
    imageWith(image, { repository, tag: spec.version.replaceAll("+", "_") })
  )
  if (containers === undefined) return
  yield* client.patch(DaemonSet, key, { type: "merge", body: { spec: { template: { spec: { containers } } } } })
})

/** Only what was asked for: the version that kubeadm would choose is not known here. */
const updateCoreDns = Effect.fnUntraced(function* (client: KubernetesClient, { spec }: KubeadmControlPlane) {
  const { imageRepository: repository, imageTag: tag } = spec.kubeadmConfigSpec?.clusterConfiguration?.dns ?? {}
  if (repository === undefined && tag === undefined) return
  const key = { namespace: kubeSystem, name: "coredns" }
  const deployment = yield* missingIsFine(client.get(Deployment, key))
  const containers = withImage(deployment?.spec.template.spec.containers ?? [], "coredns", (image) =>
    imageWith(image, { repository, tag })
  )
  if (containers === undefined) return
  yield* client.patch(Deployment, key, { type: "merge", body: { spec: { template: { spec: { containers } } } } })
})
