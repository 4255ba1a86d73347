/**
 * What is filled in of a KubeadmControlPlane, what it must be to be stored, and what may change once it is.
 *
 * Left out: the list of CoreDNS versions that can follow one another; a newer version is taken, an older one refused.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/controlplane/kubeadm/internal/webhooks/kubeadm_control_plane.go
 */
import { isJsonObject } from "../conversion/JsonPath.ts"
import type { Admission, FieldError, ObjectOf } from "../Kind.ts"
import { checkKubeadmConfigSpec } from "../bootstrap/KubeadmConfigAdmission.ts"
import { Annotations } from "../cluster/Annotations.ts"
import { Labels } from "../cluster/Labels.ts"
import {
  checkNaming,
  checkTaints,
  checkTemplateMeta,
  checkVersion,
  withVersionPrefix
} from "../cluster/TemplateRules.ts"
import { compareVersions, parseVersion } from "../cluster/Version.ts"
import { forbiddenField, invalidField, requiredField, unless } from "../meta/FieldErrors.ts"
import type {
  KubeadmControlPlaneBody,
  KubeadmControlPlaneRollout,
  KubeadmControlPlaneSpec
} from "./KubeadmControlPlaneBody.ts"
import type { KubeadmControlPlaneTemplateBody } from "./KubeadmControlPlaneTemplateBody.ts"

/** Days that kubeadm gives a certificate authority when nothing is said. */
const defaultCaValidityDays = 3650

const withStrategy = (rollout: KubeadmControlPlaneRollout | undefined): KubeadmControlPlaneRollout => {
  const strategy = rollout?.strategy
  if (rollout !== undefined && strategy?.type === "RollingUpdate" && strategy.rollingUpdate?.maxSurge !== undefined) {
    return rollout
  }
  return {
    ...rollout,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: strategy?.rollingUpdate?.maxSurge ?? 1 } }
  }
}

const checkReplicas = (spec: KubeadmControlPlaneSpec): ReadonlyArray<FieldError> => {
  const field = "spec.replicas"
  const { replicas } = spec
  if (replicas === undefined) return [requiredField(field, "is required")]
  if (replicas <= 0) return [forbiddenField(field, "must be at least 1")]
  const etcdIsStacked = spec.kubeadmConfigSpec?.clusterConfiguration?.etcd?.external === undefined
  return unless(!etcdIsStacked || replicas % 2 === 1, () =>
    forbiddenField(field, "must be odd while etcd runs on the control-plane machines")
  )
}

const checkSurge = (spec: KubeadmControlPlaneSpec): ReadonlyArray<FieldError> => {
  const field = "spec.rollout.strategy.rollingUpdate.maxSurge"
  const surge = spec.rollout?.strategy?.rollingUpdate?.maxSurge
  if (surge === undefined) return []
  if (surge !== 0 && surge !== 1) return [invalidField(field, surge, "must be 0 or 1")]
  return unless(surge === 1 || (spec.replicas ?? 1) >= 3, () =>
    invalidField(field, surge, "can be 0 only with at least 3 replicas, or the control plane would go away")
  )
}

const checkCertificates = (spec: KubeadmControlPlaneSpec): ReadonlyArray<FieldError> => {
  const rollout = spec.rollout?.before?.certificatesExpiryDays
  const { certificateValidityPeriodDays: validity, caCertificateValidityPeriodDays: caValidity } =
    spec.kubeadmConfigSpec?.clusterConfiguration ?? {}
  return [
    ...unless(rollout === undefined || rollout >= 7, () =>
      invalidField("spec.rollout.before.certificatesExpiryDays", rollout, "must be at least 7")
    ),
    ...unless(rollout === undefined || validity === undefined || rollout < validity, () =>
      invalidField(
        "spec.rollout.before.certificatesExpiryDays",
        rollout,
        "must be less than certificateValidityPeriodDays, or machines would be replaced for ever"
      )
    ),
    ...unless(validity === undefined || validity <= (caValidity ?? defaultCaValidityDays), () =>
      invalidField(
        "spec.kubeadmConfigSpec.clusterConfiguration.certificateValidityPeriodDays",
        validity,
        "must not be more than caCertificateValidityPeriodDays"
      )
    )
  ]
}

const checkKubeadm = (spec: KubeadmControlPlaneSpec): ReadonlyArray<FieldError> => {
  const field = "spec.kubeadmConfigSpec"
  const kubeadm = spec.kubeadmConfigSpec ?? {}
  const etcd = kubeadm.clusterConfiguration?.etcd
  const init = kubeadm.initConfiguration?.timeouts?.controlPlaneComponentHealthCheckSeconds
  const join = kubeadm.joinConfiguration?.timeouts?.controlPlaneComponentHealthCheckSeconds
  return [
    ...checkKubeadmConfigSpec(kubeadm, field),
    ...unless(etcd?.local === undefined || etcd.external === undefined, () =>
      forbiddenField(`${field}.clusterConfiguration.etcd.local`, "cannot be given together with etcd.external")
    ),
    ...unless(init === join, () =>
      invalidField(
        `${field}.initConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds`,
        init,
        "must equal the one in joinConfiguration.timeouts"
      )
    )
  ]
}

const checkSpec = (object: ObjectOf<KubeadmControlPlaneBody>): ReadonlyArray<FieldError> => [
  ...checkReplicas(object.spec),
  ...checkVersion(object.spec.version, "spec.version"),
  ...checkSurge(object.spec),
  ...checkCertificates(object.spec),
  ...checkKubeadm(object.spec),
  ...checkTaints(object.spec.machineTemplate.spec.taints, "spec.machineTemplate.spec.taints"),
  ...checkTemplateMeta(object.spec.machineTemplate.metadata, "spec.machineTemplate.metadata"),
  ...checkNaming(
    object.spec.machineNaming?.template,
    {
      "cluster.name": object.metadata.labels?.[Labels.ClusterName] ?? "cluster",
      "kubeadmControlPlane.name": object.metadata.name
    },
    "spec.machineNaming.template"
  )
]

