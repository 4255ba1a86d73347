/**
 * kubeadm's ClusterConfiguration as it should be for machines that join from now on. Pure.
 *
 * The document is the cluster's own, of whichever kubeadm API version: what the control plane says is put over it, all else stays.
 *
 * @source https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/#kubeadm-k8s-io-v1beta4-ClusterConfiguration
 */
import { isJsonObject, type KubeadmArg, type KubeadmControlPlaneSpec, type Unstructured } from "@capstan/api"
import { joinSpec } from "../machine/KubeadmSpec.ts"

const jsonAt = (value: Unstructured, key: string): Unstructured => {
  const found = value[key]
  return isJsonObject(found) ? found : {}
}

/** From v1beta4 flags are a list, before they are a map. */
const argsOf = (args: ReadonlyArray<KubeadmArg>, listed: boolean): unknown =>
  listed ? args : Object.fromEntries(args.map(({ name, value }) => [name, value]))

interface Component {
  readonly extraArgs?: ReadonlyArray<KubeadmArg>
  readonly [field: string]: unknown
}

const componentOver = (before: Unstructured, component: Component | undefined, listed: boolean): Unstructured => {
  if (component === undefined) return before
  const { extraArgs, extraEnvs, ...rest } = component
  return {
    ...before,
    ...rest,
    ...(extraArgs === undefined ? {} : { extraArgs: argsOf(extraArgs, listed) }),
    ...(extraEnvs === undefined || !listed ? {} : { extraEnvs })
  }
}

/** Undefined when the document cannot be understood: then it is left alone. */
export const clusterConfigurationOf = (before: unknown, spec: KubeadmControlPlaneSpec): Unstructured | undefined => {
  if (!isJsonObject(before)) return undefined
  const wanted = joinSpec(spec).clusterConfiguration ?? {}
  const apiVersion = String(before["apiVersion"])
  const listed = !["v1beta1", "v1beta2", "v1beta3"].some((version) => apiVersion.endsWith(version))
  const over = (key: "apiServer" | "controllerManager" | "scheduler"): Unstructured => {
    const value = componentOver(jsonAt(before, key), wanted[key], listed)
    return Object.keys(value).length === 0 && before[key] === undefined ? {} : { [key]: value }
  }
  const local = wanted.etcd?.local
  const etcd = jsonAt(before, "etcd")
  return {
    ...before,
    kubernetesVersion: spec.version,
    ...(wanted.imageRepository === undefined ? {} : { imageRepository: wanted.imageRepository }),
    ...(wanted.featureGates === undefined ? {} : { featureGates: wanted.featureGates }),
    ...over("apiServer"),
    ...over("controllerManager"),
    ...over("scheduler"),
    ...(local === undefined ? {} : { etcd: { ...etcd, local: componentOver(jsonAt(etcd, "local"), local, listed) } }),
    ...(wanted.dns === undefined ? {} : { dns: { ...jsonAt(before, "dns"), ...wanted.dns } }),
    ...(listed && wanted.encryptionAlgorithm !== undefined ? { encryptionAlgorithm: wanted.encryptionAlgorithm } : {}),
    ...(listed && wanted.certificateValidityPeriodDays !== undefined
      ? { certificateValidityPeriod: `${wanted.certificateValidityPeriodDays * 24}h` }
      : {})
  }
}

/** The image with another registry path or tag; a digest goes with the tag. */
export const imageWith = (
  image: string,
  change: { readonly repository: string | undefined; readonly tag: string | undefined }
): string => {
  const [withoutDigest = image] = image.split("@")
  const slash = withoutDigest.lastIndexOf("/")
  const [name = "", tagBefore] = withoutDigest.slice(slash + 1).split(":")
  const repository = change.repository ?? (slash === -1 ? undefined : withoutDigest.slice(0, slash))
  const tag = change.tag ?? tagBefore
  return `${repository === undefined ? "" : `${repository}/`}${name}${tag === undefined ? "" : `:${tag}`}`
}
