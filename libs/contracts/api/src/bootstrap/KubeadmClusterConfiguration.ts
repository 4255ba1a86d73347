/**
 * What kubeadm is told of the cluster as a whole, before versions and networks are filled in.
 *
 * The shape follows kubeadm's own ClusterConfiguration, without what Cluster API computes (name, version, networks).
 *
 * @source https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/#kubeadm-k8s-io-v1beta4-ClusterConfiguration
 */
import { Schema } from "effect"
import {
  dictionary,
  int32,
  IntOrString,
  list,
  struct,
  text,
  withDefault,
  withRules,
  withStructure
} from "../StructuralSchema.ts"

/** A flag of a component, without its dashes. */
export const KubeadmArg = Schema.Struct({
  name: text({ minLength: 1, maxLength: 256 }),
  value: text({ minLength: 0, maxLength: 1024 })
})
export interface KubeadmArg extends Schema.Schema.Type<typeof KubeadmArg> {}

/** An environment variable of a static Pod. */
export const KubeadmEnvVar = Schema.Struct({
  name: Schema.String,
  value: Schema.optionalKey(Schema.String),
  valueFrom: Schema.optionalKey(
    Schema.Struct({
      configMapKeyRef: Schema.optionalKey(
        struct(
          {
            key: Schema.String,
            name: Schema.optionalKey(withDefault(Schema.String, "")),
            optional: Schema.optionalKey(Schema.Boolean)
          },
          { atomic: true }
        )
      ),
      fieldRef: Schema.optionalKey(
        struct(
          {
            apiVersion: Schema.optionalKey(Schema.String),
            fieldPath: Schema.String
          },
          { atomic: true }
        )
      ),
      fileKeyRef: Schema.optionalKey(
        struct(
          {
            key: Schema.String,
            optional: Schema.optionalKey(withDefault(Schema.Boolean, false)),
            path: Schema.String,
            volumeName: Schema.String
          },
          { atomic: true }
        )
      ),
      resourceFieldRef: Schema.optionalKey(
        struct(
          {
            containerName: Schema.optionalKey(Schema.String),
            divisor: Schema.optionalKey(
              withStructure(IntOrString, {
                pattern:
                  "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
              })
            ),
            resource: Schema.String
          },
          { atomic: true }
        )
      ),
      secretKeyRef: Schema.optionalKey(
        struct(
          {
            key: Schema.String,
            name: Schema.optionalKey(withDefault(Schema.String, "")),
            optional: Schema.optionalKey(Schema.Boolean)
          },
          { atomic: true }
        )
      )
    })
  )
})
export interface KubeadmEnvVar extends Schema.Schema.Type<typeof KubeadmEnvVar> {}

/** A directory of the host that a static Pod sees. */
export const HostPathMount = Schema.Struct({
  hostPath: text({ minLength: 1, maxLength: 512 }),
  mountPath: text({ minLength: 1, maxLength: 512 }),
  name: text({ minLength: 1, maxLength: 512 }),
  pathType: Schema.optionalKey(Schema.String),
  readOnly: Schema.optionalKey(Schema.Boolean)
})
export interface HostPathMount extends Schema.Schema.Type<typeof HostPathMount> {}

/** Extras of kube-apiserver. */
export const KubeadmApiServer = struct(
  {
    certSANs: Schema.optionalKey(
      list(text({ minLength: 1, maxLength: 253 }), { minItems: 1, maxItems: 100, type: "atomic" })
    ),
    extraArgs: Schema.optionalKey(
      withRules(list(KubeadmArg, { minItems: 1, maxItems: 100, keys: ["name", "value"] }), {
        message: "extraArgs name must be unique",
        rule: "self.all(x, self.exists_one(y, x.name == y.name))"
      })
    ),
    extraEnvs: Schema.optionalKey(list(KubeadmEnvVar, { minItems: 1, maxItems: 100, type: "atomic" })),
    extraVolumes: Schema.optionalKey(list(HostPathMount, { minItems: 1, maxItems: 100, type: "atomic" }))
  },
  { minProperties: 1 }
)
export interface KubeadmApiServer extends Schema.Schema.Type<typeof KubeadmApiServer> {}

