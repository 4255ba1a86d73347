/**
 * What a KubeadmConfig must be to be stored. Nothing is filled in, and nothing is immutable.
 *
 * Left out: the Ignition format, whose feature gate is off by default; it is refused.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/bootstrap/kubeadm/internal/webhooks/kubeadmconfig.go
 */
import type { Admission, FieldError } from "../Kind.ts"
import { checkTemplateMeta } from "../cluster/TemplateRules.ts"
import { forbiddenField, invalidField, unless } from "../meta/FieldErrors.ts"
import type { DiskSetup, KubeadmConfigBody, KubeadmConfigSpec, KubeadmFile, KubeadmUser } from "./KubeadmConfigBody.ts"
import type { KubeadmConfigTemplateBody } from "./KubeadmConfigTemplateBody.ts"

const checkFiles = (files: ReadonlyArray<KubeadmFile>, field: string): ReadonlyArray<FieldError> =>
  files.flatMap((file, index) => [
    ...unless(file.content === undefined || file.contentFrom === undefined, () =>
      invalidField(`${field}[${index}]`, file.path, "takes its content from either content or contentFrom, not both")
    ),
    ...unless(files.findIndex((other) => other.path === file.path) === index, () =>
      invalidField(`${field}[${index}].path`, file.path, "is the path of an earlier file as well")
    )
  ])

const checkUsers = (users: ReadonlyArray<KubeadmUser>, field: string): ReadonlyArray<FieldError> =>
  users.flatMap((user, index) =>
    unless(user.passwd === undefined || user.passwdFrom === undefined, () =>
      invalidField(`${field}[${index}]`, user.name, "takes its password from either passwd or passwdFrom, not both")
    )
  )

const checkDisks = (setup: DiskSetup | undefined, field: string): ReadonlyArray<FieldError> =>
  (setup?.partitions ?? []).flatMap((partition, index) => {
    const sum = (partition.diskLayout ?? []).reduce((total, part) => total + part.percentage, 0)
    return unless(sum <= 100, () =>
      invalidField(`${field}.partitions[${index}].diskLayout`, sum, "percentages must not add up to more than 100")
    )
  })

/** The rules for a KubeadmConfigSpec, wherever it stands. */
export const checkKubeadmConfigSpec = (spec: KubeadmConfigSpec, field: string): ReadonlyArray<FieldError> => {
  const user = spec.joinConfiguration?.discovery?.file?.kubeConfig?.user
  return [
    ...checkFiles(spec.files ?? [], `${field}.files`),
    ...checkUsers(spec.users ?? [], `${field}.users`),
    ...checkDisks(spec.diskSetup, `${field}.diskSetup`),
    ...unless(spec.format !== "ignition", () =>
      forbiddenField(`${field}.format`, "ignition needs the feature gate KubeadmBootstrapFormatIgnition, which is off")
    ),
    ...unless(spec.ignition === undefined, () =>
      forbiddenField(`${field}.ignition`, "needs the feature gate KubeadmBootstrapFormatIgnition, which is off")
    ),
    ...unless(user?.authProvider === undefined || user.exec === undefined, () =>
      invalidField(
        `${field}.joinConfiguration.discovery.file.kubeConfig.user`,
        user,
        "takes either authProvider or exec, not both"
      )
    )
  ]
}

export const kubeadmConfigAdmission: Admission<KubeadmConfigBody> = {
  validate: (object) => checkKubeadmConfigSpec(object.spec ?? {}, "spec")
}

export const kubeadmConfigTemplateAdmission: Admission<KubeadmConfigTemplateBody> = {
  validate: (object) => [
    ...checkKubeadmConfigSpec(object.spec?.template?.spec ?? {}, "spec.template.spec"),
    ...checkTemplateMeta(object.spec?.template?.metadata, "spec.template.metadata")
  ]
}
