/**
 * Whether a set may make Machines now: not while the control plane is being made or upgraded, and not of a version
 * that does not fit it. Checks hold back growth and remediation, never shrinking. Pure.
 *
 * Left out: ControlPlaneVersionSkew, which is about clusters made from a ClusterClass.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machineset/machineset_preflight.go
 */
import {
  Annotations,
  compareVersionsWithBuild,
  type KubernetesObject,
  type MachineSet,
  minorSkew,
  parseVersion
} from "@capstan/api"
import { controlPlaneVersionOf, controlPlaneVersionsOf } from "../contract/ControlPlaneContract.ts"
import { foundObject, type ProviderObject } from "../contract/ProviderObject.ts"

export interface PreflightFacts {
  readonly machineSet: MachineSet
  readonly controlPlane: ProviderObject
  readonly bootstrapTemplate: ProviderObject
}

type Check = "ControlPlaneIsStable" | "KubernetesVersionSkew" | "KubeadmVersionSkew"

/** How many minors a kubelet may be behind the API server. */
const minorsBehindMax = 3

/** Why no Machine may be made now, a sentence each; empty when one may. */
export const preflightProblems = (facts: PreflightFacts): ReadonlyArray<string> => {
  const controlPlane = foundObject(facts.controlPlane)
  if (controlPlane === undefined) return []
  const version = controlPlaneVersionOf(controlPlane)
  if (version === undefined) return []
  const skipped = skippedChecks(facts)
  if (skipped.includes("All")) return []
  const stable = skipped.includes("ControlPlaneIsStable") ? [] : stability(controlPlane, version)
  return [
    ...stable,
    ...skews(facts, version)
      .filter(([check]) => !skipped.includes(check))
      .map(([, problem]) => problem)
  ]
}

const skippedChecks = ({ bootstrapTemplate, machineSet }: PreflightFacts): ReadonlyArray<string> => {
  const text =
    machineSet.metadata.annotations?.[Annotations.SkipPreflightChecks] ??
    foundObject(bootstrapTemplate)?.metadata.annotations?.[Annotations.SkipPreflightChecks] ??
    ""
  return text.split(",").map((check) => check.trim())
}

const stability = (controlPlane: KubernetesObject, version: string): ReadonlyArray<string> => {
  const name = `${controlPlane.kind} ${controlPlane.metadata.namespace ?? ""}/${controlPlane.metadata.name}`
  const running = controlPlaneVersionsOf(controlPlane)
  if (running.length === 0) {
    return [`${name} is provisioning ("ControlPlaneIsStable" preflight check failed)`]
  }
  const wanted = parseVersion(version)
  const behind =
    wanted !== undefined &&
    running.some((each) => {
      const has = parseVersion(each.version)
      return has !== undefined && compareVersionsWithBuild(wanted, has) > 0
    })
  return behind ? [`${name} is upgrading ("ControlPlaneIsStable" preflight check failed)`] : []
}

const skews = (
  { machineSet }: PreflightFacts,
  controlPlaneVersion: string
): ReadonlyArray<readonly [check: Check, problem: string]> => {
  const ours = machineSet.spec.template.spec.version
  const set = ours === undefined ? undefined : parseVersion(ours)
  const controlPlane = parseVersion(controlPlaneVersion)
  if (set === undefined || controlPlane === undefined) return []
  const behind = minorSkew(controlPlane, set)
  const found: Array<readonly [Check, string]> = []
  if (behind === undefined || behind < 0) {
    found.push([
      "KubernetesVersionSkew",
      `MachineSet version (${ours}) and ControlPlane version (${controlPlaneVersion}) do not conform to the kubernetes version skew policy as MachineSet version is higher than ControlPlane version ("KubernetesVersionSkew" preflight check failed)`
    ])
  } else if (behind > minorsBehindMax) {
    found.push([
      "KubernetesVersionSkew",
      `MachineSet version (${ours}) and ControlPlane version (${controlPlaneVersion}) do not conform to the kubernetes version skew policy as MachineSet version is more than ${minorsBehindMax} minor versions older than the ControlPlane version ("KubernetesVersionSkew" preflight check failed)`
    ])
  }
  const kubeadm = machineSet.spec.template.spec.bootstrap.configRef?.kind === "KubeadmConfigTemplate"
  if (kubeadm && behind !== 0) {
    found.push([
      "KubeadmVersionSkew",
      `MachineSet version (${ours}) and ControlPlane version (${controlPlaneVersion}) do not conform to kubeadm version skew policy as kubeadm only supports joining with the same major+minor version as the control plane ("KubeadmVersionSkew" preflight check failed)`
    ])
  }
  return found
}
