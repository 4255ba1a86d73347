/**
 * Which kubelet a machine's image holds. Pure.
 *
 * Images of Cluster API carry Kubernetes' version in their name; a joining machine's own configuration does not name it.
 *
 * @source https://image-builder.sigs.k8s.io/capi/providers/aws
 * @fidelity documented https://cluster-api-aws.sigs.k8s.io/topics/images/built-amis — Names such as `capa-ami-ubuntu-24.04-v1.34.1-1760000000`.
 * @fidelity documented https://github.com/kubernetes/kubernetes/blob/master/CHANGELOG/CHANGELOG-1.27.md — The kubelet has no AWS cloud provider of its own from 1.27 on.
 * @fidelity assumed — An image without a version in its name holds the version of the cluster's configuration.
 */
import { isAtLeastMinor, parseVersion, withLeadingV } from "@capstan/api"
import type { NodePlan } from "../user-data/BootPlan.ts"

/** The version in an image's name, with the leading `v`; `undefined` when there is none. */
export const versionInImage = (name: string): string | undefined => {
  const match = /(?:^|[^0-9.])v?(1\.\d+\.\d+)(?![0-9.])/.exec(name)?.[1]
  return match === undefined ? undefined : withLeadingV(match)
}

/** Why a kubelet of this version does not start with its flags; `undefined` when it does. */
export const kubeletRefusal = (version: string, plan: NodePlan): string | undefined => {
  const parsed = parseVersion(version)
  const removed = parsed !== undefined && isAtLeastMinor(parsed, 1, 27)
  return plan.kubeletArgs["cloud-provider"] === "aws" && removed
    ? `kubelet ${version} has no cloud provider "aws" of its own any more`
    : undefined
}
