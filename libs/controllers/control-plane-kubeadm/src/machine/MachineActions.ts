/**
 * Making, keeping and deleting the Machines of a control plane.
 *
 * Infrastructure machine, kubeadm config, Machine, in this order and under one name. What a crash leaves behind of an unfinished
 * Machine is found by its owner, which is still the control plane, and taken away.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/helpers.go
 */
import {
  type AnyKind,
  isDeleting,
  keyOf,
  type Kind,
  KubeadmConfig,
  type KubernetesObject,
  Labels,
  Machine,
  type NewObject,
  type ObjectKey,
  ownerReference,
  ensureOwnerReference
} from "@capstan/api"
import { catchReason, isAmbiguous, KubernetesApi } from "@capstan/kubernetes"
import { Cache, clonedKindName, cloneTemplate, drawSuffix, kindOfReference, Kinds, patchObject } from "@capstan/runtime"
import { Effect, Option } from "effect"
import type { ControlPlaneFacts } from "../ControlPlaneFacts.ts"
import { controlPlaneFailure, deleteSeen, noteWrite, patchMachine, type Scope } from "../Pass.ts"
import { formatRemediation, remediationInProgress } from "../plan/RemediationRecord.ts"
import { infrastructureKindOf, withMachines } from "../ReadFacts.ts"
import { initSpec, joinSpec } from "./KubeadmSpec.ts"
import { childMetadata, machineName, newMachine, syncedChild, syncedMachine } from "./NewMachine.ts"

export interface Template {
  readonly kind: AnyKind
  readonly object: KubernetesObject
  /** What the template makes. */
  readonly infrastructureKind: AnyKind
}

/** The template of the infrastructure machines, owned by the Cluster from now on. Fails with a sentence when it is missing. */
export const adoptTemplate = Effect.fnUntraced(function* (scope: Scope) {
  const reference = scope.controlPlane.get().spec.machineTemplate.spec.infrastructureRef
  const kinds = yield* Kinds
  const kind = kindOfReference(kinds, reference)
  const clonedKind = clonedKindName(reference.kind)
  const infrastructureKind =
    clonedKind === undefined ? undefined : kinds.find({ group: reference.apiGroup, kind: clonedKind })
  if (kind === undefined || infrastructureKind === undefined) {
    return yield* controlPlaneFailure(`${reference.kind}.${reference.apiGroup} is not installed or makes no machines`)
  }
  const cache = yield* Cache
  const found = yield* cache.get(kind, { namespace: keyOf(scope.cluster).namespace, name: reference.name })
  if (Option.isNone(found)) return yield* controlPlaneFailure(`${reference.kind} does not exist`)
  const object: KubernetesObject = found.value
  const ownerReferences = ensureOwnerReference(object.metadata.ownerReferences, ownerReference(scope.cluster))
  if (ownerReferences !== object.metadata.ownerReferences) {
    yield* patchObject(kind, object, { ...object, metadata: { ...object.metadata, ownerReferences } })
  }
  return { kind, object, infrastructureKind } satisfies Template
})

/** Labels, annotations, time limits, gates and taints of living Machines follow the template without a rollout. */
export const syncMachines = Effect.fnUntraced(function* (scope: Scope, facts: ControlPlaneFacts) {
  const { cluster, controlPlane } = facts
  const written: Array<Machine> = []
  for (const { config, infrastructure, machine } of facts.machines) {
    written.push(yield* patchMachine(scope, machine, syncedMachine(controlPlane, cluster, machine)))
    if (isDeleting(machine)) continue
    if (config !== undefined) yield* syncChild(scope, KubeadmConfig, config, syncedChild(controlPlane, cluster, config))
    const kind = yield* infrastructureKindOf(machine)
    if (kind === undefined || infrastructure === undefined) continue
    yield* syncChild(scope, kind, infrastructure, syncedChild(controlPlane, cluster, infrastructure))
  }
  return withMachines(facts, written)
})

const syncChild = Effect.fnUntraced(function* (
  scope: Scope,
  kind: AnyKind,
  before: KubernetesObject,
  after: KubernetesObject
) {
  if (before === after) return
  yield* noteWrite(scope, kind, yield* patchObject(kind, before, after))
})