/** Extras of kube-controller-manager or kube-scheduler. */
export const KubeadmControlPlaneComponent = struct(
  {
    extraArgs: Schema.optionalKey(
      withRules(list(KubeadmArg, { minItems: 1, maxItems: 100, keys: ["name", "value"] }), {
        message: "extraArgs name must be unique",
        rule: "self.all(x, self.exists_one(y, x.name == y.name))"
      })
    ),
    extraEnvs: Schema.optionalKey(list(KubeadmEnvVar, { minItems: 1, maxItems: 100, type: "atomic" })),
    extraVolumes: Schema.optionalKey(list(HostPathMount, { minItems: 1, maxItems: 100, type: "atomic" }))
  },
  { minProperties: 1 }
)
export interface KubeadmControlPlaneComponent extends Schema.Schema.Type<typeof KubeadmControlPlaneComponent> {}

/** The etcd that runs beside each API server. */
export const KubeadmLocalEtcd = struct(
  {
    dataDir: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
    extraArgs: Schema.optionalKey(
      withRules(list(KubeadmArg, { minItems: 1, maxItems: 100, keys: ["name", "value"] }), {
        message: "extraArgs name must be unique",
        rule: "self.all(x, self.exists_one(y, x.name == y.name))"
      })
    ),
    extraEnvs: Schema.optionalKey(list(KubeadmEnvVar, { minItems: 1, maxItems: 100, type: "atomic" })),
    imageRepository: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
    imageTag: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
    peerCertSANs: Schema.optionalKey(
      list(text({ minLength: 1, maxLength: 253 }), { minItems: 1, maxItems: 100, type: "atomic" })
    ),
    serverCertSANs: Schema.optionalKey(
      list(text({ minLength: 1, maxLength: 253 }), { minItems: 1, maxItems: 100, type: "atomic" })
    )
  },
  { minProperties: 1 }
)
export interface KubeadmLocalEtcd extends Schema.Schema.Type<typeof KubeadmLocalEtcd> {}

/** An etcd that someone else runs. */
export const KubeadmExternalEtcd = Schema.Struct({
  caFile: text({ minLength: 1, maxLength: 512 }),
  certFile: text({ minLength: 1, maxLength: 512 }),
  endpoints: list(text({ minLength: 1, maxLength: 512 }), { minItems: 1, maxItems: 50, type: "atomic" }),
  keyFile: text({ minLength: 1, maxLength: 512 })
})
export interface KubeadmExternalEtcd extends Schema.Schema.Type<typeof KubeadmExternalEtcd> {}

/** The ClusterConfiguration of a KubeadmConfig. */
export const KubeadmClusterConfiguration = struct(
  {
    apiServer: Schema.optionalKey(KubeadmApiServer),
    caCertificateValidityPeriodDays: Schema.optionalKey(int32({ minimum: 1, maximum: 36500 })),
    certificateValidityPeriodDays: Schema.optionalKey(int32({ minimum: 1, maximum: 1095 })),
    certificatesDir: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
    controlPlaneEndpoint: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
    controllerManager: Schema.optionalKey(KubeadmControlPlaneComponent),
    dns: Schema.optionalKey(
      struct(
        {
          imageRepository: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
          imageTag: Schema.optionalKey(text({ minLength: 1, maxLength: 256 }))
        },
        { minProperties: 1 }
      )
    ),
    encryptionAlgorithm: Schema.optionalKey(
      Schema.Literals(["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"])
    ),
    etcd: Schema.optionalKey(
      struct(
        {
          external: Schema.optionalKey(KubeadmExternalEtcd),
          local: Schema.optionalKey(KubeadmLocalEtcd)
        },
        { minProperties: 1 }
      )
    ),
    featureGates: Schema.optionalKey(dictionary(Schema.Boolean)),
    imageRepository: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
    scheduler: Schema.optionalKey(KubeadmControlPlaneComponent)
  },
  { minProperties: 1 }
)
export interface KubeadmClusterConfiguration extends Schema.Schema.Type<typeof KubeadmClusterConfiguration> {}
