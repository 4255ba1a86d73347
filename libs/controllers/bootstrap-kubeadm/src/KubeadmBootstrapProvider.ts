/**
 * The kubeadm bootstrap provider: decides whether a machine inits, joins as control plane or joins as worker, and
 * writes the cloud-config for it.
 *
 * One machine inits, under the lock; all others wait for the control plane. What a join needs to find and trust the cluster
 * is filled into the config's own spec first, as upstream does, so that a crash on the way repeats nothing.
 *
 * Left out: the Ignition format, and machine pools with their rotation of tokens.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/bootstrap/kubeadm-bootstrap/
 */
import {
  type Cluster,
  ClusterCondition,
  controllerReference,
  isTrue,
  keyOf,
  KubeadmConfig,
  type KubeadmConfigBody,
  type KubeadmConfigSpec,
  KubeadmConfigTemplate,
  type Machine,
  setCondition,
  uninitializedTaint
} from "@capstan/api"
import { type ApiError, KubernetesApi } from "@capstan/kubernetes"
import {
  type AnyBootstrapProvider,
  type BootstrapOutcome,
  type BootstrapScope,
  CertificateAuthority,
  defineBootstrapProvider,
  ProviderError,
  type Waiting
} from "@capstan/provider"
import {
  boundTo,
  Cache,
  ClusterCache,
  type ClusterCertificates,
  type ClusterNotConnected,
  ensureCertificates,
  lookupCertificates
} from "@capstan/runtime"
import { Clock, type Context, DateTime, Effect } from "effect"
import { createToken, refreshToken, tokenCheckMillis } from "./BootstrapTokens.ts"
import { renderCloudConfig, type CloudFile } from "./CloudConfig.ts"
import { acquireInitLock, releaseInitLock } from "./InitLock.ts"
import { kubeadmApiVersion, type KubeadmApiVersion } from "./KubeadmApiVersion.ts"
import {
  clusterConfigurationDocument,
  type ClusterFacts,
  initConfigurationDocument,
  joinConfigurationDocument
} from "./KubeadmDocuments.ts"
import { pkiFiles } from "./PkiFiles.ts"
import { userFiles, users } from "./UserContent.ts"

type Scope = BootstrapScope<KubeadmConfigBody>
export type BootstrapServices = KubernetesApi | Cache | ClusterCache | CertificateAuthority

const controlPlaneWaitMillis = 30_000
const endpointWaitMillis = 10_000

const waiting = (message: string, requeueAfterMillis: number): Waiting => ({
  _tag: "Waiting",
  reason: "NotAvailable",
  message,
  requeueAfterMillis
})

const failure = (message: string): ProviderError => new ProviderError({ reason: "DataSecretGenerationFailed", message })

/** Everything that goes wrong on the way to the data is tried again by the harness. */
const asProviderError = <A, R>(
  effect: Effect.Effect<A, { readonly message: string; readonly _tag: string }, R>
): Effect.Effect<A, ProviderError, R> =>
  Effect.mapError(effect, (error) => (error instanceof ProviderError ? error : failure(error.message)))

const endpointOf = (cluster: Cluster): string | undefined => {
  const { host, port } = cluster.spec.controlPlaneEndpoint ?? {}
  if (host === undefined || host === "" || port === undefined || port === 0) return undefined
  return `${host.includes(":") ? `[${host}]` : host}:${port}`
}

const versionOf = (
  machine: Machine
): { readonly kubernetes: string; readonly kubeadm: KubeadmApiVersion } | ProviderError => {
  const kubernetes = machine.spec.version
  const kubeadm = kubernetes === undefined ? undefined : kubeadmApiVersion(kubernetes)
  return kubernetes === undefined || kubeadm === undefined
    ? failure(`there is no kubeadm configuration for Kubernetes version ${kubernetes ?? "(none)"}`)
    : { kubernetes, kubeadm }
}

const clusterFacts = (cluster: Cluster, kubernetesVersion: string): ClusterFacts => ({
  clusterName: cluster.metadata.name,
  controlPlaneEndpoint: endpointOf(cluster),
  kubernetesVersion,
  dnsDomain: cluster.spec.clusterNetwork?.serviceDomain,
  serviceSubnet: cluster.spec.clusterNetwork?.services?.cidrBlocks?.join(","),
  podSubnet: cluster.spec.clusterNetwork?.pods?.cidrBlocks?.join(",")
})

const kubeadmFile = (path: string, content: string): CloudFile => ({
  path,
  owner: "root:root",
  permissions: "0640",
  content
})

const specOf = (scope: Scope): KubeadmConfigSpec => scope.config.get().spec ?? {}

const noteCertificates = Effect.fnUntraced(function* (scope: Scope) {
  const now = `${DateTime.formatIso(DateTime.makeUnsafe(yield* Clock.currentTimeMillis)).slice(0, 19)}Z`
  scope.config.change((config) => {
    const conditions = setCondition(
      config.status?.conditions,
      {
        type: "CertificatesAvailable",
        status: "True",
        reason: "Available",
        message: "",
        ...(config.metadata.generation === undefined ? {} : { observedGeneration: config.metadata.generation })
      },
      now
    )
    return conditions === config.status?.conditions ? config : { ...config, status: { ...config.status, conditions } }
  })
})