/** Whether the Machines that the cache shows are the ones there are: a stale look must never make a Machine too many. */
const isCacheCurrent = Effect.fnUntraced(function* (facts: ControlPlaneFacts) {
  const api = yield* KubernetesApi
  const { name, namespace } = keyOf(facts.cluster)
  const { items } = yield* api.list(Machine, {
    namespace,
    labels: {
      matchLabels: { [Labels.ClusterName]: name },
      matchExpressions: [{ key: Labels.ControlPlane, operator: "Exists" }]
    }
  })
  const known = new Set(facts.machines.map(({ machine }) => machine.metadata.uid))
  return items.length === known.size && items.every((machine) => known.has(machine.metadata.uid))
})

export interface CreateOptions {
  readonly template: Template
  readonly first: boolean
  readonly failureDomain: string | undefined
}

/** Makes one Machine; false when the cache turned out to be behind, and nothing was made. */
export const createMachine = Effect.fnUntraced(function* (
  scope: Scope,
  facts: ControlPlaneFacts,
  options: CreateOptions
) {
  if (!(yield* isCacheCurrent(facts))) return false
  const { cluster, controlPlane } = facts
  const { infrastructureKind, kind, object } = options.template
  const named = machineName(controlPlane, cluster, yield* drawSuffix)
  if (named._tag === "Refused") return yield* controlPlaneFailure(`spec.machineNaming.template: ${named.message}`)
  const { name } = named
  const metadata = childMetadata(controlPlane, cluster, name)
  const record = remediationInProgress(controlPlane)
  const api = yield* KubernetesApi

  const clone = cloneTemplate({ template: object, templateKind: kind, metadata })
  const infrastructure = yield* create(scope, infrastructureKind, clone)
  const undoInfrastructure = deleteSeen(scope, infrastructureKind, infrastructure)
  const config = yield* create(scope, KubeadmConfig, {
    metadata,
    spec: options.first ? initSpec(controlPlane.spec) : joinSpec(controlPlane.spec)
  }).pipe(Effect.tapError((error) => (isAmbiguous(error) ? Effect.void : Effect.ignore(undoInfrastructure))))
  const wanted = newMachine({
    controlPlane,
    cluster,
    name,
    infrastructureKind,
    failureDomain: options.failureDomain,
    remediationFor: record === undefined ? undefined : formatRemediation(record)
  })
  const machine = yield* api
    .create(Machine, wanted)
    .pipe(
      Effect.tapError((error) =>
        isAmbiguous(error)
          ? Effect.void
          : Effect.ignore(Effect.andThen(deleteSeen(scope, KubeadmConfig, config), undoInfrastructure))
      )
    )
  yield* noteWrite(scope, Machine, machine)
  return true
})

const create = Effect.fnUntraced(function* <Body>(scope: Scope, kind: Kind<Body>, object: NewObject<Body>) {
  const api = yield* KubernetesApi
  const created = yield* api.create(kind, object)
  yield* noteWrite(scope, kind, created)
  return created
})

/** Deletes what was made for a Machine that never came to be. */
export const sweepUnfinished = Effect.fnUntraced(function* (
  scope: Scope,
  facts: ControlPlaneFacts,
  template: Template
) {
  const cache = yield* Cache
  const { namespace } = keyOf(facts.cluster)
  const ownedBy = facts.controlPlane.metadata.uid
  for (const kind of [KubeadmConfig, template.infrastructureKind] satisfies ReadonlyArray<AnyKind>) {
    const owned = yield* cache.list<unknown>(kind, { namespace, ownedBy })
    for (const object of owned) {
      const { name } = object.metadata
      if (isDeleting(object) || facts.machines.some(({ machine }) => machine.metadata.name === name)) continue
      if (yield* machineExists({ namespace, name })) continue
      yield* deleteSeen(scope, kind, object)
    }
  }
})

const machineExists = Effect.fnUntraced(function* (key: ObjectKey) {
  const api = yield* KubernetesApi
  return yield* api.get(Machine, key).pipe(
    Effect.as(true),
    catchReason("NotFound", () => Effect.succeed(false))
  )
})
