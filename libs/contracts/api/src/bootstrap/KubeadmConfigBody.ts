/**
 * The body of a KubeadmConfig: its spec and status as schemas.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/bootstrap/kubeadm-bootstrap/
 */
import { Schema } from "effect"
import { int32, int64, list, struct, text, withRules } from "../StructuralSchema.ts"
import { Conditions, LegacyConditions } from "../cluster/SharedStructures.ts"
import { KubeadmClusterConfiguration } from "./KubeadmClusterConfiguration.ts"
import { KubeadmInitConfiguration, KubeadmJoinConfiguration } from "./KubeadmNodeConfiguration.ts"

/** A file system. */
export const DiskFilesystem = Schema.Struct({
  device: text({ minLength: 1, maxLength: 256 }),
  extraOpts: Schema.optionalKey(list(text({ minLength: 1, maxLength: 256 }), { maxItems: 100, type: "atomic" })),
  filesystem: text({ minLength: 1, maxLength: 128 }),
  label: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
  overwrite: Schema.optionalKey(Schema.Boolean),
  partition: Schema.optionalKey(text({ minLength: 1, maxLength: 128 })),
  replaceFS: Schema.optionalKey(text({ minLength: 1, maxLength: 128 }))
})
export interface DiskFilesystem extends Schema.Schema.Type<typeof DiskFilesystem> {}

/** The partitions of a device. */
export const DiskPartition = withRules(
  Schema.Struct({
    device: text({ minLength: 1, maxLength: 256 }),
    diskLayout: Schema.optionalKey(
      list(
        Schema.Struct({
          partitionType: Schema.optionalKey(
            withRules(text({ minLength: 1, maxLength: 36 }), {
              message:
                "partitionType must be one of Linux, LinuxSwap, LinuxRAID, LVM, Fat32, NTFS, LinuxExtended or a full GPT partition GUID",
              rule: "self.matches('^(Linux|LinuxSwap|LinuxRAID|LVM|Fat32|NTFS|LinuxExtended|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$')"
            })
          ),
          percentage: int32({ minimum: 1, maximum: 100 })
        }),
        { minItems: 1, maxItems: 100, type: "atomic" }
      )
    ),
    layout: Schema.optionalKey(Schema.Boolean),
    overwrite: Schema.optionalKey(Schema.Boolean),
    tableType: Schema.optionalKey(Schema.Literals(["mbr", "gpt"]))
  }),
  {
    message: "exactly one of the fields in [layout diskLayout] must be set",
    rule: "[has(self.layout),has(self.diskLayout)].filter(x,x==true).size() == 1"
  }
)
export interface DiskPartition extends Schema.Schema.Type<typeof DiskPartition> {}

/** Partitions and file systems that are made before kubeadm runs. */
export const DiskSetup = struct(
  {
    filesystems: Schema.optionalKey(list(DiskFilesystem, { maxItems: 100, type: "atomic" })),
    partitions: Schema.optionalKey(list(DiskPartition, { maxItems: 100, type: "atomic" }))
  },
  { minProperties: 1 }
)
export interface DiskSetup extends Schema.Schema.Type<typeof DiskSetup> {}

/** A file that is written before kubeadm runs. */
export const KubeadmFile = Schema.Struct({
  append: Schema.optionalKey(Schema.Boolean),
  content: Schema.optionalKey(text({ minLength: 1, maxLength: 10240 })),
  contentFormat: Schema.optionalKey(Schema.Literals(["Raw", "Template"])),
  contentFrom: Schema.optionalKey(
    Schema.Struct({
      secret: Schema.Struct({
        key: text({ minLength: 1, maxLength: 256 }),
        name: text({ minLength: 1, maxLength: 253 })
      })
    })
  ),
  encoding: Schema.optionalKey(Schema.Literals(["base64", "gzip", "gzip+base64"])),
  owner: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  path: text({ minLength: 1, maxLength: 512 }),
  permissions: Schema.optionalKey(text({ minLength: 1, maxLength: 16 }))
})
export interface KubeadmFile extends Schema.Schema.Type<typeof KubeadmFile> {}

/** Extras of the Ignition format. */
export const IgnitionSpec = struct(
  {
    containerLinuxConfig: Schema.optionalKey(
      struct(
        {
          additionalConfig: Schema.optionalKey(text({ minLength: 1, maxLength: 32768 })),
          strict: Schema.optionalKey(Schema.Boolean)
        },
        { minProperties: 1 }
      )
    )
  },
  { minProperties: 1 }
)
export interface IgnitionSpec extends Schema.Schema.Type<typeof IgnitionSpec> {}