const requireCertificates = (
  found: ClusterCertificates,
  purposes: ReadonlyArray<keyof ClusterCertificates>
): ProviderError | undefined => {
  const missing = purposes.filter((purpose) => found[purpose] === undefined)
  return missing.length === 0 ? undefined : failure(`missing certificates: ${missing.join(", ")}`)
}

const render = Effect.fnUntraced(function* (options: {
  readonly scope: Scope
  readonly files: ReadonlyArray<CloudFile>
  readonly kubeadm: ReadonlyArray<CloudFile>
  readonly command: string
}) {
  const { scope } = options
  const spec = specOf(scope)
  const { namespace } = keyOf(scope.cluster)
  const own = yield* userFiles({ namespace, spec, controlPlaneVersion: scope.machine.spec.version })
  return renderCloudConfig({
    files: [...options.files, ...own, ...options.kubeadm],
    kubeadmCommand: options.command,
    spec,
    users: yield* users(namespace, spec)
  })
})

const generateInit = Effect.fnUntraced(function* (scope: Scope) {
  const { cluster } = scope
  const version = versionOf(scope.machine)
  if (version instanceof ProviderError) return yield* version
  const certificates =
    cluster.spec.controlPlaneRef === undefined
      ? yield* ensureCertificates({ cluster, owner: controllerReference(scope.config.get()) })
      : yield* lookupCertificates(keyOf(cluster))
  const missing = requireCertificates(certificates, ["ca", "etcd", "proxy", "sa"])
  if (missing !== undefined) return yield* missing
  yield* noteCertificates(scope)
  const spec = specOf(scope)
  const init = spec.initConfiguration ?? {}
  const documents = [
    clusterConfigurationDocument(
      spec.clusterConfiguration ?? {},
      clusterFacts(cluster, version.kubernetes),
      version.kubeadm,
      init.timeouts
    ),
    initConfigurationDocument(init, version.kubeadm)
  ]
  return yield* render({
    scope,
    files: pkiFiles(certificates, spec.clusterConfiguration?.certificatesDir),
    kubeadm: [kubeadmFile("/run/kubeadm/kubeadm.yaml", documents.map((document) => `---\n${document}`).join(""))],
    command: "kubeadm init --config /run/kubeadm/kubeadm.yaml"
  })
})

/** How the machine joins. One that was to initialise the cluster and came second registers as it would have then. */
const joinOf = (scope: Scope): NonNullable<ReturnType<typeof specOf>["joinConfiguration"]> => {
  const { initConfiguration, joinConfiguration } = specOf(scope)
  if (joinConfiguration !== undefined) return joinConfiguration
  const nodeRegistration = initConfiguration?.nodeRegistration
  return nodeRegistration === undefined ? {} : { nodeRegistration }
}

/** Fills in how the machine finds and trusts the cluster, and writes it to the config before it is used. */
const ensureDiscovery = Effect.fnUntraced(function* (
  scope: Scope,
  endpoint: string,
  certificates: ClusterCertificates
) {
  const authority = yield* CertificateAuthority
  const clusters = yield* ClusterCache
  const join = joinOf(scope)
  const given = join.discovery?.bootstrapToken ?? {}
  if (join.discovery?.file !== undefined) return
  const caCertHashes =
    given.caCertHashes ??
    (certificates.ca === undefined ? [] : [yield* authority.publicKeyHash(certificates.ca.certificate)])
  const token = given.token ?? (yield* createToken(yield* clusters.client(keyOf(scope.cluster))))
  const bootstrapToken = {
    ...given,
    token,
    apiServerEndpoint: given.apiServerEndpoint ?? endpoint,
    ...(caCertHashes.length === 0 ? { unsafeSkipCAVerification: true } : { caCertHashes })
  }
  scope.config.change((config) => ({
    ...config,
    spec: {
      ...config.spec,
      joinConfiguration: { ...join, discovery: { ...join.discovery, bootstrapToken } }
    }
  }))
  yield* scope.config.persist
})

const discoveryFile = (scope: Scope, endpoint: string, certificates: ClusterCertificates): ReadonlyArray<CloudFile> => {
  const file = specOf(scope).joinConfiguration?.discovery?.file
  if (file?.kubeConfig === undefined) return []
  const { cluster, user } = file.kubeConfig
  const document = JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "default",
        cluster: {
          server: cluster?.server ?? `https://${endpoint}`,
          "certificate-authority-data":
            cluster?.certificateAuthorityData ??
            (certificates.ca === undefined ? undefined : btoa(certificates.ca.certificate)),
          "insecure-skip-tls-verify": cluster?.insecureSkipTLSVerify,
          "proxy-url": cluster?.proxyURL,
          "tls-server-name": cluster?.tlsServerName
        }
      }
    ],
    contexts: [{ name: "default", context: { cluster: "default", user: "default" } }],
    "current-context": "default",
    users: [
      {
        name: "default",
        user: {
          "auth-provider": user.authProvider,
          exec: user.exec === undefined ? undefined : { ...user.exec, interactiveMode: "Never" }
        }
      }
    ]
  })
  return [kubeadmFile(file.kubeConfigPath, document)]
}

