/**
 * What is filled in of a Machine, and what it must be to be stored.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/internal/webhooks/machine.go
 */
import type { Admission } from "../Kind.ts"
import { isOwnedByKind } from "../meta/OwnerReferences.ts"
import type { MachineBody, MachineSpec } from "./MachineBody.ts"
import {
  checkBootstrap,
  checkImmutable,
  checkTaints,
  checkVersion,
  withClusterLabel,
  withVersionPrefix
} from "./TemplateRules.ts"

/** How long a Node may resist its deletion when the Machine states nothing. */
export const defaultNodeDeletionTimeoutSeconds = 10

const withNodeDeletionTimeout = (spec: MachineSpec): MachineSpec =>
  spec.deletion?.nodeDeletionTimeoutSeconds === undefined
    ? { ...spec, deletion: { ...spec.deletion, nodeDeletionTimeoutSeconds: defaultNodeDeletionTimeoutSeconds } }
    : spec

export const machineAdmission: Admission<MachineBody> = {
  default: (object) => {
    const spec = withNodeDeletionTimeout(withVersionPrefix(object.spec))
    return withClusterLabel(spec === object.spec ? object : { ...object, spec })
  },
  validate: (object, old) => [
    ...(isOwnedByKind(object, "MachinePool") ? [] : checkBootstrap(object.spec.bootstrap, "spec")),
    ...checkImmutable(object.spec.clusterName, old?.spec.clusterName, "spec.clusterName"),
    ...checkVersion(object.spec.version, "spec.version"),
    ...checkTaints(object.spec.taints, "spec.taints")
  ]
}
