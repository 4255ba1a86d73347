/**
 * The one next step of a control plane, given everything known about it. Pure.
 *
 * In upstream's order: members without Machines, Machines that are leaving, Machines that are unhealthy, then rollout and scale,
 * one Machine at a time. A step that must wait says so; what comes after it waits as well.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/controller.go
 */
import type { EtcdMember } from "@capstan/provider"
import { type Machine } from "@capstan/api"
import { type ControlPlaneFacts, desiredReplicas, isUpToDate, surgeMax } from "../ControlPlaneFacts.ts"
import { controlPlaneDomains, domainForNewMachine } from "../machine/FailureDomains.ts"
import { machineToScaleDown } from "../machine/ScaleDownChoice.ts"
import { orphanToRemove } from "./OrphanMember.ts"
import { type PreflightProblem, preflightProblem, type Scaling } from "./Preflight.ts"
import { type HookStep, planHook } from "./PreTerminateHook.ts"
import { planRemediation, type RemediationPlan } from "./RemediationPlan.ts"

export type ControlPlaneStep =
  | HookStep
  | { readonly _tag: "RemoveOrphan"; readonly member: EtcdMember }
  | { readonly _tag: "Remediate"; readonly remediation: NonNullable<RemediationPlan["remediate"]> }
  /** `rollout`: the workload cluster's configuration is brought to the new version first. */
  | {
      readonly _tag: "Create"
      readonly first: boolean
      readonly failureDomain: string | undefined
      readonly rollout: boolean
    }
  | { readonly _tag: "Delete"; readonly machine: Machine; readonly rollout: boolean }
  | {
      readonly _tag: "Blocked"
      readonly scaling: Scaling
      readonly problem: PreflightProblem
      readonly rollout: boolean
    }
  /** All Machines are as they should be. */
  | { readonly _tag: "Settled" }

export interface ControlPlanePlan {
  readonly step: ControlPlaneStep
  readonly remediation: RemediationPlan | undefined
}

export const planControlPlane = (facts: ControlPlaneFacts): ControlPlanePlan => {
  const orphan = orphanToRemove(facts)
  if (orphan !== undefined) return { step: { _tag: "RemoveOrphan", member: orphan }, remediation: undefined }
  const hook = planHook(facts)
  if (hook !== undefined) return { step: hook, remediation: undefined }
  const remediation = planRemediation(facts)
  if (remediation.remediate !== undefined) {
    return { step: { _tag: "Remediate", remediation: remediation.remediate }, remediation }
  }
  return { step: planScale(facts), remediation }
}

/** Rollout and scale: one Machine more, one less, or none. */
const planScale = (facts: ControlPlaneFacts): ControlPlaneStep => {
  const { controlPlane, machines } = facts
  const desired = desiredReplicas(controlPlane)
  const rollout = machines.some((each) => !isUpToDate(each))
  const ceiling = rollout ? desired + surgeMax(controlPlane) : desired
  if (machines.length < ceiling) return create(facts, rollout)
  return rollout || machines.length > desired ? remove(facts, rollout) : { _tag: "Settled" }
}

const create = (facts: ControlPlaneFacts, rollout: boolean): ControlPlaneStep => {
  const problem = preflightProblem(facts, "up")
  if (problem !== undefined) return { _tag: "Blocked", scaling: "up", problem, rollout }
  const failureDomain = domainForNewMachine(controlPlaneDomains(facts.cluster), facts.machines)
  return { _tag: "Create", first: facts.machines.length === 0, failureDomain, rollout }
}

const remove = (facts: ControlPlaneFacts, rollout: boolean): ControlPlaneStep => {
  const chosen = machineToScaleDown(facts)
  if (chosen === undefined) return { _tag: "Settled" }
  const problem = preflightProblem(facts, "down", chosen.machine)
  return problem === undefined
    ? { _tag: "Delete", machine: chosen.machine, rollout }
    : { _tag: "Blocked", scaling: "down", problem, rollout }
}
