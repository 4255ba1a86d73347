/**
 * The cloud-config that a machine boots from: its files, its commands, and the mark that says it has succeeded. Pure.
 *
 * The first line makes cloud-init expand `{{ ds.meta_data.* }}` on the machine; the sentinel file is how infrastructure
 * providers learn that kubeadm came through.
 *
 * @source https://cloudinit.readthedocs.io/en/latest/reference/modules.html
 */
import type { KubeadmConfigSpec, KubeadmUser } from "@capstan/api"
import { blockYaml, type YamlValue } from "./BlockYaml.ts"

export interface CloudFile {
  readonly path: string
  readonly owner: string
  /** Octal, such as `0640`. */
  readonly permissions: string
  readonly content: string
  readonly encoding?: "base64" | "gzip" | "gzip+base64"
  readonly append?: boolean
}

export interface CloudConfigParts {
  /** Certificates first, then the user's files, then kubeadm's configuration. */
  readonly files: ReadonlyArray<CloudFile>
  /** `kubeadm init --config …` or `kubeadm join --config …`. */
  readonly kubeadmCommand: string
  readonly spec: KubeadmConfigSpec
  /** With passwords from Secrets filled in. */
  readonly users: ReadonlyArray<KubeadmUser>
}

export const sentinelPath = "/run/cluster-api/bootstrap-success.complete"

/** Its folder must be there before kubeadm is done. */
const placeholder: CloudFile = {
  path: "/run/cluster-api/placeholder",
  owner: "root:root",
  permissions: "0640",
  content: "This placeholder file is used to create the /run/cluster-api sub directory."
}

const fileEntry = (file: CloudFile): YamlValue => ({
  path: file.path,
  encoding: file.encoding,
  owner: file.owner,
  permissions: file.permissions,
  append: file.append,
  content: file.content
})

const userEntry = (user: KubeadmUser): YamlValue => ({
  name: user.name,
  gecos: user.gecos,
  groups: user.groups,
  homedir: user.homeDir,
  inactive: user.inactive,
  lock_passwd: user.lockPassword,
  passwd: user.passwd,
  primary_group: user.primaryGroup,
  shell: user.shell,
  sudo: user.sudo,
  ssh_authorized_keys: user.sshAuthorizedKeys
})

const diskSetup = (spec: KubeadmConfigSpec): YamlValue => {
  const partitions = spec.diskSetup?.partitions
  if (partitions === undefined) return undefined
  return Object.fromEntries(
    partitions.map((partition) => [
      partition.device,
      {
        table_type: partition.tableType,
        layout:
          partition.diskLayout?.map(({ partitionType, percentage }) =>
            partitionType === undefined ? percentage : [percentage, partitionType]
          ) ?? partition.layout,
        overwrite: partition.overwrite
      }
    ])
  )
}

const fileSystems = (spec: KubeadmConfigSpec): YamlValue =>
  spec.diskSetup?.filesystems?.map((each) => ({
    label: each.label,
    filesystem: each.filesystem,
    device: each.device,
    partition: each.partition,
    overwrite: each.overwrite,
    replace_fs: each.replaceFS,
    extra_opts: each.extraOpts
  }))

/** The whole text, in upstream's order of parts. */
export const renderCloudConfig = ({ files, kubeadmCommand, spec, users }: CloudConfigParts): string => {
  const verbosity = spec.verbosity === undefined ? "" : ` --v ${spec.verbosity}`
  const document = blockYaml({
    write_files: [...files, placeholder].map(fileEntry),
    bootcmd: spec.bootCommands,
    runcmd: [
      ...(spec.preKubeadmCommands ?? []),
      `${kubeadmCommand}${verbosity} && echo success > ${sentinelPath}`,
      ...(spec.postKubeadmCommands ?? [])
    ],
    ntp: spec.ntp === undefined ? undefined : { enabled: spec.ntp.enabled ?? true, servers: spec.ntp.servers },
    users: users.length === 0 ? undefined : users.map(userEntry),
    disk_setup: diskSetup(spec),
    fs_setup: fileSystems(spec),
    mounts: spec.mounts
  })
  return `## template: jinja\n#cloud-config\n\n${document}`
}
