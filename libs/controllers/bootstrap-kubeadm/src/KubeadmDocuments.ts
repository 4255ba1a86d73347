/**
 * kubeadm's own configuration documents, in the version that the machine's kubeadm reads. Pure.
 *
 * What differs between versions: flags are a map up to v1beta3 and a list of names and values from v1beta4; time limits
 * are under `apiServer.timeoutForControlPlane` or under `timeouts`; validity periods, algorithms and environment
 * variables are v1beta4's alone and left out before.
 *
 * @source https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/
 */
import type {
  KubeadmArg,
  KubeadmClusterConfiguration,
  KubeadmControlPlaneComponent,
  KubeadmInitConfiguration,
  KubeadmJoinConfiguration,
  KubeadmTimeouts,
  NodeRegistrationOptions
} from "@capstan/api"
import { blockYaml, type YamlValue } from "./BlockYaml.ts"
import type { KubeadmApiVersion } from "./KubeadmApiVersion.ts"

type Document = { readonly [key: string]: YamlValue }

/** What the Cluster and Machine add to a ClusterConfiguration. */
export interface ClusterFacts {
  readonly clusterName: string
  /** `host:port`. */
  readonly controlPlaneEndpoint: string | undefined
  readonly kubernetesVersion: string
  readonly dnsDomain: string | undefined
  /** Comma-joined. */
  readonly serviceSubnet: string | undefined
  readonly podSubnet: string | undefined
}

const flags = (args: ReadonlyArray<KubeadmArg> | undefined, version: KubeadmApiVersion): YamlValue =>
  args === undefined
    ? undefined
    : version === "v1beta4"
      ? args.map(({ name, value }) => ({ name, value }))
      : Object.fromEntries(args.map(({ name, value }) => [name, value]))

const seconds = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${value}s`)

/** kubeadm's documents are plain data: what the schemas describe is all there is in them. */
const asYaml = (value: unknown): YamlValue => value as YamlValue

const component = (
  given: KubeadmControlPlaneComponent | undefined,
  version: KubeadmApiVersion
): { readonly [key: string]: YamlValue } => ({
  extraArgs: flags(given?.extraArgs, version),
  extraVolumes: asYaml(given?.extraVolumes),
  extraEnvs: version === "v1beta4" ? asYaml(given?.extraEnvs) : undefined
})

const nodeRegistration = (given: NodeRegistrationOptions | undefined, version: KubeadmApiVersion): YamlValue =>
  given === undefined
    ? undefined
    : {
        name: given.name,
        criSocket: given.criSocket,
        taints: asYaml(given.taints),
        kubeletExtraArgs: flags(given.kubeletExtraArgs, version),
        ignorePreflightErrors: given.ignorePreflightErrors,
        imagePullPolicy: version === "v1beta2" ? undefined : given.imagePullPolicy,
        imagePullSerial: version === "v1beta4" ? given.imagePullSerial : undefined
      }

const timeouts = (given: KubeadmTimeouts | undefined, version: KubeadmApiVersion): YamlValue =>
  given === undefined || version !== "v1beta4"
    ? undefined
    : {
        controlPlaneComponentHealthCheck: seconds(given.controlPlaneComponentHealthCheckSeconds),
        discovery: seconds(given.discoverySeconds),
        etcdAPICall: seconds(given.etcdAPICallSeconds),
        kubeletHealthCheck: seconds(given.kubeletHealthCheckSeconds),
        kubernetesAPICall: seconds(given.kubernetesAPICallSeconds),
        tlsBootstrap: seconds(given.tlsBootstrapSeconds)
      }

const apiVersionLine = (version: KubeadmApiVersion): string => `kubeadm.k8s.io/${version}`

const present = (document: Document): YamlValue =>
  Object.values(document).some((value) => value !== undefined) ? document : undefined

const etcd = (given: KubeadmClusterConfiguration["etcd"], version: KubeadmApiVersion): YamlValue => {
  if (given?.external !== undefined) return { external: asYaml(given.external) }
  if (given?.local === undefined) return undefined
  const { extraArgs, extraEnvs, ...rest } = given.local
  return {
    local: {
      ...(asYaml(rest) as Document),
      extraArgs: flags(extraArgs, version),
      extraEnvs: version === "v1beta4" ? asYaml(extraEnvs) : undefined
    }
  }
}

/** The ClusterConfiguration document. */
export const clusterConfigurationDocument = (
  given: KubeadmClusterConfiguration,
  facts: ClusterFacts,
  version: KubeadmApiVersion,
  initTimeouts: KubeadmTimeouts | undefined
): string =>
  blockYaml({
    apiVersion: apiVersionLine(version),
    kind: "ClusterConfiguration",
    apiServer: present({
      ...component(given.apiServer, version),
      certSANs: given.apiServer?.certSANs,
      timeoutForControlPlane:
        version === "v1beta4" ? undefined : seconds(initTimeouts?.controlPlaneComponentHealthCheckSeconds)
    }),
    certificatesDir: given.certificatesDir,
    certificateValidityPeriod: version === "v1beta4" ? days(given.certificateValidityPeriodDays) : undefined,
    caCertificateValidityPeriod: version === "v1beta4" ? days(given.caCertificateValidityPeriodDays) : undefined,
    encryptionAlgorithm: version === "v1beta4" ? given.encryptionAlgorithm : undefined,
    clusterName: facts.clusterName,
    controlPlaneEndpoint: given.controlPlaneEndpoint ?? facts.controlPlaneEndpoint,
    controllerManager: present(component(given.controllerManager, version)),
    dns: asYaml(given.dns),
    etcd: etcd(given.etcd, version),
    featureGates: given.featureGates,
    imageRepository: given.imageRepository,
    kubernetesVersion: facts.kubernetesVersion,
    networking: present({
      dnsDomain: facts.dnsDomain,
      podSubnet: facts.podSubnet,
      serviceSubnet: facts.serviceSubnet
    }),
    scheduler: present(component(given.scheduler, version))
  })

const days = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${value * 24}h`)