const under = (prefix: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.map((name) => `${prefix}.${name}`)

const kubeadmField = "spec.kubeadmConfigSpec"

/** What may change after creation, each with all that is below it. */
const changeable: ReadonlyArray<string> = [
  ...under("spec", ["replicas", "version", "rollout", "remediation", "machineNaming", "machineTemplate"]),
  ...under(`${kubeadmField}.clusterConfiguration`, [
    "etcd.local",
    "etcd.external",
    "dns",
    "imageRepository",
    "featureGates",
    "apiServer",
    "controllerManager",
    "scheduler",
    "certificateValidityPeriodDays",
    "encryptionAlgorithm"
  ]),
  ...under(`${kubeadmField}.initConfiguration`, [
    "nodeRegistration",
    "patches",
    "skipPhases",
    "bootstrapTokens",
    "localAPIEndpoint",
    "timeouts"
  ]),
  ...under(`${kubeadmField}.joinConfiguration`, [
    "nodeRegistration",
    "patches",
    "skipPhases",
    "caCertPath",
    "controlPlane",
    "discovery",
    "timeouts"
  ]),
  ...under(kubeadmField, [
    "bootCommands",
    "preKubeadmCommands",
    "postKubeadmCommands",
    "files",
    "verbosity",
    "users",
    "ntp",
    "ignition",
    "diskSetup",
    "format",
    "mounts"
  ])
]

const isEmpty = (value: unknown): boolean =>
  value === undefined || (isJsonObject(value) && Object.keys(value).length === 0)

/** Paths of the values that differ; a missing object counts as an empty one. Paths in `known` are not looked into. */
const changedPaths = (
  before: unknown,
  after: unknown,
  path: string,
  known: ReadonlyArray<string>
): ReadonlyArray<string> => {
  if (before === after || known.includes(path)) return []
  if ((isJsonObject(before) || before === undefined) && (isJsonObject(after) || after === undefined)) {
    if (isEmpty(before) && isEmpty(after)) return []
    const keys = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
    return [...keys].flatMap((key) => changedPaths(before?.[key], after?.[key], `${path}.${key}`, known))
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path]
}

const checkVersionStep = (version: string, before: string): ReadonlyArray<FieldError> => {
  const to = parseVersion(version)
  const from = parseVersion(before)
  if (to === undefined || from === undefined) return []
  return unless(to.major === from.major && to.minor <= from.minor + 1, () =>
    forbiddenField("spec.version", `cannot go from ${before} to ${version}: one minor at a time`)
  )
}

const checkCoreDns = (
  object: ObjectOf<KubeadmControlPlaneBody>,
  old: ObjectOf<KubeadmControlPlaneBody>
): ReadonlyArray<FieldError> => {
  const field = `${kubeadmField}.clusterConfiguration.dns.imageTag`
  const to = object.spec.kubeadmConfigSpec?.clusterConfiguration?.dns?.imageTag
  const from = old.spec.kubeadmConfigSpec?.clusterConfiguration?.dns?.imageTag
  if (to === undefined || to === from || object.metadata.annotations?.[Annotations.SkipCoreDns] !== undefined) return []
  const toVersion = parseVersion(to)
  if (toVersion === undefined) return [invalidField(field, to, "must be a semantic version such as v1.11.1")]
  const fromVersion = from === undefined ? undefined : parseVersion(from)
  return unless(fromVersion === undefined || compareVersions(toVersion, fromVersion) >= 0, () =>
    invalidField(field, to, `is older than ${from}; CoreDNS cannot go back`)
  )
}

const checkUpdate = (
  object: ObjectOf<KubeadmControlPlaneBody>,
  old: ObjectOf<KubeadmControlPlaneBody>
): ReadonlyArray<FieldError> => {
  const etcd = object.spec.kubeadmConfigSpec?.clusterConfiguration?.etcd
  const etcdBefore = old.spec.kubeadmConfigSpec?.clusterConfiguration?.etcd
  const field = `${kubeadmField}.clusterConfiguration.etcd`
  return [
    ...changedPaths(old.spec, object.spec, "spec", changeable).map((path) =>
      forbiddenField(path, "cannot be modified")
    ),
    ...unless((etcd?.external === undefined) === (etcdBefore?.external === undefined), () =>
      forbiddenField(
        etcd?.external === undefined ? `${field}.external` : `${field}.local`,
        "cannot change between local and external etcd"
      )
    ),
    ...checkVersionStep(object.spec.version, old.spec.version),
    ...checkCoreDns(object, old)
  ]
}

export const kubeadmControlPlaneAdmission: Admission<KubeadmControlPlaneBody> = {
  default: (object) => {
    const versioned = withVersionPrefix(object.spec)
    const counted = versioned.replicas === undefined ? { ...versioned, replicas: 1 } : versioned
    const rollout = withStrategy(counted.rollout)
    const spec = rollout === counted.rollout ? counted : { ...counted, rollout }
    return spec === object.spec ? object : { ...object, spec }
  },
  validate: (object, old) => [...checkSpec(object), ...(old === undefined ? [] : checkUpdate(object, old))]
}

/** Templates of control planes serve topologies, which are not served here. */
export const kubeadmControlPlaneTemplateAdmission: Admission<KubeadmControlPlaneTemplateBody> = {
  validate: () => [forbiddenField("spec", "needs the feature gate ClusterTopology, which is off")]
}