const generateJoin = Effect.fnUntraced(function* (scope: Scope) {
  const { cluster, isControlPlane } = scope
  const version = versionOf(scope.machine)
  if (version instanceof ProviderError) return yield* version
  const endpoint = endpointOf(cluster)
  if (endpoint === undefined)
    return waiting("Waiting for Cluster spec.controlPlaneEndpoint to be set", endpointWaitMillis)
  if (!isControlPlane && specOf(scope).joinConfiguration?.controlPlane !== undefined) {
    return yield* failure("a worker's joinConfiguration.controlPlane must not be set")
  }
  const certificates = yield* lookupCertificates(keyOf(cluster), isControlPlane ? undefined : ["ca"])
  const missing = requireCertificates(certificates, isControlPlane ? ["ca", "etcd", "proxy", "sa"] : ["ca"])
  if (missing !== undefined) return yield* missing
  yield* noteCertificates(scope)
  yield* ensureDiscovery(scope, endpoint, certificates)

  const spec = specOf(scope)
  const join = spec.joinConfiguration ?? {}
  const asJoined = isControlPlane
    ? { ...join, controlPlane: join.controlPlane ?? {} }
    : {
        ...join,
        nodeRegistration: {
          ...join.nodeRegistration,
          taints: [...(join.nodeRegistration?.taints ?? []), uninitializedTaint]
        }
      }
  const value = yield* render({
    scope,
    files: isControlPlane ? pkiFiles(certificates, spec.clusterConfiguration?.certificatesDir) : [],
    kubeadm: [
      ...discoveryFile(scope, endpoint, certificates),
      kubeadmFile("/run/kubeadm/kubeadm-join-config.yaml", joinConfigurationDocument(asJoined, version.kubeadm))
    ],
    command: "kubeadm join --config /run/kubeadm/kubeadm-join-config.yaml"
  })
  return {
    _tag: "Generated",
    value,
    format: "cloud-config",
    requeueAfterMillis: tokenCheckMillis
  } satisfies BootstrapOutcome
})

const generate = Effect.fnUntraced(function* (
  scope: Scope
): Effect.fn.Return<
  BootstrapOutcome,
  ApiError | ProviderError | ClusterNotConnected | { readonly _tag: "CertificateError"; readonly message: string },
  BootstrapServices
> {
  if (specOf(scope).format === "ignition") {
    return yield* failure("format ignition is not supported; use cloud-config")
  }
  const { cluster } = scope
  if (isTrue(cluster.status?.conditions, ClusterCondition.ControlPlaneInitialized)) {
    yield* releaseInitLockOf(scope)
    return yield* generateJoin(scope)
  }
  const message = "Waiting for Cluster control plane to be initialized"
  if (!scope.isControlPlane) return waiting(message, controlPlaneWaitMillis)
  if (!(yield* acquireInitLock(cluster, scope.machine))) return waiting(message, controlPlaneWaitMillis)
  const value = yield* Effect.tapError(generateInit(scope), () => releaseInitLock(cluster))
  return { _tag: "Generated", value, format: "cloud-config" }
})

/** Only control-plane machines ever took the lock; workers need not ask for it again and again. */
const releaseInitLockOf = (scope: Scope): Effect.Effect<void, ApiError, KubernetesApi> =>
  scope.isControlPlane ? releaseInitLock(scope.cluster) : Effect.void

const refresh = Effect.fnUntraced(function* (scope: Scope) {
  const token = specOf(scope).joinConfiguration?.discovery?.bootstrapToken?.token
  if (token === undefined || scope.machine.status?.nodeRef !== undefined) return {}
  const clusters = yield* ClusterCache
  yield* refreshToken(yield* clusters.client(keyOf(scope.cluster)), token)
  return { requeueAfterMillis: tokenCheckMillis }
})

/** The provider, bound to the manager's services. */
export const kubeadmBootstrapProvider: Effect.Effect<AnyBootstrapProvider, never, BootstrapServices> = Effect.map(
  Effect.context<BootstrapServices>(),
  (services: Context.Context<BootstrapServices>) =>
    defineBootstrapProvider<KubeadmConfigBody>({
      name: "kubeadm",
      kinds: { config: KubeadmConfig, others: [KubeadmConfigTemplate] },
      controller: "kubeadmconfig",
      concurrency: 100,
      generate: (scope) => boundTo(services)(asProviderError(generate(scope))),
      refresh: (scope) => boundTo(services)(asProviderError(refresh(scope))),
      remove: () => Effect.void
    })
)
