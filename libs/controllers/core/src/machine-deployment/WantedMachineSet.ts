/**
 * What a deployment's MachineSets look like: a new one, and what is pushed into all of them. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinedeployment/machinedeployment_rollout_planner.go
 */
import {
  Annotations,
  controllerReference,
  Finalizers,
  Labels,
  type MachineDeployment,
  type MachineSet,
  type MachineSetBody,
  type MachineSetSpec,
  nameWithSuffix,
  type NewObject,
  sameJson,
  type StringMap
} from "@capstan/api"
import { withAnnotations, withLabels } from "@capstan/runtime"
import { present } from "../frame/Present.ts"
import { templateHash } from "./TemplateHash.ts"

/** Annotations of a deployment that say nothing of its sets. */
const notCopied: ReadonlyArray<string> = [
  "kubectl.kubernetes.io/last-applied-configuration",
  Annotations.Revision,
  Annotations.RevisionHistory,
  Annotations.DesiredReplicas,
  Annotations.MaxReplicas,
  Annotations.ConversionData
]

export interface SetWishes {
  readonly replicas: number
  /** Machines of the deployment plus surge. */
  readonly maxReplicas: number
  /** Changes the annotation when it is higher than before. */
  readonly revision: number | undefined
  /** Whether the set may make no Machines: outdated ones under OnDelete. */
  readonly disableCreate: boolean
}

const copiedAnnotations = (deployment: MachineDeployment): StringMap =>
  Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !notCopied.includes(name))
  )

const scaleAnnotations = (deployment: MachineDeployment, wishes: SetWishes): StringMap => ({
  [Annotations.DesiredReplicas]: String(deployment.spec.replicas ?? 0),
  [Annotations.MaxReplicas]: String(wishes.maxReplicas),
  [Annotations.DisableMachineCreate]: wishes.disableCreate ? "true" : "false"
})

const setLabels = (deployment: MachineDeployment, hash: string | undefined): StringMap => ({
  ...templateLabels(deployment, hash),
  [Labels.DeploymentName]: deployment.metadata.name
})

const templateLabels = (deployment: MachineDeployment, hash: string | undefined): StringMap => ({
  ...deployment.spec.template.metadata?.labels,
  [Labels.ClusterName]: deployment.spec.clusterName,
  ...(hash === undefined ? {} : { [Labels.MachineTemplateHash]: hash })
})

/** The set to create; `suffix` is in its name and its hash label. */
export const newMachineSet = (
  deployment: MachineDeployment,
  wishes: SetWishes,
  suffix: string
): NewObject<MachineSetBody> => {
  const { spec } = deployment
  const hash = `${templateHash(spec.template.spec)}-${suffix}`
  const { selector } = spec
  return {
    metadata: {
      name: nameWithSuffix(`${deployment.metadata.name.slice(0, 57)}-`, suffix),
      namespace: deployment.metadata.namespace ?? "",
      labels: setLabels(deployment, hash),
      annotations: {
        ...copiedAnnotations(deployment),
        ...scaleAnnotations(deployment, wishes),
        ...(wishes.revision === undefined ? {} : { [Annotations.Revision]: String(wishes.revision) })
      },
      finalizers: [Finalizers.MachineSet],
      ownerReferences: [controllerReference(deployment)]
    },
    spec: {
      clusterName: spec.clusterName,
      replicas: wishes.replicas,
      selector: {
        ...selector,
        matchLabels: {
          ...selector.matchLabels,
          [Labels.ClusterName]: spec.clusterName,
          [Labels.MachineTemplateHash]: hash
        }
      },
      template: templateOf(deployment, hash),
      ...present({ deletion: spec.deletion, machineNaming: spec.machineNaming })
    }
  }
}

const templateOf = (deployment: MachineDeployment, hash: string | undefined): MachineSetSpec["template"] => {
  const { metadata, spec } = deployment.spec.template
  return {
    metadata: { labels: templateLabels(deployment, hash), ...present({ annotations: metadata?.annotations }) },
    spec
  }
}

/** An existing set with everything pushed into it; the same reference when nothing changes. Its own rollout fields stay. */
export const wantedMachineSet = (deployment: MachineDeployment, set: MachineSet, wishes: SetWishes): MachineSet => {
  const hash = set.metadata.labels?.[Labels.MachineTemplateHash]
  const labelled = withLabels(set, setLabels(deployment, hash))
  const annotated = withAnnotations(labelled, {
    ...copiedAnnotations(deployment),
    ...scaleAnnotations(deployment, wishes)
  })
  const revised = wishes.revision === undefined ? annotated : withRevision(annotated, wishes.revision)
  const spec = wantedSpec(deployment, set, wishes.replicas, hash)
  return sameJson(spec, set.spec) ? revised : { ...revised, spec }
}

const wantedSpec = (
  deployment: MachineDeployment,
  { spec }: MachineSet,
  replicas: number,
  hash: string | undefined
): MachineSetSpec => {
  const { deletion: _, machineNaming: __, ...kept } = spec
  const template = templateOf(deployment, hash)
  const { bootstrap, failureDomain, infrastructureRef, version } = spec.template.spec
  const { failureDomain: ___, version: ____, ...pushed } = template.spec
  return {
    ...kept,
    replicas,
    ...present({ deletion: deployment.spec.deletion, machineNaming: deployment.spec.machineNaming }),
    template: {
      ...template,
      spec: { ...pushed, bootstrap, infrastructureRef, ...present({ failureDomain, version }) }
    }
  }
}

/** A new revision; the one before goes into the history. */
const withRevision = (set: MachineSet, revision: number): MachineSet => {
  const before = set.metadata.annotations?.[Annotations.Revision]
  const history = set.metadata.annotations?.[Annotations.RevisionHistory]
  const past =
    before === undefined ? history : history === undefined || history === "" ? before : `${history},${before}`
  return withAnnotations(set, {
    [Annotations.Revision]: String(revision),
    ...(past === undefined ? {} : { [Annotations.RevisionHistory]: past })
  })
}