/** The InitConfiguration document. */
export const initConfigurationDocument = (given: KubeadmInitConfiguration, version: KubeadmApiVersion): string =>
  blockYaml({
    apiVersion: apiVersionLine(version),
    kind: "InitConfiguration",
    bootstrapTokens: given.bootstrapTokens?.map(({ ttlSeconds, ...token }) => ({ ...token, ttl: seconds(ttlSeconds) })),
    localAPIEndpoint: asYaml(given.localAPIEndpoint),
    nodeRegistration: nodeRegistration(given.nodeRegistration, version),
    patches: version === "v1beta2" ? undefined : asYaml(given.patches),
    skipPhases: version === "v1beta2" ? undefined : given.skipPhases,
    timeouts: timeouts(given.timeouts, version)
  })

/** The JoinConfiguration document. */
export const joinConfigurationDocument = (given: KubeadmJoinConfiguration, version: KubeadmApiVersion): string => {
  const { bootstrapToken, file, tlsBootstrapToken } = given.discovery ?? {}
  return blockYaml({
    apiVersion: apiVersionLine(version),
    kind: "JoinConfiguration",
    caCertPath: given.caCertPath,
    controlPlane: asYaml(given.controlPlane),
    discovery: present({
      bootstrapToken:
        bootstrapToken === undefined
          ? undefined
          : {
              apiServerEndpoint: bootstrapToken.apiServerEndpoint,
              caCertHashes: bootstrapToken.caCertHashes,
              token: bootstrapToken.token,
              unsafeSkipCAVerification: bootstrapToken.unsafeSkipCAVerification
            },
      file: file === undefined ? undefined : { kubeConfigPath: file.kubeConfigPath },
      tlsBootstrapToken
    }),
    nodeRegistration: nodeRegistration(given.nodeRegistration, version),
    patches: version === "v1beta2" ? undefined : asYaml(given.patches),
    skipPhases: version === "v1beta2" ? undefined : given.skipPhases,
    timeouts: timeouts(given.timeouts, version)
  })
}