/** Time servers. */
export const NTP = struct(
  {
    enabled: Schema.optionalKey(Schema.Boolean),
    servers: Schema.optionalKey(list(text({ minLength: 1, maxLength: 512 }), { maxItems: 100, type: "atomic" }))
  },
  { minProperties: 1 }
)
export interface NTP extends Schema.Schema.Type<typeof NTP> {}

/** A user that is created before kubeadm runs. */
export const KubeadmUser = Schema.Struct({
  gecos: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  groups: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  homeDir: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  inactive: Schema.optionalKey(Schema.Boolean),
  lockPassword: Schema.optionalKey(Schema.Boolean),
  name: text({ minLength: 1, maxLength: 256 }),
  passwd: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  passwdFrom: Schema.optionalKey(
    Schema.Struct({
      secret: Schema.Struct({
        key: text({ minLength: 1, maxLength: 256 }),
        name: text({ minLength: 1, maxLength: 253 })
      })
    })
  ),
  primaryGroup: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  shell: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  sshAuthorizedKeys: Schema.optionalKey(
    list(text({ minLength: 1, maxLength: 2048 }), { maxItems: 100, type: "atomic" })
  ),
  sudo: Schema.optionalKey(text({ minLength: 1, maxLength: 256 }))
})
export interface KubeadmUser extends Schema.Schema.Type<typeof KubeadmUser> {}

/** What kubeadm is told, and what happens around it. Also the body of every template. */
export const KubeadmConfigSpec = struct(
  {
    bootCommands: Schema.optionalKey(
      list(text({ minLength: 1, maxLength: 10240 }), { minItems: 1, maxItems: 1000, type: "atomic" })
    ),
    clusterConfiguration: Schema.optionalKey(KubeadmClusterConfiguration),
    diskSetup: Schema.optionalKey(DiskSetup),
    files: Schema.optionalKey(list(KubeadmFile, { minItems: 1, maxItems: 200, type: "atomic" })),
    format: Schema.optionalKey(Schema.Literals(["cloud-config", "ignition"])),
    ignition: Schema.optionalKey(IgnitionSpec),
    initConfiguration: Schema.optionalKey(KubeadmInitConfiguration),
    joinConfiguration: Schema.optionalKey(KubeadmJoinConfiguration),
    mounts: Schema.optionalKey(
      list(list(text({ minLength: 1, maxLength: 512 }), { minItems: 1, maxItems: 100 }), {
        minItems: 1,
        maxItems: 100,
        type: "atomic"
      })
    ),
    ntp: Schema.optionalKey(NTP),
    postKubeadmCommands: Schema.optionalKey(
      list(text({ minLength: 1, maxLength: 10240 }), { minItems: 1, maxItems: 1000, type: "atomic" })
    ),
    preKubeadmCommands: Schema.optionalKey(
      list(text({ minLength: 1, maxLength: 10240 }), { minItems: 1, maxItems: 1000, type: "atomic" })
    ),
    users: Schema.optionalKey(list(KubeadmUser, { minItems: 1, maxItems: 100, type: "atomic" })),
    verbosity: Schema.optionalKey(int32())
  },
  { minProperties: 1 }
)
export interface KubeadmConfigSpec extends Schema.Schema.Type<typeof KubeadmConfigSpec> {}

/** Where the user data is, once there is any. */
export const KubeadmConfigStatus = struct(
  {
    conditions: Schema.optionalKey(Conditions),
    dataSecretName: Schema.optionalKey(text({ minLength: 1, maxLength: 253 })),
    deprecated: Schema.optionalKey(
      Schema.Struct({
        v1beta1: Schema.optionalKey(
          Schema.Struct({
            conditions: Schema.optionalKey(LegacyConditions),
            failureMessage: Schema.optionalKey(text({ minLength: 1, maxLength: 10240 })),
            failureReason: Schema.optionalKey(text({ minLength: 1, maxLength: 256 }))
          })
        )
      })
    ),
    initialization: Schema.optionalKey(
      struct(
        {
          dataSecretCreated: Schema.optionalKey(Schema.Boolean)
        },
        { minProperties: 1 }
      )
    ),
    observedGeneration: Schema.optionalKey(int64({ minimum: 1 }))
  },
  { minProperties: 1 }
)
export interface KubeadmConfigStatus extends Schema.Schema.Type<typeof KubeadmConfigStatus> {}

/** Body of a KubeadmConfig. */
export interface KubeadmConfigBody {
  readonly spec?: KubeadmConfigSpec
  readonly status?: KubeadmConfigStatus
}
