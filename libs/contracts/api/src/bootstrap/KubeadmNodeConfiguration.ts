/**
 * What kubeadm is told of one node: to begin a cluster (init) or to join one.
 *
 * @source https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/
 */
import { Schema } from "effect"
import { dictionary, int32, list, struct, text, Timestamp, withRules } from "../StructuralSchema.ts"
import { KubeadmArg } from "./KubeadmClusterConfiguration.ts"

/** A token with which nodes may join. */
export const BootstrapToken = Schema.Struct({
  description: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
  expires: Schema.optionalKey(Timestamp),
  groups: Schema.optionalKey(
    list(text({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 100, type: "atomic" })
  ),
  token: text({ minLength: 1, maxLength: 23 }),
  ttlSeconds: Schema.optionalKey(int32({ minimum: 0 })),
  usages: Schema.optionalKey(
    list(text({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 100, type: "atomic" })
  )
})
export interface BootstrapToken extends Schema.Schema.Type<typeof BootstrapToken> {}

/** A taint as Node specs have it. */
export const KubernetesTaint = Schema.Struct({
  effect: Schema.String,
  key: Schema.String,
  timeAdded: Schema.optionalKey(Timestamp),
  value: Schema.optionalKey(Schema.String)
})
export interface KubernetesTaint extends Schema.Schema.Type<typeof KubernetesTaint> {}

/** How the kubelet registers its Node. Absent `taints` means the taint of control planes, an empty list means none. */
export const NodeRegistrationOptions = struct(
  {
    criSocket: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
    ignorePreflightErrors: Schema.optionalKey(
      list(text({ minLength: 1, maxLength: 512 }), { minItems: 1, maxItems: 50, type: "atomic" })
    ),
    imagePullPolicy: Schema.optionalKey(Schema.Literals(["Always", "IfNotPresent", "Never"])),
    imagePullSerial: Schema.optionalKey(Schema.Boolean),
    kubeletExtraArgs: Schema.optionalKey(
      withRules(list(KubeadmArg, { minItems: 1, maxItems: 100, keys: ["name", "value"] }), {
        message: "kubeletExtraArgs name must be unique",
        rule: "self.all(x, self.exists_one(y, x.name == y.name))"
      })
    ),
    name: Schema.optionalKey(text({ minLength: 1, maxLength: 253 })),
    taints: Schema.optionalKey(list(KubernetesTaint, { minItems: 0, maxItems: 100 }))
  },
  { minProperties: 1 }
)
export interface NodeRegistrationOptions extends Schema.Schema.Type<typeof NodeRegistrationOptions> {}

/** Where the API server of this node listens. */
export const LocalAPIEndpoint = struct(
  {
    advertiseAddress: Schema.optionalKey(text({ minLength: 1, maxLength: 39 })),
    bindPort: Schema.optionalKey(int32({ minimum: 1 }))
  },
  { minProperties: 1 }
)
export interface LocalAPIEndpoint extends Schema.Schema.Type<typeof LocalAPIEndpoint> {}

/** Time limits of kubeadm. Seconds. */
export const KubeadmTimeouts = struct(
  {
    controlPlaneComponentHealthCheckSeconds: Schema.optionalKey(int32({ minimum: 0 })),
    discoverySeconds: Schema.optionalKey(int32({ minimum: 0 })),
    etcdAPICallSeconds: Schema.optionalKey(int32({ minimum: 0 })),
    kubeletHealthCheckSeconds: Schema.optionalKey(int32({ minimum: 0 })),
    kubernetesAPICallSeconds: Schema.optionalKey(int32({ minimum: 0 })),
    tlsBootstrapSeconds: Schema.optionalKey(int32({ minimum: 0 }))
  },
  { minProperties: 1 }
)
export interface KubeadmTimeouts extends Schema.Schema.Type<typeof KubeadmTimeouts> {}

/** A directory with patches for the files that kubeadm writes. */
export const KubeadmPatches = struct(
  {
    directory: Schema.optionalKey(text({ minLength: 1, maxLength: 512 }))
  },
  { minProperties: 1 }
)
export interface KubeadmPatches extends Schema.Schema.Type<typeof KubeadmPatches> {}

/** The InitConfiguration of a KubeadmConfig. */
export const KubeadmInitConfiguration = struct(
  {
    bootstrapTokens: Schema.optionalKey(list(BootstrapToken, { minItems: 1, maxItems: 100, type: "atomic" })),
    localAPIEndpoint: Schema.optionalKey(LocalAPIEndpoint),
    nodeRegistration: Schema.optionalKey(NodeRegistrationOptions),
    patches: Schema.optionalKey(KubeadmPatches),
    skipPhases: Schema.optionalKey(
      list(text({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 50, type: "atomic" })
    ),
    timeouts: Schema.optionalKey(KubeadmTimeouts)
  },
  { minProperties: 1 }
)
export interface KubeadmInitConfiguration extends Schema.Schema.Type<typeof KubeadmInitConfiguration> {}

/** Finding the cluster with a token and the hash of its certificate authority. */
export const BootstrapTokenDiscovery = struct(
  {
    apiServerEndpoint: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
    caCertHashes: Schema.optionalKey(
      list(text({ minLength: 1, maxLength: 512 }), { minItems: 1, maxItems: 100, type: "atomic" })
    ),
    token: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
    unsafeSkipCAVerification: Schema.optionalKey(Schema.Boolean)
  },
  { minProperties: 1 }
)
export interface BootstrapTokenDiscovery extends Schema.Schema.Type<typeof BootstrapTokenDiscovery> {}

/** The kubeconfig file, when it is to be written. */
export const FileDiscoveryKubeConfig = Schema.Struct({
  cluster: Schema.optionalKey(
    struct(
      {
        certificateAuthorityData: Schema.optionalKey(text({ minLength: 1, maxLength: 51200, format: "byte" })),
        insecureSkipTLSVerify: Schema.optionalKey(Schema.Boolean),
        proxyURL: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
        server: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
        tlsServerName: Schema.optionalKey(text({ minLength: 1, maxLength: 512 }))
      },
      { minProperties: 1 }
    )
  ),
  user: struct(
    {
      authProvider: Schema.optionalKey(
        Schema.Struct({
          config: Schema.optionalKey(dictionary(Schema.String)),
          name: text({ minLength: 1, maxLength: 256 })
        })
      ),
      exec: Schema.optionalKey(
        Schema.Struct({
          apiVersion: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
          args: Schema.optionalKey(
            list(text({ minLength: 1, maxLength: 512 }), { minItems: 1, maxItems: 100, type: "atomic" })
          ),
          command: text({ minLength: 1, maxLength: 1024 }),
          env: Schema.optionalKey(
            list(
              Schema.Struct({
                name: text({ minLength: 1, maxLength: 512 }),
                value: text({ minLength: 1, maxLength: 512 })
              }),
              { minItems: 1, maxItems: 100, type: "atomic" }
            )
          ),
          provideClusterInfo: Schema.optionalKey(Schema.Boolean)
        })
      )
    },
    { minProperties: 1 }
  )
})
export interface FileDiscoveryKubeConfig extends Schema.Schema.Type<typeof FileDiscoveryKubeConfig> {}

/** Finding the cluster with a kubeconfig file. */
export const FileDiscovery = Schema.Struct({
  kubeConfig: Schema.optionalKey(FileDiscoveryKubeConfig),
  kubeConfigPath: text({ minLength: 1, maxLength: 512 })
})
export interface FileDiscovery extends Schema.Schema.Type<typeof FileDiscovery> {}

/** How a joining node finds the cluster and comes to trust it. */
export const KubeadmDiscovery = struct(
  {
    bootstrapToken: Schema.optionalKey(BootstrapTokenDiscovery),
    file: Schema.optionalKey(FileDiscovery),
    tlsBootstrapToken: Schema.optionalKey(text({ minLength: 1, maxLength: 512 }))
  },
  { minProperties: 1 }
)
export interface KubeadmDiscovery extends Schema.Schema.Type<typeof KubeadmDiscovery> {}

/** The JoinConfiguration of a KubeadmConfig. */
export const KubeadmJoinConfiguration = struct(
  {
    caCertPath: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
    controlPlane: Schema.optionalKey(
      Schema.Struct({
        localAPIEndpoint: Schema.optionalKey(LocalAPIEndpoint)
      })
    ),
    discovery: Schema.optionalKey(KubeadmDiscovery),
    nodeRegistration: Schema.optionalKey(NodeRegistrationOptions),
    patches: Schema.optionalKey(KubeadmPatches),
    skipPhases: Schema.optionalKey(
      list(text({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 50, type: "atomic" })
    ),
    timeouts: Schema.optionalKey(KubeadmTimeouts)
  },
  { minProperties: 1 }
)
export interface KubeadmJoinConfiguration extends Schema.Schema.Type<typeof KubeadmJoinConfiguration> {}
